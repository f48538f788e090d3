import { piecesOf } from "../../transcript/text/surrogates.ts";
import { printable, printableLine } from "../../view/sanitise.ts";
import type { Terminal } from "./command.ts";

export { printable, printableLines } from "../../view/sanitise.ts";

const DEFAULT_COLUMNS = 80;

/** Opens stdout and stderr of this process. */
export function openTerminal(): Terminal {
  const stdout = process.stdout;
  const stderr = process.stderr;
  let goesOn = false;
  let isReaderGone = false;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isReaderGone) return;
    isReaderGone = error.code === "EPIPE";
    // `list | head` closes the pipe early, which is not a failure.
    if (isReaderGone && goesOn) return;
    if (isReaderGone) process.exit(0);
    stderr.write(`claude-transcripts: stdout: ${printable(error.message)}\n`);
    process.exit(1);
  });
  // Nobody reads the errors.
  stderr.on("error", () => undefined);
  const isTty = stdout.isTTY;
  const writeBytes = async (data: string | Uint8Array): Promise<void> => {
    if (isReaderGone || stdout.write(data)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stdout.off("drain", done).off("close", done);
        resolve();
      };
      stdout.once("drain", done).once("close", done);
    });
  };
  const write = async (text: string): Promise<void> => {
    for (const piece of piecesOf(text, PIECE_UNITS)) await writeBytes(piece);
  };
  return {
    columns: (isTty ? stdout.columns : 0) || DEFAULT_COLUMNS,
    errorColumns: stderr.isTTY ? stderr.columns || DEFAULT_COLUMNS : undefined,
    isTty,
    colors: isTty && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb",
    write,
    writeBytes,
    goOnWithoutReader() {
      goesOn = true;
    },
    warn(text) {
      stderr.write(`${printableLine(text)}\n`);
    },
  };
}

/** Maximum size of a write: a stream encodes a whole text at once, and keeps the bytes until they are read. */
export const PIECE_UNITS = 1024 * 1024;
