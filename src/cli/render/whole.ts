export interface LineBatch {
  readonly lines: readonly string[];
  /** Whether the first one continues the last line of the batch before. */
  readonly continues: boolean;
  /** Whether the last one continues in the next batch, because it is very long. */
  readonly unfinished: boolean;
}

/** Maximum length of a line that is held whole. */
const LINE_UNITS = 1024 * 1024;

/** Yields the lines of a text that comes in pieces, without leading and trailing empty ones. Memory is a piece and a line. */
export function* linesOf(pieces: Iterable<string>): Generator<LineBatch> {
  let started = false;
  let empty = 0;
  let continues = false;
  for (const { lines, unfinished } of allLines(pieces)) {
    const batch: string[] = [];
    for (const [at, raw] of lines.entries()) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line.trim() === "" && !(continues && at === 0)) {
        // Trailing empty lines are dropped, so these wait for a line after them.
        if (started) empty++;
        continue;
      }
      for (; empty > 0; empty--) batch.push("");
      batch.push(line);
      started = true;
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
