import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import * as library from "../../src/index.ts";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { snapshot } from "../support/snapshot.ts";

const ID = sessionId(1);
const DELETED = sessionId(2);

interface Given {
  readonly storageDir: string;
  readonly signal: AbortSignal;
  /** Called with what is done of all there is to do. */
  readonly progress: (done: number, total: number) => void;
}

const ended = async (all: AsyncIterable<unknown>): Promise<void> => {
  for await (const _one of all);
};
const at = ({ storageDir }: Given, name: string): string => path.join(storageDir, "..", name);

/** Functions that may take long: they can be stopped, and those that change many things say how far they are. */
const CALLS: Record<string, (given: Given) => Promise<unknown>> = {
  listSessions: (given) => library.listSessions(given),
  listSessionPage: (given) => library.listSessionPage(given),
  getSessionInfo: (given) => library.getSessionInfo(ID, given),
  getSessionMessages: (given) => library.getSessionMessages(ID, given),
  streamSessionMessages: (given) => ended(library.streamSessionMessages(ID, given)),
  readConversation: (given) => ended(library.readConversation(ID, given)),
  readEntries: (given) => ended(library.readEntries(ID, given)),
  loadSession: (given) => library.loadSession(ID, given),
  searchSessions: (given) => library.searchSessions({ ...given, index: false }),
  searchTranscripts: (given) => library.searchTranscripts({ ...given, query: "Hello", index: false }),
  selectSessions: (given) => library.selectSessions({ ...given, larger: 1, index: false }),
  forkSession: (given) => library.forkSession(ID, given),
  importSessions: (given) =>
    library.importSessions({
      ...given,
      configDir: at(given, "other"),
      from: at(given, "bundle.tar.gz"),
      cwd: given.storageDir,
    }),
  usageStats: (given) => library.usageStats({ ...given, index: false }),
};
const CHANGES: typeof CALLS = {
  saveSession: (given) => library.saveSession(sessionId(3), [{ type: "user" }], { ...given, cwd: "/w" }),
  moveProject: (given) => library.moveProject({ ...given, from: "/w", to: "/v" }),
  takeSnapshot: (given) => library.takeSnapshot({ ...given, configDir: given.storageDir, to: at(given, "new") }),
  restoreFromSnapshot: (given) =>
    library.restoreFromSnapshot(ID, { ...given, configDir: at(given, "empty"), from: at(given, "snapshot") }),
  exportSessions: (given) => library.exportSessions({ ...given, sessionIds: [ID], out: at(given, "out.tar.gz") }),
  emptyTrash: (given) => library.emptyTrash(given),
};

async function store(): Promise<{ root: string; storageDir: string }> {
  const root = tempConfigDir();
  const storageDir = path.join(root, "store");
  for (const name of ["empty", "other"]) fs.mkdirSync(path.join(root, name));
  for (const id of [ID, DELETED]) put(storageDir, `projects/-w/${id}.jsonl`, conversation(id, "Hello", "Hi"));
  await library.deleteSession(DELETED, { storageDir });
  await library.takeSnapshot({ configDir: storageDir, to: path.join(root, "snapshot") });
  await library.exportSessions({ storageDir, sessionIds: [ID], out: path.join(root, "bundle.tar.gz") });
  return { root, storageDir };
}

test.for(Object.entries({ ...CALLS, ...CHANGES }))(
  "%s stops when it is aborted, and changes nothing",
  async ([, call]) => {
    const { root, storageDir } = await store();
    const before = snapshot(root);
    const reason = new Error("enough");
    await expect(call({ storageDir, signal: AbortSignal.abort(reason), progress: () => {} })).rejects.toBe(reason);
    expect(snapshot(root)).toEqual(before);
  },
);

test.for(Object.entries(CHANGES))("%s says how far it is", async ([, call]) => {
  const { storageDir } = await store();
  const seen: (readonly [number, number])[] = [];
  await call({ storageDir, signal: new AbortController().signal, progress: (...step) => seen.push(step) });
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.every(([done, total], i) => done <= total && done >= (seen[i - 1]?.[0] ?? 0))).toBe(true);
});
