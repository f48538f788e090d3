/** Lines of a text that comes in pieces. */
export interface LineBatch {
  readonly lines: readonly string[];
  /** The first of them goes on with the last line of the batch before. */
  readonly continues: boolean;
  /** The last of them goes on in the next batch: it is very long. */
  readonly unfinished: boolean;
}

/** A longer line is not held whole. */
const LINE_UNITS = 1024 * 1024;

/** The lines of a text that comes in pieces, without the empty ones around it. Memory is a piece and a line. */
export function* linesOf(pieces: Iterable<string>): Generator<LineBatch> {
  let begun = false;
  let empty = 0;
  let continues = false;
  for (const { lines, unfinished } of allLines(pieces)) {
    const batch: string[] = [];
    for (const [at, raw] of lines.entries()) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line.trim() === "" && !(continues && at === 0)) {
        // Known to stand at the end only when nothing follows.
        if (begun) empty++;
        continue;
      }
      for (; empty > 0; empty--) batch.push("");
      batch.push(line);
      begun = true;
    }
    if (batch.length > 0) yield { lines: batch, continues, unfinished };
    continues = unfinished;
  }
}

function* allLines(pieces: Iterable<string>): Generator<{ lines: string[]; unfinished: boolean }> {
  let rest = "";
  for (const piece of pieces) {
    const text = rest + piece;
    const end = text.lastIndexOf("\n");
    if (end >= 0) yield { lines: text.slice(0, end).split("\n"), unfinished: false };
    rest = text.slice(end + 1);
    if (rest.length < LINE_UNITS) continue;
    yield { lines: [rest], unfinished: true };
    rest = "";
  }
  if (rest !== "") yield { lines: [rest], unfinished: false };
}
