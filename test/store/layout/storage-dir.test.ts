import fs from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import * as library from "../../../src/index.ts";
import { sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { Stream } from "../../support/sdk-messages.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);

async function collected<T>(all: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of all) items.push(item);
  return items;
}

type Where = { storageDir: string };
/** How each function of the library finds, in the directory, the session of ours: in this order. */
const CALLS: Record<string, (where: Where) => Promise<unknown>> = {
  saveSession: (where) =>
    library.saveSession(ID, [new Stream(ID).user("Hello"), new Stream(ID).answer([{ type: "text", text: "Hi" }])], {
      ...where,
      cwd: "/w",
    }),
  loadSession: (where) => library.loadSession(ID, where),
  listSessions: (where) => library.listSessions(where),
  listSessionPage: async (where) => (await library.listSessionPage(where)).sessions,
  getSessionInfo: (where) => library.getSessionInfo(ID, where),
  getSessionMessages: (where) => library.getSessionMessages(ID, where),
  streamSessionMessages: (where) => collected(library.streamSessionMessages(ID, where)),
  readConversation: (where) => collected(library.readConversation(ID, where)),
  readEntries: (where) => collected(library.readEntries(ID, where)),
  searchSessions: async (where) => (await library.searchSessions({ ...where, index: false })).sessions,
  searchTranscripts: async (where) =>
    (await library.searchTranscripts({ ...where, query: "Hello", index: false })).hits,
  selectSessions: async (where) =>
    (await library.selectSessions({ ...where, larger: 1, query: "Hello", empty: false, index: false })).sessions,
  usageStats: async (where) => (await library.usageStats({ ...where, index: false, by: "session" })).groups,
  exportSessions: async (where) =>
    (await library.exportSessions({ ...where, sessionIds: [ID], dryRun: true })).sessions,
  forkSession: (where) =>
    library
      .forkSession(ID, where)
      .then(({ sessionId: fork }) => library.deleteSession(fork, { ...where, permanent: true })),
  renameSession: async (where) => (await library.renameSession(ID, "T", where), [1]),
  tagSession: async (where) => (await library.tagSession(ID, "t", where), [1]),
  editSessionTags: (where) => library.editSessionTags(ID, { add: ["u"] }, where),
  describeSession: async (where) => (await library.describeSession(ID, "d", where), [1]),
  getSessionAnnotation: (where) => library.getSessionAnnotation(ID, where),
  archiveSession: async (where) => (await library.archiveSession(ID, where), [1]),
  unarchiveSession: async (where) => (await library.unarchiveSession(ID, where), [1]),
  moveProject: async (where) => (await library.moveProject({ ...where, from: "/w", to: "/v" })).moved,
  cleanupSessions: async (where) =>
    (await library.cleanupSessions({ ...where, larger: 1, includeTitled: true, includeTagged: true, index: false }))
      .deleted,
  listTrash: (where) => library.listTrash(where),
  restoreSession: (where) => library.restoreSession(ID, where),
  deleteSession: (where) => library.deleteSession(ID, where),
  emptyTrash: async (where) => (await library.emptyTrash(where)).removed,
};
test("functions take a storageDir, and look nowhere else", async () => {
  const elsewhere = tempConfigDir();
  const before = snapshot(elsewhere);
  const was = process.env["CLAUDE_CONFIG_DIR"];
  process.env["CLAUDE_CONFIG_DIR"] = elsewhere;
  onTestFinished(() => {
    if (was === undefined) delete process.env["CLAUDE_CONFIG_DIR"];
    else process.env["CLAUDE_CONFIG_DIR"] = was;
  });
  const storageDir = path.join(tempConfigDir(), "of", "a program");
  for (const [name, call] of Object.entries(CALLS)) {
    const found = await call({ storageDir });
    expect(Array.isArray(found) ? found.length : Boolean(found), name).not.toBe(Array.isArray(found) ? 0 : false);
  }
  expect(snapshot(elsewhere)).toEqual(before);
  expect(fs.readdirSync(path.join(storageDir, "projects", "-v"))).toEqual([]);
});

test.for([
  [{ storageDir: "/a", configDirs: ["/b"] }, "storageDir and configDirs cannot be given together"],
  [{ storageDir: "" }, 'storageDir must be a path, got ""'],
  [{ storageDir: 5 as unknown as string }, "storageDir must be a path, got 5"],
] as const)("%o is refused", async ([where, message]) => {
  await expect(library.listSessions(where as never)).rejects.toThrow(message);
});
