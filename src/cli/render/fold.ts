import { splitPoint } from "../../transcript/text/surrogates.ts";
import { type Lines, TextLines } from "./lines.ts";

/** Lines shown of the beginning of long output, and of its end, which has the outcome. */
const HEAD_LINES = 8;
const TAIL_LINES = 4;
/** Maximum length of a line; lines of minified files are longer. */
const LINE_UNITS = 500;

/** Lines shown before and after one that was looked for, and how many of those are shown. */
const AROUND_LINES = 2;
const FOUND_LINES = 40;

/** Lines to show, or the number of lines left out. */
export type Piece<T> = { readonly lines: Iterable<T> } | { readonly hidden: number };

/**
 * Leaves out the middle if that saves more than the line that reports it. `isWanted`: lines that were looked for; the first
 * ones are shown with their neighbours instead of the beginning and the end.
 */
export function fold<T>(lines: Lines<T>, full: boolean, isWanted?: (line: T) => boolean): readonly Piece<T>[] {
  const hidden = full ? 0 : lines.length - HEAD_LINES - TAIL_LINES;
  if (hidden <= 2) return [{ lines }];
  const wanted = isWanted === undefined ? [] : foundRanges(lines, isWanted);
  if (wanted.length > 0) return aroundFound(lines, wanted);
  if (lines instanceof TextLines)
    return [{ lines: lines.first(HEAD_LINES) }, { hidden }, { lines: lines.last(TAIL_LINES) }];
  return [{ lines: lines.slice(0, HEAD_LINES) }, { hidden }, { lines: lines.slice(-TAIL_LINES) }];
}

/** Returns the ranges of lines around the wanted ones, apart from each other. */
function foundRanges<T>(lines: Lines<T>, isWanted: (line: T) => boolean): { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  const { length } = lines;
  let at = -1;
  let found = 0;
  for (const line of lines) {
    at++;
    if (!isWanted(line)) continue;
    const last = ranges.at(-1);
    const to = Math.min(length, at + 1 + AROUND_LINES);
    if (last !== undefined && at - AROUND_LINES <= last.to + 1) last.to = to;
    else ranges.push({ from: Math.max(0, at - AROUND_LINES), to });
    if (++found === FOUND_LINES) break;
  }
  return ranges;
}

function aroundFound<T>(lines: Lines<T>, ranges: readonly { from: number; to: number }[]): Piece<T>[] {
  const shown = ranges.map((): T[] => []);
  let at = 0;
  let range = 0;
  for (const line of lines) {
    while (range < ranges.length && at >= (ranges[range]?.to ?? 0)) range++;
    const { from } = ranges[range] ?? {};
    if (from === undefined) break;
    if (at >= from) shown[range]?.push(line);
    at++;
  }
  const pieces: Piece<T>[] = [];
  let end = 0;
  for (const [i, { from, to }] of ranges.entries()) {
    if (from > end) pieces.push({ hidden: from - end });
    pieces.push({ lines: shown[i] ?? [] });
    end = to;
  }
  if (lines.length > end) pieces.push({ hidden: lines.length - end });
  return pieces;
}

/** Cuts a very long line, and says how much is missing. `wanted`: index of what was looked for, which stays. */
export function cutLine(line: string, full: boolean, wanted = 0): string {
  if (full || line.length <= LINE_UNITS) return line;
  const start = wanted < LINE_UNITS / 2 ? 0 : splitPoint(line, wanted - Math.floor(LINE_UNITS / 4));
  const end = splitPoint(line, Math.min(line.length, start + LINE_UNITS));
  const missing = line.length - (end - start);
  return `${start > 0 ? "…" : ""}${line.slice(start, end)}… (${missing.toLocaleString("en")} more characters)`;
}
