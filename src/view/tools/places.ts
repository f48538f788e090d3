import { isAbsolute, relative, resolve, sep } from "node:path";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import type { Place } from "./claude-tool.ts";

/** Makes a path of a transcript absolute; undefined if that is impossible. */
export function absolute(path: unknown, cwd: string | undefined): string | undefined {
  if (typeof path !== "string" || path === "") return undefined;
  if (isAbsolute(path)) return path;
  return cwd !== undefined && isAbsolute(cwd) ? resolve(cwd, path) : undefined;
}

/** Returns a path for a title: relative to `cwd` if it is below it. */
export function shown(path: unknown, cwd: string | undefined): string {
  if (typeof path !== "string") return "";
  if (cwd === undefined || !isAbsolute(path) || !isAbsolute(cwd)) return path;
  if (sep === "/" && PLAIN.test(path) && PLAIN.test(cwd))
    return path.startsWith(cwd) && path[cwd.length] === "/" ? path.slice(cwd.length + 1) : path;
  const below = relative(cwd, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}

/** Path that needs no resolving: nearly all are, and testing is faster than `relative`. */
const PLAIN = /^(?:\/[^/.][^/]*)+$/;

/**
 * Returns the places that a search found, each once, from the CLI's own record of Grep, Glob and the like: `filenames`,
 * or the beginning of each line of matches. That is `src/a.ts:12:…`, or `12:…` if only the file `path` was searched.
 */
export function foundPlaces(structured: JsonObject, path: string | undefined, cwd: string | undefined): Place[] {
  const found = new Map<string, Place>();
  const add = (file: string, line?: number): void => {
    const at = absolute(file, cwd);
    if (at !== undefined) found.set(`${line ?? ""}:${at}`, { path: at, ...(line !== undefined && { line }) });
  };
  const { filenames, content } = structured;
  if (Array.isArray(filenames)) for (const file of filenames) if (typeof file === "string") add(file);
  if (found.size > 0 || typeof content !== "string") return [...found.values()];
  const counted = structured["mode"] === "count";
  for (const line of content.split("\n")) {
    const [, ofOne, file, number] = MATCH.exec(line) ?? [];
    if (ofOne !== undefined && !counted) {
      if (path !== undefined && Number(ofOne) > 0) add(path, Number(ofOne));
    } else if (file !== undefined) add(file, counted || Number(number) < 1 ? undefined : Number(number));
  }
  return [...found.values()];
}

/** Matches `12:text`, or `path:12` with or without text after it. A path may begin with a drive. */
const MATCH = /^(?:(\d+):|((?:[A-Za-z]:[\\/])?[^:]+):(\d+)(?::|$))/;

/** Returns the place in the record of a Read, `file.filePath` and `file.startLine`. */
export function readPlace(structured: JsonObject, cwd: string | undefined): Place[] | undefined {
  const { filePath, startLine } = membersOf(structured["file"]);
  const path = absolute(asString(filePath), cwd);
  return path === undefined ? undefined : [{ path, ...lineMember(startLine) }];
}

/** Returns `line` as a member, if it is a line number. */
export const lineMember = (line: unknown): Pick<Place, "line"> =>
  Number.isSafeInteger(line) && Number(line) > 0 ? { line: Number(line) } : {};
