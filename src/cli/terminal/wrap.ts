import { widthOf } from "./width.ts";

/**
 * A line as lines of at most so many cells, cut at spaces where there are any. Text that cannot be measured, with tabs in
 * it, is left to the terminal. Nothing is lost but the spaces that a line was cut at.
 */
export function wrap(line: string, cells: number): string[] {
  if (cells < LEAST || line.includes("\t")) return [line];
  if (PLAIN.test(line)) return line.length <= cells ? [line] : wrapPlain(line, cells);
  return line.length > LONGEST || widthOf(line) <= cells ? [line] : wrapMeasured(line, cells);
}

/** A terminal that is narrower has no use for our care. */
const LEAST = 20;
/** Measuring takes a microsecond a letter: longer lines are left to the terminal, which breaks them as well. */
const LONGEST = 100_000;
const PLAIN = /^[\x20-\x7e]*$/;

/** A cell for each letter. */
function wrapPlain(line: string, cells: number): string[] {
  const indent = line.length - line.trimStart().length;
  const lines: string[] = [];
  let from = 0;
  while (line.length - from > cells) {
    // A space right after the last cell is as good. The line before is not searched: it may be long, and without any.
    const space = from + line.slice(from, from + cells + 1).lastIndexOf(" ");
    const to = space > from + (from === 0 ? indent : 0) ? space : from + cells;
    lines.push(line.slice(from, to).trimEnd());
    from = line[to] === " " ? to + 1 : to;
  }
  lines.push(line.slice(from).trimEnd());
  return lines;
}

function wrapMeasured(line: string, cells: number): string[] {
  const lines: string[] = [];
  let current = "";
  let width = 0;
  // Where the line may be cut: behind the last space, if there is one past its indentation.
  let space = -1;
  for (const { segment } of (segmenter ??= new Intl.Segmenter()).segment(line)) {
    const taken = widthOf(segment);
    if (width + taken > cells && segment !== " ") {
      const at = space > 0 ? space : current.length;
      lines.push(current.slice(0, at).trimEnd());
      current = current.slice(at);
      width = widthOf(current);
      space = -1;
    }
    current += segment;
    width += taken;
    if (segment === " " && current.trim() !== "") space = current.length;
  }
  lines.push(current.trimEnd());
  return lines;
}

let segmenter: Intl.Segmenter | undefined;
