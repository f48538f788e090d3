import { printableLines } from "../terminal/terminal.ts";

/** So much of a text is looked at, or put together, at a time. */
const BLOCK_UNITS = 64 * 1024;

/**
 * The lines of a text, without what a terminal would obey, some at a time: of a text of many megabytes its lines take more
 * memory than it does.
 */
export function* printableBlocks(text: string): Generator<string[]> {
  for (let from = 0; from <= text.length;) {
    const end = text.length - from <= BLOCK_UNITS ? -1 : text.indexOf("\n", from + BLOCK_UNITS);
    const block = text.slice(from, end < 0 ? text.length : end);
    // The rest of a line end.
    yield printableLines(end >= 0 && block.endsWith("\r") ? block.slice(0, -1) : block).split("\n");
    if (end < 0) return;
    from = end + 1;
  }
}

/** Pieces of a text, put together as long as they are short. */
export function* inBatches(pieces: Iterable<string>): Generator<string> {
  let text = "";
  for (const piece of pieces) {
    if (text !== "" && text.length + piece.length > BLOCK_UNITS) {
      yield text;
      text = "";
    }
    if (piece.length > BLOCK_UNITS) yield piece;
    else text += piece;
  }
  if (text !== "") yield text;
}

/** Lines as text, some at a time. A long line is given by itself, so that it is not copied. */
export function* joinedLines(lines: Iterable<string>): Generator<string> {
  let text = "";
  for (const line of lines) {
    if (line.length > BLOCK_UNITS) {
      if (text !== "") yield text;
      yield line;
      text = "\n";
    } else text += `${line}\n`;
    if (text.length < BLOCK_UNITS) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}
