import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deleteSession, restoreSession, type SnapshotReport } from "../../src/index.ts";
import { conversation, put } from "../support/config-dir.ts";
import { type Holdable, holdableThread, type Outcome } from "./held.ts";
import type { Call } from "./run.ts";
import { emptyStore, ID, type KillStore } from "./store.ts";

/** As test/kill/hold.test.ts, for changes that list files before they lock, or lock nothing: snapshots and moves to another project. */
const LONG = { timeout: 3_600_000 };
const everywhere = process.env["HOLD_POINTS"] === "all";
const POINTS = 24;

type Name = "delete" | "remove" | "restore" | "move" | "archive" | "snapshot" | "bring back";
const CALLS: Readonly<Record<Name, (store: KillStore) => Call>> = {
  delete: ({ options }) => ({ name: "deleteSession", args: [ID, options] }),
  remove: ({ options }) => ({ name: "deleteSession", args: [ID, { ...options, permanent: true }] }),
  restore: ({ options }) => ({ name: "restoreSession", args: [ID, options] }),
  archive: ({ options }) => ({ name: "archiveSession", args: [ID, options] }),
  move: ({ options }) => ({ name: "moveProject", args: [{ ...options, from: "/w", to: "/v" }] }),
  snapshot: (store) => ({ name: "takeSnapshot", args: [{ configDir: store.dir, to: kept(store) }] }),
  "bring back": (store) => ({
    name: "restoreFromSnapshot",
    args: [ID, { from: kept(store), configDir: path.join(store.dir, "other") }],
  }),
};

const kept = ({ dir }: KillStore): string => path.join(dir, "claude-transcripts", "snapshot");
const NAMES = [`${ID}.jsonl`, `${ID}/subagents/agent-x.jsonl`, `${ID}/tool-results/b1.txt`];

function makeSession(): KillStore {
  const store = emptyStore(false);
  put(store.dir, `projects/-w/${ID}.jsonl`, conversation(ID, "hi", "hello"), { mtime: 1_790_000_001.25 });
  put(store.dir, `projects/-w/${ID}/subagents/agent-x.jsonl`, conversation(ID, "sub"));
  put(store.dir, `projects/-w/${ID}/tool-results/b1.txt`, "stored");
  return store;
}

/** Which files of the session are below a directory, in whichever project. */
function namesIn(store: KillStore, below: string): string[] {
  const found = Object.entries(store.see()).filter(([at, what]) => at.startsWith(below) && what.startsWith("file"));
  const ids = found.flatMap(([at]) => /projects\/-[wv]\/(.*)$/.exec(at)?.[1] ?? []);
  return [...new Set(ids)].filter((name) => NAMES.includes(name)).sort();
}

let threads: Holdable[] = [];
beforeAll(async () => {
  threads = [await holdableThread(), await holdableThread()];
});
afterAll(() => Promise.all(threads.map((thread) => thread.close())));

const points = (calls: number): number[] => {
  const step = everywhere ? 1 : Math.max(1, calls / POINTS);
  return Array.from({ length: Math.floor(calls / step) }, (_, nth) => 1 + Math.floor(nth * step));
};

interface Played {
  readonly store: KillStore;
  readonly of: (name: Name) => Outcome | undefined;
}

/** Holds the first before some of its calls, while the second runs to its end. `check` says what is wrong. */
async function play(
  [first, second]: readonly [Name, Name],
  prepare: (store: KillStore) => Promise<void>,
  check: (played: Played) => string | undefined | Promise<string | undefined>,
): Promise<string[]> {
  const problems: string[] = [];
  const [one, two] = threads;
  if (one === undefined || two === undefined) throw new Error("too few threads");
  const callsAlone = async (): Promise<number> => {
    const store = makeSession();
    await prepare(store);
    await one.begin(CALLS[first](store), 0);
    const { calls } = await one.end();
    store.remove();
    return calls;
  };
  for (const holdAt of points(await callsAlone())) {
    const store = makeSession();
    await prepare(store);
    if (await one.begin(CALLS[first](store), holdAt)) {
      await two.begin(CALLS[second](store), 0);
      const outcomes = { [second]: (await two.end()).outcome, [first]: (await one.end()).outcome };
      const problem = await check({ store, of: (name) => outcomes[name] });
      if (problem !== undefined) problems.push(`${first} held at ${holdAt}: ${problem}; ${JSON.stringify(outcomes)}`);
    }
    store.remove();
  }
  return problems;
}

const begun =
  (name: Name) =>
  async (store: KillStore): Promise<void> => {
    if (name === "restore") await deleteSession(ID, store.options);
  };

/** A session is whole in the snapshot, or not there at all, or it is said that it was being deleted. */
function snapshotProblem({ store, of }: Played): string | undefined {
  const outcome = of("snapshot");
  if (outcome === undefined || outcome.code !== undefined) return "the snapshot failed";
  const { failed, skipped } = outcome.value as SnapshotReport;
  if (failed.length > 0) return "it says that copying failed";
  if (skipped.some(({ reason }) => /\bE[A-Z]{4,}/.test(reason))) return "it says an errno";
  const names = namesIn(store, "claude-transcripts/snapshot/");
  if (names.length === 0 || names.length === NAMES.length) return undefined;
  const isSaid = skipped.some(({ reason }) => /was deleted meanwhile|process \d+ is/.test(reason));
  return isSaid ? undefined : `the snapshot has only ${names.join(", ")}`;
}

const changes = ["delete", "remove", "restore", "move"] as const;
test.for(changes.flatMap((name) => [[name, "snapshot"] as const, ["snapshot", name] as const]))(
  "a session is whole in a snapshot, or it says why not: %s, %s",
  LONG,
  async ([first, second]) => {
    const name = first === "snapshot" ? second : first;
    expect(await play([first, second], begun(name), snapshotProblem)).toEqual([]);
  },
);

/** What a move says is true, and all of the session is in one place once what was deleted is back. */
async function moveProblem({ store, of }: Played, other: Name): Promise<string | undefined> {
  const outcome = of("move");
  if (outcome === undefined || outcome.code !== undefined) return "the move failed";
  const { moved, refused } = outcome.value as { moved: unknown[]; refused: { error: Error }[] };
  const tree = store.see();
  const isIn = (key: string): boolean => tree[`projects/${key}/${ID}.jsonl`] !== undefined;
  if (isIn("-w") && isIn("-v")) return "the session is in both places";
  if (moved.length === 1 && isIn("-w")) return "it says that it moved the session, which is in the old place";
  if (refused.some(({ error }) => error.message.includes("not found"))) return "a deletion is called a failure";
  if (other === "remove" && !isIn("-w") && !isIn("-v")) return undefined;
  await restoreSession(ID, store.options).catch(() => {});
  const names = namesIn(store, "projects/");
  return names.length === NAMES.length ? undefined : `the store has only ${names.join(", ")}`;
}

test.for(
  (["delete", "remove", "archive", "restore"] as const).flatMap((name) => [
    ["move", name] as const,
    [name, "move"] as const,
  ]),
)("a session that moves to another project is lost nowhere: %s, %s", LONG, async ([first, second]) => {
  const name = first === "move" ? second : first;
  expect(await play([first, second], begun(name), (played) => moveProblem(played, name))).toEqual([]);
});

test("what comes back from a snapshot that is brought up to date is whole", LONG, async () => {
  const problems = await play(
    ["snapshot", "bring back"],
    async () => {},
    ({ store, of }) => {
      const { code = "" } = of("bring back") ?? {};
      const names = namesIn(store, "other/");
      if (names.length === NAMES.length && code === "") return undefined;
      // There may be no snapshot yet, or none of this session.
      const isSaid = ["InvalidArgument", "SessionNotFound", "SessionBusy"].includes(code);
      return isSaid && names.length === 0 ? undefined : `${names.join(", ")} came back`;
    },
  );
  expect(problems).toEqual([]);
});
