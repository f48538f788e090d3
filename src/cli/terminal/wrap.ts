import { clusters, widthOf } from "./width.ts";

/** Wraps a line at spaces, which are lost there. Leaves a line with tabs, whose width is not known, to the terminal. */
export function wrap(line: string, cells: number): string[] {
  if (cells < MIN_CELLS || line.includes("\t")) return [line];
  if (PLAIN.test(line)) return line.length <= cells ? [line] : wrapPlain(line, cells);
  return line.length > MAX_UNITS || widthOf(line) <= cells ? [line] : wrapMeasured(line, cells);
}

/** Minimum width; narrower terminals wrap lines themselves. */
const MIN_CELLS = 20;
/** Maximum length, because measuring takes a microsecond a letter; the terminal wraps longer lines. */
const MAX_UNITS = 100_000;
const PLAIN = /^[\x20-\x7e]*$/;

/** Wraps ASCII, where each letter takes a cell. */
function wrapPlain(line: string, cells: number): string[] {
  const indent = line.length - line.trimStart().length;
  const lines: string[] = [];
  let from = 0;
  while (line.length - from > cells) {
    // Includes a space right after the last cell. Searches only this part: the line may be long and have no spaces.
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
  // Place for a cut: after the last space that is not part of the indentation.
  let space = -1;
  for (const { segment, cells: taken } of clusters(line)) {
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
