import { asString, type JsonObject, membersOf, objectsIn } from "../../transcript/rows/json-values.ts";

/** Lines added and removed. */
export interface Lines {
  readonly added: number;
  readonly removed: number;
}

/** File that a call names in its input. `lines`: the change to it; undefined if the call only reads it. */
export interface FileUse {
  readonly path: string;
  readonly lines: Lines | undefined;
}

/** Longest path that counts, in UTF-16 units; the limit of Linux. */
const PATH_UNITS = 4096;
const PATHS = ["file_path", "notebook_path", "filePath", "path"];
/** Members that hold what is written to a file. */
const WRITTEN = ["content", "new_string", "new_str", "new_source", "file_text", "insert_text"];

/**
 * Returns the file that a call reads or changes, by the members of its input, so that tools of MCP servers count too;
 * undefined if it names none.
 */
export function fileUse(input: JsonObject, cwd: string | undefined): FileUse | undefined {
  const key = PATHS.find((name) => typeof input[name] === "string" && input[name] !== "");
  // A search names the directory to search in.
  if (key === undefined || (key === "path" && input["pattern"] !== undefined)) return undefined;
  const path = absolute(String(input[key]), cwd);
  if (path.length > PATH_UNITS) return undefined;
  const edits = objectsIn(input["edits"]);
  if (edits.length > 0) return { path, lines: edits.map(linesOf).reduce(sum) };
  const changes = WRITTEN.some((name) => typeof input[name] === "string") || typeof input["old_string"] === "string";
  return { path, lines: changes ? linesOf(input) : undefined };
}

const ABSOLUTE = /^(?:[\\/]|[A-Za-z]:[\\/]|~)/;

function absolute(path: string, cwd: string | undefined): string {
  if (cwd === undefined || cwd === "" || ABSOLUTE.test(path)) return path;
  const separator = cwd.includes("\\") && !cwd.includes("/") ? "\\" : "/";
  return `${cwd.replace(/[\\/]$/, "")}${separator}${path.replace(/^\.[\\/]/, "")}`;
}

const sum = (a: Lines, b: Lines): Lines => ({ added: a.added + b.added, removed: a.removed + b.removed });

/** Returns the lines of an edit by its input alone, which says neither how often it applied nor what a Write replaced. */
function linesOf(edit: JsonObject): Lines {
  const text = WRITTEN.map((name) => edit[name]).find((value) => typeof value === "string");
  return changedLines(asString(edit["old_string"]) ?? asString(edit["old_str"]) ?? "", asString(text) ?? "");
}

/**
 * Returns the lines that a change of one text into another adds and removes, without those that both begin or end with. By
 * characters: lists of lines would take a twentieth of the time of extraction.
 */
export function changedLines(old: string, text: string): Lines {
  const [before, after] = [withLineEnd(old), withLineEnd(text)];
  const most = Math.min(before.length, after.length);
  let same = 0;
  while (same < most && before.charCodeAt(same) === after.charCodeAt(same)) same++;
  const from = same === 0 ? 0 : before.lastIndexOf("\n", same - 1) + 1;
  let [removed, added] = [before.length, after.length];
  while (removed > from && added > from && before.charCodeAt(removed - 1) === after.charCodeAt(added - 1)) {
    removed--;
    added--;
  }
  const atLine = isLineStart(before, removed, from) && isLineStart(after, added, from);
  const skipped = atLine ? 0 : before.indexOf("\n", removed) + 1 - removed;
  return { added: countLines(after, from, added + skipped), removed: countLines(before, from, removed + skipped) };
}

const withLineEnd = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

const NEWLINE = 0x0a;
const isLineStart = (text: string, at: number, from: number): boolean =>
  at === from || text.charCodeAt(at - 1) === NEWLINE;

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** Returns the lines that a record of a change (`structuredPatch`) adds and removes; undefined if it has no hunks. */
export function patchLines(hunks: unknown): Lines | undefined {
  let added = 0;
  let removed = 0;
  const all = objectsIn(hunks);
  for (const hunk of all) {
    const lines: unknown[] = Array.isArray(hunk["lines"]) ? hunk["lines"] : [];
    for (const line of lines) {
      if (typeof line !== "string") continue;
      if (line.startsWith("+")) added++;
      else if (line.startsWith("-")) removed++;
    }
  }
  return all.length === 0 ? undefined : { added, removed };
}

/** Returns the input of a call. */
export const inputOf = (block: JsonObject): JsonObject => membersOf(block["input"]);
