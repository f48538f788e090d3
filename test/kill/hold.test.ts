import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deleteSession, restoreSession } from "../../src/index.ts";
import { timing } from "../../src/store/timing.ts";
import { conversation, put } from "../support/config-dir.ts";
import { type Holdable, holdableProcess, holdableThread, type Outcome } from "./held.ts";
import type { Call } from "./run.ts";
import { emptyStore, hasTwoFileSystems, ID, type KillStore } from "./store.ts";

/**
 * A process is held before a file-system call, as by a suspended machine, while another one changes the same session to
 * the end; then it goes on. After that the session must be in one place, whole, and what each of them said must be true.
 *
 * With `HOLD_POINTS=all` the first is held before every one of its calls, whatever the others do; else before some.
 */
const everywhere = process.env["HOLD_POINTS"] === "all";
/** How many runs each test makes, when it does not make all. */
const SAMPLE = { pairs: 240, threes: 180, apart: 100, processes: 16 };
const LONG = { timeout: 7_200_000 };
const LANES = 2;
/** More than a rename, and a fork, make. */
const RENAME_CALLS = 25;
const FORK_CALLS = 60;

timing.quietMs = 0;

type Name = "delete" | "remove" | "restore" | "empty" | "archive";
const CALLS: Readonly<Record<Name, (options: KillStore["options"]) => Call>> = {
  delete: (options) => ({ name: "deleteSession", args: [ID, options] }),
  remove: (options) => ({ name: "deleteSession", args: [ID, { ...options, permanent: true }] }),
  restore: (options) => ({ name: "restoreSession", args: [ID, options] }),
  empty: (options) => ({ name: "emptyTrash", args: [options] }),
  archive: (options) => ({ name: "archiveSession", args: [ID, options] }),
};
const FIRST: readonly Name[] = ["delete", "restore", "empty", "archive"];
const OTHERS: readonly Name[] = ["delete", "restore", "empty", "archive", "remove"];

// ── where the session is ───────────────────────────────────────────────────

type Place = "place" | "trash" | "gone";
interface State {
  readonly at: Place;
  readonly archived: boolean;
}

/** The states that a call can have met and left, by what it said of itself. None: it said something that cannot be. */
function step(name: Name, outcome: Outcome, { at, archived }: State): State[] {
  const same = { at, archived };
  if (outcome.code === "SessionBusy") return [same];
  switch (name) {
    case "delete":
    case "remove":
      if (outcome.code === "SessionNotFound") return at === "place" ? [] : [same];
      if (outcome.code !== undefined || at !== "place") return [];
      return [{ at: name === "delete" ? "trash" : "gone", archived }];
    case "restore":
      if (outcome.code === "TrashEntryNotFound") return at === "trash" ? [] : [same];
      return outcome.code !== undefined || at !== "trash" ? [] : [{ at: "place", archived }];
    case "archive":
      if (outcome.code === "SessionNotFound") return at === "place" ? [] : [same];
      return outcome.code !== undefined || at !== "place" ? [] : [{ at, archived: true }];
    case "empty": {
      if (outcome.code !== undefined) return [];
      const { removed, kept } = outcome.value as { removed: unknown[]; kept: { reason: string }[] };
      if (removed.length === 1 && kept.length === 0) return at === "trash" ? [{ at: "gone", archived }] : [];
      if (removed.length === 0 && kept.length === 0) return at === "trash" ? [] : [same];
      return removed.length === 0 && /process [0-9]+ is /.test(kept[0]?.reason ?? "") ? [same] : [];
    }
  }
}

/** Whether there is an order in which what was said is true and ends in what is there. */
function isTrue(said: readonly { name: Name; outcome: Outcome }[], from: State, to: State): boolean {
  if (said.length === 0) return from.at === to.at && (to.at === "gone" || from.archived === to.archived);
  return said.some(({ name, outcome }, nth) =>
    step(name, outcome, from).some((next) => isTrue(said.toSpliced(nth, 1), next, to)),
  );
}

const FILES = [`projects/-a/${ID}.jsonl`, `projects/-a/${ID}/subagents/agent-x.jsonl`, `todos/${ID}.json`];
const MARK = `projects/-a/${ID}/archived.json`;
type Tree = Readonly<Record<string, string>>;

function makeSession(apart: boolean): KillStore {
  const store = emptyStore(apart);
  put(store.dir, FILES[0] ?? "", conversation(ID, "hi", "hello"), { mtime: 1_790_000_001.25, mode: 0o600 });
  put(store.dir, FILES[1] ?? "", conversation(ID, "sub"), { mtime: 1_700_000_000 });
  put(store.dir, FILES[2] ?? "", "[]");
  return store;
}

/** Where all of the session is, or what is wrong. */
function stateOf(tree: Tree, files: Tree): State | string {
  const entries = new Set(Object.keys(tree).flatMap((at) => /^claude-transcripts\/trash\/([^/]+)/.exec(at)?.[1] ?? []));
  const [entry] = entries;
  if (entries.size > 1) return `the trash has ${[...entries].join(", ")}`;
  if (entry !== undefined && !/^.{36}-[0-9]{8}T[0-9]{9}Z$/.test(entry)) return `${entry} is left in the trash`;
  if (entry === undefined && "claude-transcripts" in tree) return "an empty trash is left";
  const prefix = entry === undefined ? "" : `claude-transcripts/trash/${entry}/files/`;
  const isAt = (at: string): boolean => tree[prefix + at]?.startsWith("file") === true;
  const archived = isAt(MARK);
  const isThere = FILES.some((at) => tree[prefix + at] !== undefined);
  const expected = isThere ? [...FILES, ...(archived ? [MARK] : [])].map((at) => prefix + at) : [];
  if (entry !== undefined) expected.push(`claude-transcripts/trash/${entry}/manifest.json`);
  const found = Object.keys(tree).filter((at) => !tree[at]?.startsWith("directory") && at !== "projects/-a");
  if (found.sort().join() !== expected.sort().join()) return `there are ${found.join(", ")}`;
  for (const at of isThere ? FILES : []) if (tree[prefix + at] !== files[at]) return `${at} is ${tree[prefix + at]}`;
  if (!isThere) return entry === undefined ? { at: "gone", archived: false } : "an entry has nothing in it";
  return { at: entry === undefined ? "place" : "trash", archived };
}

// ── a run ──────────────────────────────────────────────────────────────────

interface Held {
  readonly name: Name;
  readonly holdAt: number;
}
interface Scenario {
  readonly apart: boolean;
  /** Those that are held, one after the other. */
  readonly held: readonly Held[];
  readonly running: Name;
  /** In which order the held ones go on. */
  readonly wake: "first" | "last";
}

/** Gives what is wrong; nothing when all is well. `reached`: how many were held in the middle. */
async function play(scenario: Scenario, threads: readonly Holdable[]): Promise<{ reached: number; problem?: string }> {
  const { apart, held, running, wake } = scenario;
  const store = makeSession(apart);
  try {
    const files = store.see();
    const first = held[0]?.name;
    const begins: State = { at: first === "restore" || first === "empty" ? "trash" : "place", archived: false };
    if (begins.at === "trash") await deleteSession(ID, store.options);
    const said: { name: Name; outcome: Outcome }[] = [];
    const waiting: { name: Name; thread: Holdable }[] = [];
    let reached = 0;
    for (const [nth, { name, holdAt }] of [...held, { name: running, holdAt: 0 }].entries()) {
      const thread = threads[nth];
      if (thread === undefined) throw new Error("too few threads");
      if (await thread.begin(CALLS[name](store.options), holdAt)) {
        reached++;
        waiting.push({ name, thread });
      } else said.push({ name, outcome: (await thread.end()).outcome });
    }
    const order = wake === "first" ? waiting : waiting.reverse();
    for (const { name, thread } of order) said.push({ name, outcome: (await thread.end()).outcome });
    const state = stateOf(store.see(), files);
    const words = said.map(
      ({ name, outcome }) => `${name}: ${outcome.code ?? JSON.stringify(outcome.value)?.slice(0, 400)}`,
    );
    if (typeof state === "string") return { reached, problem: `${state}; ${words.join("; ")}` };
    if (isTrue(said, begins, state)) return { reached };
    return { reached, problem: `ends ${JSON.stringify(state)}, but ${words.join("; ")}` };
  } finally {
    store.remove();
  }
}

const titleOf = ({ apart, held, running, wake }: Scenario): string =>
  `${held.map(({ name, holdAt }) => `${name} held at ${holdAt}`).join(", ")}, ${running} runs, ${wake} goes on first` +
  (apart ? ", two file systems" : "");

async function playAll(scenarios: readonly Scenario[], crew: readonly (readonly Holdable[])[]): Promise<number[]> {
  const problems: string[] = [];
  const reached = [0, 0, 0];
  let next = 0;
  const lane = async (threads: readonly Holdable[]): Promise<void> => {
    for (let scenario = scenarios[next++]; scenario !== undefined; scenario = scenarios[next++]) {
      const result = await play(scenario, threads);
      reached[result.reached] = (reached[result.reached] ?? 0) + 1;
      if (result.problem !== undefined) problems.push(`${titleOf(scenario)}: ${result.problem}`);
    }
  };
  await Promise.all(crew.map(lane));
  expect(problems).toEqual([]);
  return reached;
}

/** Spread evenly. */
const some = <T>(all: readonly T[], count: number): readonly T[] =>
  everywhere
    ? all
    : all.filter((_, i) => Math.floor((i * count) / all.length) !== Math.floor(((i - 1) * count) / all.length));

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

let crew: Holdable[][] = [];

/** How many file-system calls each makes that nothing disturbs. */
type Counts = ReadonlyMap<string, number>;
const keyOf = (name: Name, apart: boolean): string => `${name}${apart ? ", two file systems" : ""}`;

async function countCalls(holdable: Holdable, apart: boolean): Promise<Counts> {
  const counts = new Map<string, number>();
  for (const name of OTHERS) {
    const store = makeSession(apart);
    if (name === "restore" || name === "empty") await deleteSession(ID, store.options);
    await holdable.begin(CALLS[name](store.options), 0);
    counts.set(keyOf(name, apart), (await holdable.end()).calls);
    store.remove();
  }
  return counts;
}

let counts: Counts = new Map();

beforeAll(async () => {
  crew = await Promise.all(range(LANES).map(() => Promise.all(range(3).map(holdableThread))));
  // What a thread finds out of its machine it asks only once.
  for (const thread of crew.flat()) await countCalls(thread, false);
  const [thread] = crew[0] ?? [];
  if (thread === undefined) throw new Error("there is no thread");
  counts = new Map([
    ...(await countCalls(thread, false)),
    ...(hasTwoFileSystems ? await countCalls(thread, true) : new Map<string, number>()),
  ]);
});
afterAll(() => Promise.all(crew.flat().map((thread) => thread.close())));

const pairs = (apart: boolean, of = counts): Scenario[] =>
  OTHERS.flatMap((name) =>
    OTHERS.flatMap((running) =>
      range(of.get(keyOf(name, apart)) ?? 0).map((holdAt) => ({
        apart,
        held: [{ name, holdAt }],
        running,
        wake: "first" as const,
      })),
    ),
  );

/** The first is held before each of its calls in turn; the second at one after the other of its own, round and round. */
const threes = (apart: boolean): Scenario[] => {
  let turn = 0;
  return FIRST.flatMap((name) =>
    FIRST.flatMap((second) =>
      FIRST.flatMap((running) =>
        range(counts.get(keyOf(name, apart)) ?? 0).flatMap((holdAt) => {
          const held = [
            { name, holdAt },
            { name: second, holdAt: 1 + (turn++ % (counts.get(keyOf(second, apart)) ?? 1)) },
          ];
          return (["first", "last"] as const).map((wake) => ({ apart, held, running, wake }));
        }),
      ),
    ),
  );
};

test.for([false, true])("one is held, another runs to its end: two file systems: %s", LONG, async (apart, { skip }) => {
  if (apart && !hasTwoFileSystems) skip("there is no second file system");
  const scenarios = some(pairs(apart), apart ? SAMPLE.apart : SAMPLE.pairs);
  const reached = await playAll(scenarios, crew);
  console.info(
    `held in the middle: ${reached[1]} of ${scenarios.length} runs; calls: ${[...counts].map(([key, count]) => `${key} ${count}`).join("; ")}`,
  );
  expect(reached[1]).toBeGreaterThan(scenarios.length * 0.9);
});

test.for([false, true])("two are held, a third runs: two file systems: %s", LONG, async (apart, { skip }) => {
  if (apart && !hasTwoFileSystems) skip("there is no second file system");
  const scenarios = some(threes(apart), apart ? SAMPLE.apart : SAMPLE.threes);
  const reached = await playAll(scenarios, crew);
  console.info(`held in the middle: both in ${reached[2]}, one in ${reached[1]} of ${scenarios.length} runs`);
  expect(reached[2]).toBeGreaterThan(scenarios.length * 0.2);
});

test("the same with processes that are stopped by a signal", LONG, async () => {
  const scenarios = some(pairs(false, await countCalls(holdableProcess(), false)), SAMPLE.processes);
  const reached = await playAll(
    scenarios,
    range(LANES).map(() => [holdableProcess(), holdableProcess()]),
  );
  console.info(`stopped in the middle: ${reached[1]} of ${scenarios.length} runs`);
  expect(reached[1]).toBeGreaterThan(0);
});

/** Who appends needs no lock. What it says was written is in the session, wherever that is by then. */
test.for([false, true])("a title and a deletion: two file systems: %s", LONG, async (apart, { skip }) => {
  if (apart && !hasTwoFileSystems) skip("there is no second file system");
  const [first, second] = crew[0] ?? [];
  if (first === undefined || second === undefined) throw new Error("too few threads");
  const problems: string[] = [];
  let held = 0;
  for (const [heldName, running] of [
    ["rename", "delete"],
    ["delete", "rename"],
    ["restore", "rename"],
  ] as const) {
    const most = heldName === "rename" ? RENAME_CALLS : (counts.get(keyOf(heldName, apart)) ?? 0);
    for (const holdAt of some(range(most), 30)) {
      const store = makeSession(apart);
      if (heldName === "restore") await deleteSession(ID, store.options);
      const callOf = (name: Name | "rename"): Call =>
        name === "rename"
          ? { name: "renameSession", args: [ID, "A title", store.options] }
          : CALLS[name](store.options);
      held += Number(await first.begin(callOf(heldName), holdAt));
      await second.begin(callOf(running), 0);
      const outcomes = [(await second.end()).outcome, (await first.end()).outcome];
      const renamed = heldName === "rename" ? outcomes[1] : outcomes[0];
      await restoreSession(ID, store.options).catch(() => {});
      const text = fs.readFileSync(path.join(store.dir, FILES[0] ?? ""), "utf8");
      const isSet = text.includes('"customTitle":"A title"');
      if (renamed?.code === undefined ? !isSet : renamed.code !== "SessionNotFound")
        problems.push(`${heldName} held at ${holdAt}, ${running} runs: ${JSON.stringify(outcomes)}`);
      store.remove();
    }
  }
  expect(problems).toEqual([]);
  expect(held).toBeGreaterThan(30);
});

/** Who forks needs no lock either. A fork has all that its source had, or it is said that this was deleted. */
test.for([false, true])("a fork and a deletion: two file systems: %s", LONG, async (apart, { skip }) => {
  if (apart && !hasTwoFileSystems) skip("there is no second file system");
  const [first, second] = crew[0] ?? [];
  if (first === undefined || second === undefined) throw new Error("too few threads");
  const problems: string[] = [];
  const said = { forked: 0, notFound: 0 };
  for (const [heldName, running] of [
    ["fork", "delete"],
    ["fork", "remove"],
    ["delete", "fork"],
    ["restore", "fork"],
  ] as const) {
    const most = heldName === "fork" ? FORK_CALLS : (counts.get(keyOf(heldName, apart)) ?? 0);
    for (const holdAt of some(range(most), 24)) {
      const store = makeSession(apart);
      const before = store.see();
      if (heldName === "restore") await deleteSession(ID, store.options);
      const callOf = (name: Name | "fork"): Call =>
        name === "fork"
          ? { name: "forkSession", args: [ID, { ...store.options, includeSubagents: true }] }
          : CALLS[name](store.options);
      const title = `${heldName} held at ${holdAt}, ${running} runs`;
      await first.begin(callOf(heldName), holdAt);
      await second.begin(callOf(running), 0);
      const ends = [(await second.end()).outcome, (await first.end()).outcome];
      const fork = heldName === "fork" ? ends[1] : ends[0];
      const ofSource = (at: string): boolean => at.includes(ID) || at.startsWith("claude-transcripts");
      const made = Object.entries(store.see()).filter(([at, what]) => what.startsWith("file") && !ofSource(at));
      // The source's transcript and subagent, under another id.
      const isWhole =
        made.length === 2 && made.every(([at]) => /projects\/-a\/[^/.]+(?:\.jsonl|\/subagents\/)/.test(at));
      if (fork?.code === undefined ? !isWhole : fork.code !== "SessionNotFound" || made.length > 0)
        problems.push(`${title}: ${JSON.stringify(fork)}, and there are ${made.map(([at]) => at).join(", ")}`);
      said[fork?.code === undefined ? "forked" : "notFound"]++;
      if (running !== "remove") await restoreSession(ID, store.options).catch(() => {});
      const lost = Object.keys(before).filter((at) => ofSource(at) && store.see()[at] !== before[at]);
      if (running !== "remove" && lost.length > 0) problems.push(`${title}: ${lost.join(", ")} changed`);
      store.remove();
    }
  }
  expect(problems).toEqual([]);
  expect(Math.min(said.forked, said.notFound)).toBeGreaterThan(20);
});

const row = (by: string): string => `{"type":"late","by":"${by}"}\n`;

/** Which of two rows that were appended while a deletion was held are still somewhere. */
async function appendWhileHeld(thread: Holdable, apart: boolean, holdAt: number): Promise<string[]> {
  const store = makeSession(apart);
  const transcript = path.join(store.dir, FILES[0] ?? "");
  const fd = fs.openSync(transcript, "a");
  try {
    await thread.begin(CALLS.delete(store.options), holdAt);
    fs.writeSync(fd, row("who had it open"));
    fs.appendFileSync(transcript, row("name"));
    const { outcome } = await thread.end();
    if (outcome.code !== undefined) return [outcome.code];
    const places = [transcript, ...Object.keys(store.see()).map((at) => path.join(store.dir, at))];
    const texts = places
      .filter((at) => at.endsWith(`${ID}.jsonl`) && fs.existsSync(at))
      .map((at) => fs.readFileSync(at, "utf8"));
    return ["who had it open", "name"].filter((by) => texts.some((text) => text.includes(row(by))));
  } finally {
    fs.closeSync(fd);
    store.remove();
  }
}

test.for([false, true])(
  "rows that are appended while a deletion is held: two file systems: %s",
  LONG,
  async (apart, { skip }) => {
    if (apart && !hasTwoFileSystems) skip("there is no second file system");
    const [thread] = crew[0] ?? [];
    if (thread === undefined) throw new Error("there is no thread");
    const points = some(range(counts.get(keyOf("delete", apart)) ?? 0), 40);
    const kept: string[][] = [];
    for (const holdAt of points) kept.push(await appendWhileHeld(thread, apart, holdAt));
    expect(points.filter((_, nth) => kept[nth]?.includes("name") !== true)).toEqual([]);
    const lost = points.filter((_, nth) => kept[nth]?.includes("who had it open") !== true);
    console.info(`kept at ${points.length - lost.length} of ${points.length} points, of one that had the file open`);
    // Of a file that is gone nobody can tell that somebody still writes to it: from the last look at it on, its rows are lost.
    expect(lost).toEqual(apart ? points.slice(points.length - lost.length) : []);
    expect(lost.length).toBeLessThan(points.length / 2);
  },
);

test("the check finds what is wrong", () => {
  const files = { [FILES[0] ?? ""]: "file a", [FILES[1] ?? ""]: "file b", [FILES[2] ?? ""]: "file c" };
  const inTrash = Object.fromEntries(
    Object.entries(files).map(([at, what]) => [`claude-transcripts/trash/${ID}-20260801T000000000Z/files/${at}`, what]),
  );
  const manifest = { [`claude-transcripts/trash/${ID}-20260801T000000000Z/manifest.json`]: "file" };
  const place: State = { at: "place", archived: false };
  const trash: State = { at: "trash", archived: false };
  expect(stateOf(files, files)).toEqual(place);
  expect(stateOf({ ...inTrash, ...manifest }, files)).toEqual(trash);
  for (const wrong of [{ ...files, ...inTrash, ...manifest }, { ...files, [FILES[1] ?? ""]: "file x" }, inTrash]) {
    expect(stateOf(wrong, files)).toEqual(expect.any(String));
  }
  const done = { value: undefined };
  const both = [
    { name: "delete", outcome: done },
    { name: "restore", outcome: done },
  ] as const;
  expect(isTrue(both, place, place)).toBe(true);
  expect(isTrue(both, place, trash)).toBe(false);
  expect(isTrue([...both, { name: "delete", outcome: { code: "ENOENT", message: "" } }], place, place)).toBe(false);
});
