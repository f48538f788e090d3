/**
 * Compares both implementations on real config dirs, and says which deviation explains each difference:
 *
 *     corpus.ts CONFIG_DIR…
 *
 * The config dirs are only read; forks are made in copies.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { agentsOf, type Call, idsOf } from "./calls.ts";
import { knownIds } from "./check.ts";
import { type Compared, compareChange, Reading } from "./compare.ts";
import { deviations } from "./deviations.ts";
import { type Entry, rowOf, type Store, transcriptsOf } from "./model.ts";
import { official } from "./official.ts";
import { ours } from "./ours.ts";
import { tellFailure } from "./run.ts";
import * as library from "../../src/index.ts";

const SESSION = /^projects\/[^/]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl$/i;
const pair = { official, ours };
const scratch = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "corpus-")));
process.on("exit", () => fs.rmSync(scratch, { recursive: true, force: true }));
let failed = 0;

for (const configDir of process.argv.slice(2).map((dir) => path.resolve(dir))) {
  const store = loadStore(configDir);
  const tally = new Map<string, number>();
  const messages = { official: 0, ours: 0, whole: 0 };
  const note = (call: Call, result: Compared): void => {
    const outcome =
      result.expected !== result.actual
        ? "UNEXPLAINED"
        : result.official === result.actual
          ? "equal"
          : result.deviations.join(" + ");
    tally.set(`${call.fn}: ${outcome}`, (tally.get(`${call.fn}: ${outcome}`) ?? 0) + 1);
    if (outcome !== "UNEXPLAINED") return;
    failed++;
    if (failed <= 5) console.log(tellFailure({ seed: configDir, call, ...result }));
  };

  const reading = new Reading(store, pair, { deviations, scratch }, configDir);
  for (const call of listCalls(store)) note(call, await reading.compare(call));
  for (const id of idsOf(store)) {
    for (const call of sessionCalls(store, id)) note(call, await reading.compare(call));
    const shown = await reading.compare({ fn: "getSessionMessages", args: [id] });
    messages.official += count(shown.official);
    messages.ours += count(shown.actual);
    messages.whole += (
      await library.getSessionMessages(id, { configDirs: [configDir], includeCompacted: true })
    ).length;
    const alone = onlySession(store, id);
    const fork: Call = { fn: "forkSession", args: [id] };
    if (transcriptsOf(alone).length > 0)
      note(fork, await compareChange(alone, fork, pair, { deviations, scratch }, knownIds(alone)));
  }
  console.log(`\n${configDir}: ${transcriptsOf(store).length} transcripts`);
  for (const [name, calls] of [...tally].sort()) console.log(`  ${name} ${calls}`);
  console.log(
    `  messages: official ${messages.official}, ours ${messages.ours}, with what was compacted ${messages.whole}`,
  );
}
console.log(failed === 0 ? "every difference is a declared one" : `${failed} unexplained differences`);
process.exitCode = failed === 0 ? 0 : 1;

function listCalls(store: Store): Call[] {
  const list = (...args: unknown[]): Call => ({ fn: "listSessions", args });
  return [
    list(),
    list({ includeProgrammatic: false }),
    list({ limit: 10 }),
    list({ limit: 7, offset: 5 }),
    ...store.dirs.flatMap((dir) => [list({ dir }), list({ dir, includeWorktrees: false })]),
  ];
}

function sessionCalls(store: Store, id: string): Call[] {
  return [
    { fn: "getSessionInfo", args: [id] },
    { fn: "getSessionMessages", args: [id] },
    { fn: "getSessionMessages", args: [id, { includeSystemMessages: true }] },
    { fn: "getSessionMessages", args: [id, { limit: 10, offset: 3 }] },
    { fn: "listSubagents", args: [id] },
    ...agentsOf(store, id).map((agent): Call => ({ fn: "getSubagentMessages", args: [id, agent] })),
  ];
}

function count(told: string): number {
  return (JSON.parse(told) as unknown[]).length;
}

function onlySession(store: Store, id: string): Store {
  return { ...store, entries: store.entries.filter((entry) => entry.path.includes(id)) };
}

/** A config dir as a store: its transcripts, what lies beside them, and the directories they were made in. */
function loadStore(configDir: string): Store {
  const entries: Entry[] = [];
  const dirs = new Set<string>();
  const walk = (at: string): void => {
    for (const entry of fs.readdirSync(path.join(configDir, at), { withFileTypes: true })) {
      const name = at === "" ? entry.name : `${at}/${entry.name}`;
      const full = path.join(configDir, name);
      if (entry.isSymbolicLink()) entries.push({ kind: "link", path: name, target: fs.readlinkSync(full) });
      else if (entry.isDirectory()) walk(name);
      else if (entry.isFile()) entries.push(fileEntry(name, full));
    }
  };
  walk("");
  for (const one of entries) {
    if (one.kind !== "transcript") continue;
    const cwd = one.lines.map((bytes) => rowOf(bytes)?.["cwd"]).find((each) => typeof each === "string");
    if (typeof cwd === "string") dirs.add(cwd);
  }
  return { seed: configDir, entries, dirs: [...dirs], ids: [] };
}

function fileEntry(name: string, full: string): Entry {
  const bytes = fs.readFileSync(full);
  const mtime = fs.statSync(full).mtimeMs;
  const sessionId = SESSION.exec(name)?.[1];
  if (sessionId === undefined || bytes.length === 0) return { kind: "file", path: name, bytes, mtime };
  const lines = bytes
    .toString("latin1")
    .split("\n")
    .map((text) => Buffer.from(text, "latin1"));
  const finalNewline = lines.at(-1)?.length === 0;
  return {
    kind: "transcript",
    path: name,
    sessionId,
    lines: finalNewline ? lines.slice(0, -1) : lines,
    finalNewline,
    mtime,
  };
}
