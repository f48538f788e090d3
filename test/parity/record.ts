/** Makes fixtures/vectors from what the spy wrote down; see scripts/record-vectors.mjs. Arguments: scratch, target, files. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Call } from "./calls.ts";
import { materialise } from "./materialise.ts";
import { official } from "./official.ts";
import { outcomeOf, Side } from "./outcome.ts";
import { knownIds } from "./check.ts";
import { CHANGING } from "./calls.ts";
import {
  piecesOf,
  type RecordedCall,
  type RecordedEntry,
  revive,
  storeOf,
  unplaced,
  type VectorFile,
} from "./vectors.ts";

interface Noted {
  readonly name: string;
  readonly fn: Call["fn"];
  readonly args: readonly unknown[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configDir: string;
  readonly tree?: readonly { path: string; dir?: true; link?: string; mtime?: number; bytes?: string }[];
}

const [scratch, target, ...files] = process.argv.slice(2) as [string, string, ...string[]];
/** A file written without a time has the time of the experiment; such ones keep their order. */
const LONG_AGO = Date.UTC(2026, 0, 1);
const MAX_STORE = 400_000;
const MAX_CALLS_OF_A_CASE = 4;

for (const file of files) {
  const notes = fs
    .readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as Noted);
  const stores: (readonly RecordedEntry[])[] = [];
  const numbers = new Map<string, number>();
  const calls: RecordedCall[] = [];
  let left = 0;
  for (const note of notes) {
    const entries = entriesOf(note);
    const before = calls.filter(({ name }) => name === note.name).length;
    // Other environments, keys that hold a hash of the place, and very large files are not data of this kind.
    if (
      entries === undefined ||
      note.env["name"] !== undefined ||
      note.env["skip"] !== undefined ||
      before >= MAX_CALLS_OF_A_CASE
    ) {
      left++;
      continue;
    }
    const text = JSON.stringify(entries);
    const store = numbers.get(text) ?? stores.push(entries) - 1;
    numbers.set(text, store);
    const call = { name: note.name, store, fn: note.fn, args: unplacedArgs(note) };
    if (
      calls.some(
        (known) =>
          known.store === store && known.fn === call.fn && JSON.stringify(known.args) === JSON.stringify(call.args),
      )
    )
      continue;
    // The key of a long path holds a hash of the place, and that of a relative one the place itself.
    const [dir] = note.args;
    const isPlaced = typeof dir !== "string" || !dir.startsWith("/") || JSON.stringify(call.args).length > 200;
    if (note.fn === "projectKey" && isPlaced) left++;
    else calls.push(await recorded(call, entries));
  }
  const vectors: VectorFile = { stores, calls };
  const name = `${path.basename(file, ".jsonl")}.json`;
  const listed = (items: readonly unknown[]): string => items.map((item) => JSON.stringify(item)).join(",\n");
  fs.writeFileSync(
    path.join(target, name),
    `{"stores":[\n${listed(vectors.stores)}\n],"calls":[\n${listed(vectors.calls)}\n]}\n`,
  );
  console.log(`${name}: ${calls.length} calls on ${stores.length} stores, ${left} left out`);
}

function unplacedArgs({ args, configDir }: Noted): unknown[] {
  return JSON.parse(unplaced(unplaced(JSON.stringify(args), configDir), scratch)) as unknown[];
}

function entriesOf({ tree, configDir }: Noted): RecordedEntry[] | undefined {
  if (tree === undefined || tree.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0) > MAX_STORE)
    return undefined;
  const times = [...new Set(tree.flatMap(({ mtime }) => mtime ?? []))].sort((a, b) => a - b);
  const entries = tree
    .filter((entry) => entry.dir === undefined || !tree.some((other) => other.path.startsWith(`${entry.path}/`)))
    .map((entry): RecordedEntry => {
      const at = unplaced(unplaced(entry.path, configDir), scratch);
      if (entry.link !== undefined) return { path: at, link: unplaced(entry.link, configDir) };
      if (entry.bytes === undefined) return { path: at, dir: true };
      const mtime = entry.mtime ?? 0;
      const isSet = Math.abs(mtime - Date.now()) > 3_600_000;
      return {
        path: at,
        mtime: isSet ? mtime : LONG_AGO + times.indexOf(mtime),
        pieces: piecesOf(unplaced(entry.bytes, configDir)),
      };
    });
  return entries.some((entry) => entry.path.split("/").some((name) => name.length > 200)) ? undefined : entries;
}

async function recorded(call: RecordedCall, entries: readonly RecordedEntry[]): Promise<RecordedCall> {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "vector-")));
  const configDir = path.join(root, "c");
  try {
    const store = storeOf(entries, call, configDir);
    materialise(store, configDir);
    const asked: Call = { fn: call.fn, args: call.args.map((arg) => revive(arg, configDir)) };
    const made = CHANGING.has(call.fn)
      ? { effect: await new Side(official, configDir, knownIds(store)).run(asked) }
      : { outcome: await outcomeOf(official, asked, configDir) };
    return JSON.parse(unplaced(JSON.stringify({ ...call, ...made }), configDir)) as RecordedCall;
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}
