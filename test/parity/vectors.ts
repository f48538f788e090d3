/** Recorded cases of the official helpers: the store a call found, what it gave, and what it did. */
import type { Entry, Store } from "./model.ts";
import type { Call } from "./calls.ts";
import type { Effect, Outcome } from "./outcome.ts";

export interface VectorFile {
  /** Each store once; calls name them by number. */
  readonly stores: readonly (readonly RecordedEntry[])[];
  readonly calls: readonly RecordedCall[];
}

export interface RecordedCall {
  /** The case, as the experiments name it. */
  readonly name: string;
  readonly store: number;
  readonly fn: Call["fn"];
  readonly args: readonly unknown[];
  readonly outcome?: Outcome;
  readonly effect?: Effect;
}

/** Content in pieces: text, or a text and how often it is repeated. */
type Pieces = readonly (string | readonly [string, number])[];

export type RecordedEntry =
  | { readonly path: string; readonly dir: true }
  | { readonly path: string; readonly link: string }
  | { readonly path: string; readonly mtime: number; readonly pieces: Pieces };

/** Stand for the directory that stores lie in, as it is and as it is in a project key. */
const ROOT = "<ROOT>";
const ROOT_KEY = "<ROOTKEY>";
const keyOfRoot = (root: string): string => root.replace(/[^a-zA-Z0-9]/g, "-");

const placed = (text: string, root: string): string =>
  text.replaceAll(ROOT, root).replaceAll(ROOT_KEY, keyOfRoot(root));
export const unplaced = (text: string, root: string): string =>
  text.replaceAll(root, ROOT).replaceAll(keyOfRoot(root), ROOT_KEY);

/** JSON has no undefined and no NaN. */
export function revive(value: unknown, root: string): unknown {
  if (typeof value === "string") return placed(value, root);
  if (Array.isArray(value)) return value.map((item) => revive(item, root));
  if (typeof value !== "object" || value === null) return value;
  if ("$" in value) return value.$ === "undefined" ? undefined : Number(value.$);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item, root)]));
}

const SESSION = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl$/i;

export function storeOf(entries: readonly RecordedEntry[], call: RecordedCall, root: string): Store {
  const options = call.args.map((arg) => revive(arg, root)).findLast((arg) => typeof arg === "object" && arg !== null);
  const dir = typeof options === "object" && options !== null && "dir" in options ? options.dir : undefined;
  return {
    seed: call.name,
    entries: entries.map((entry) => modelOf(entry, root)),
    dirs: typeof dir === "string" ? [dir] : [],
    ids: [],
  };
}

function modelOf(entry: RecordedEntry, root: string): Entry {
  const path = placed(entry.path, root);
  if ("dir" in entry) return { kind: "dir", path };
  if ("link" in entry) return { kind: "link", path, target: placed(entry.link, root) };
  const bytes = Buffer.from(placed(textOf(entry.pieces), root), "latin1");
  const { mtime } = entry;
  const [first, , name, ...deeper] = path.split("/");
  const sessionId = first === "projects" && deeper.length === 0 ? SESSION.exec(name ?? "")?.[1] : undefined;
  if (sessionId === undefined || bytes.length === 0) return { kind: "file", path, bytes, mtime };
  const lines = bytes
    .toString("latin1")
    .split("\n")
    .map((text) => Buffer.from(text, "latin1"));
  const finalNewline = lines.at(-1)?.length === 0;
  return { kind: "transcript", path, sessionId, lines: finalNewline ? lines.slice(0, -1) : lines, finalNewline, mtime };
}

const textOf = (pieces: Pieces): string =>
  pieces.map((piece) => (typeof piece === "string" ? piece : piece[0].repeat(piece[1]))).join("");

const RUN = /(.)\1{63,}/gsu;

export function piecesOf(text: string): Pieces {
  const pieces: (string | readonly [string, number])[] = [];
  let at = 0;
  for (const run of text.matchAll(RUN)) {
    if (run.index > at) pieces.push(text.slice(at, run.index));
    pieces.push([run[1] as string, run[0].length / (run[1] as string).length]);
    at = run.index + run[0].length;
  }
  if (at < text.length || pieces.length === 0) pieces.push(text.slice(at));
  return pieces;
}
