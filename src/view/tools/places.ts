import { isAbsolute, relative, resolve, sep } from "node:path";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import type { Place } from "./claude-tool.ts";

/** A path of a transcript as an absolute one; undefined if it cannot be made so. */
export function absolute(path: unknown, cwd: string | undefined): string | undefined {
  if (typeof path !== "string" || path === "") return undefined;
  if (isAbsolute(path)) return path;
  return cwd !== undefined && isAbsolute(cwd) ? resolve(cwd, path) : undefined;
}

/** A path for a title: below `cwd` it is shown relative to it. */
export function shown(path: unknown, cwd: string | undefined): string {
  if (typeof path !== "string") return "";
  if (cwd === undefined || !isAbsolute(path) || !isAbsolute(cwd)) return path;
  if (sep === "/" && PLAIN.test(path) && PLAIN.test(cwd))
    return path.startsWith(cwd) && path[cwd.length] === "/" ? path.slice(cwd.length + 1) : path;
  const below = relative(cwd, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}

/** There is nothing to resolve in it: as nearly every path is, so that it is worth while to know. */
const PLAIN = /^(?:\/[^/.][^/]*)+$/;

/**
 * Where a search found something, from the CLI's own record of Grep, Glob and the like: `filenames`, or, where the
 * matches themselves were asked for, the head of each line (`src/a.ts:12:…`; `12:…` of one file, which then is `path`,
 * the path that was searched). Each place once. Undefined where nothing says so.
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

/** `12:text`, or `path:12` with more text or none behind it. A path may begin with a drive. */
const MATCH = /^(?:(\d+):|((?:[A-Za-z]:[\\/])?[^:]+):(\d+)(?::|$))/;

/** The place that the record of a Read names, `file.filePath` and `file.startLine`. */
export function readPlace(structured: JsonObject, cwd: string | undefined): Place[] | undefined {
  const { filePath, startLine } = membersOf(structured["file"]);
  const path = absolute(asString(filePath), cwd);
  if (path === undefined) return undefined;
  return [Number.isSafeInteger(startLine) && Number(startLine) > 0 ? { path, line: Number(startLine) } : { path }];
}
