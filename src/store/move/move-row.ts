import { attempt } from "../errors.ts";
import { FileLines } from "../disk/file-lines.ts";
import { statOpen } from "../disk/fs.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { asObject, asString } from "../../transcript/rows/json-values.ts";
import { parseRow, visitLine } from "../../transcript/rows/row.ts";

/** Where a session was before it was moved. */
export interface FormerPlace {
  readonly cwd: string;
  readonly projectKey: string;
}

/** The row that ended a move: where the session was, and its directory since. */
export interface MoveRow {
  readonly relocatedCwd: string;
  readonly movedFrom: FormerPlace;
}

/**
 * Returns the row that ends a move. The CLI writes such a row when a person changes the directory of a session, repeats it
 * at the end of each run, and leaves the earlier rows as they are. `movedFrom` is ours, and says what an undo has to do.
 */
export const moveRow = (sessionId: string, relocatedCwd: string, { cwd, projectKey }: FormerPlace): object => ({
  type: "relocated",
  relocatedCwd,
  sessionId,
  movedFrom: { cwd, projectKey },
});

const MARK = Buffer.from('"movedFrom"');

/** Returns the last row of a transcript that ended a move; undefined if none, or if it cannot be read. */
export function lastMoveRow(path: string): MoveRow | undefined {
  return tryWithOpenFile(path, (fd) => {
    let last: MoveRow | undefined;
    const lines = new FileLines(fd, { to: statOpen(fd).size });
    const scan = new RowScan();
    while (lines.step()) {
      while (lines.next()) {
        if (lines.bytes.subarray(lines.start, lines.end).indexOf(MARK) < 0) continue;
        visitLine(lines.bytes, lines.start, lines.end, scan, {
          row(start, end) {
            last = readMoveRow(attempt(() => parseRow(lines.bytes, start, end))) ?? last;
          },
        });
      }
    }
    return last;
  });
}

function readMoveRow(row: Readonly<Record<string, unknown>> | undefined): MoveRow | undefined {
  if (row?.["type"] !== "relocated") return undefined;
  const from = asObject(row["movedFrom"]);
  const [relocatedCwd, cwd, projectKey] = [row["relocatedCwd"], from?.["cwd"], from?.["projectKey"]].map(asString);
  if (relocatedCwd === undefined || cwd === undefined || projectKey === undefined) return undefined;
  return { relocatedCwd, movedFrom: { cwd, projectKey } };
}
