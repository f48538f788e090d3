import { asString, type JsonObject, membersOf, objectsIn, parseJson } from "../../transcript/rows/json-values.ts";
import { absolute, lineMember } from "./places.ts";
import type { FileDiff, ResultLook } from "./claude-tool.ts";

/** Diffs of a change to a file, and the places it changed. */
export type RecordedChange = Required<Pick<ResultLook, "diffs" | "places">>;

/** Returns the hunks of a record (`structuredPatch`) that have lines. */
export const hunksOf = (structured: JsonObject): JsonObject[] =>
  objectsIn(structured["structuredPatch"]).filter(({ lines }) => Array.isArray(lines));

/**
 * Returns the change that a row records (`toolUseResult` of Edit, MultiEdit, Write, NotebookEdit): one diff for each hunk
 * of `structuredPatch`, or the whole text of a new file. If undefined, the call keeps the diff of its input.
 */
export function recordedChange(structured: JsonObject, cwd: string | undefined): RecordedChange | undefined {
  const notebook = absolute(structured["notebook_path"], cwd);
  if (notebook !== undefined) return notebookChange(structured, notebook);
  const path = absolute(structured["filePath"], cwd);
  if (path === undefined) return undefined;
  const { content, originalFile } = structured;
  const hunks = hunksOf(structured);
  if (hunks.length > 0) {
    return {
      diffs: hunks.map((hunk) => hunkDiff(hunk, path)),
      places: hunks.map((hunk) => ({ path, ...lineMember(hunk["newStart"]) })),
    };
  }
  if (typeof content !== "string") return undefined;
  // A Write without hunks created the file, or did not change its text.
  const oldText = structured["type"] === "update" ? (asString(originalFile) ?? content) : null;
  return { diffs: [{ path, oldText, newText: content }], places: [{ path, line: 1 }] };
}

const LINE_NUMBERS = ["oldStart", "oldLines", "newStart", "newLines"];

function hunkDiff(hunk: JsonObject, path: string): FileDiff {
  const all: unknown[] = Array.isArray(hunk["lines"]) ? hunk["lines"] : [];
  const lines = all.filter((line) => typeof line === "string");
  const numbers = LINE_NUMBERS.flatMap((key) => (Number.isSafeInteger(hunk[key]) ? [[key, hunk[key]]] : []));
  return {
    path,
    oldText: side(lines, "-"),
    newText: side(lines, "+"),
    ...(numbers.length > 0 && { numbers: Object.fromEntries(numbers) }),
  };
}

/** Returns one side of a hunk: the lines both sides share and those of `mark`. */
const side = (lines: readonly string[], mark: "+" | "-"): string =>
  lines
    .filter((line) => line.startsWith(" ") || line.startsWith(mark))
    .map((line) => line.slice(1))
    .join("\n");

/** Returns a cell's source before and after; the old one comes from the original notebook. */
function notebookChange(structured: JsonObject, path: string): RecordedChange | undefined {
  const { edit_mode: mode, cell_id: id, new_source: source } = structured;
  if (structured["error"]) return undefined;
  const old = mode === "insert" ? undefined : oldCell(structured["original_file"], id);
  const newText = mode === "delete" ? "" : asString(source);
  if (newText === undefined) return undefined;
  return { diffs: [{ path, oldText: old ?? null, newText }], places: [{ path }] };
}

/** Returns the source of a cell. `id` is the cell's id, or `cell-3` for its number. */
function oldCell(notebook: unknown, id: unknown): string | undefined {
  const { cells } = membersOf(parseJson(asString(notebook) ?? ""));
  if (!Array.isArray(cells) || typeof id !== "string") return undefined;
  const all = cells.map(membersOf);
  const { source } = all.find((cell) => cell["id"] === id) ?? all[Number(/^cell-(\d{1,9})$/.exec(id)?.[1])] ?? {};
  return Array.isArray(source) ? source.filter((line) => typeof line === "string").join("") : asString(source);
}
