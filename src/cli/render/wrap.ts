import { widthOf } from "../width.ts";

/**
 * A line as lines of at most so many cells, cut at spaces where there are any. Text that cannot be measured, with tabs in
 * it, is left to the terminal. Nothing is lost but the spaces that a line was cut at.
 */
export function wrap(line: string, cells: number): string[] {
  if (cells < LEAST || line.includes("\t") || widthOf(line) <= cells) return [line];
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

/** A terminal that is narrower has no use for our care. */
const LEAST = 20;
