import { splitPoint } from "../../transcript/text/surrogates.ts";
import { type Lines, TextLines } from "./lines.ts";

/** Lines shown of the beginning of long output, and of its end, which has the outcome. */
const HEAD_LINES = 8;
const TAIL_LINES = 4;
/** Maximum length of a line; lines of minified files are longer. */
const LINE_UNITS = 500;

/** Output without its middle. */
interface Folded<T> {
  readonly head: Iterable<T>;
  /** Number of lines left out between the two. */
  readonly hidden: number;
  readonly tail: Iterable<T>;
}

/** Leaves out the middle if that saves more than the line that reports it. */
export function fold<T>(lines: Lines<T>, full: boolean): Folded<T> {
  const hidden = full ? 0 : lines.length - HEAD_LINES - TAIL_LINES;
  if (hidden <= 2) return { head: lines, hidden: 0, tail: [] };
  if (lines instanceof TextLines) return { head: lines.first(HEAD_LINES), hidden, tail: lines.last(TAIL_LINES) };
  return { head: lines.slice(0, HEAD_LINES), hidden, tail: lines.slice(-TAIL_LINES) };
}

/** Cuts a very long line, and says how much is missing. */
export function cutLine(line: string, full: boolean): string {
  if (full || line.length <= LINE_UNITS) return line;
  const end = splitPoint(line, LINE_UNITS);
  return `${line.slice(0, end)}… (${(line.length - end).toLocaleString("en")} more characters)`;
}
