import { piecesOf } from "../../transcript/text/surrogates.ts";
import { printable, printableLine } from "../../view/sanitise.ts";
import type { Terminal } from "./command.ts";

export { printable, printableLines } from "../../view/sanitise.ts";

const DEFAULT_COLUMNS = 80;

/** Opens stdout and stderr of this process. */
export function openTerminal(): Terminal {
  const stdout = process.stdout;
  const stderr = process.stderr;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    // `list | head` closes the pipe early, which is not a failure.
    if (error.code === "EPIPE") process.exit(0);
    stderr.write(`claude-transcripts: stdout: ${printable(error.message)}\n`);
    process.exit(1);
  });
  // Nobody reads the errors.
  stderr.on("error", () => undefined);
  const isTty = stdout.isTTY;
  const writeBytes = async (data: string | Uint8Array): Promise<void> => {
    if (!stdout.write(data)) await new Promise((resolve) => stdout.once("drain", resolve));
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
    warn(text) {
      stderr.write(`${printableLine(text)}\n`);
    },
  };
}

/** Maximum size of a write: a stream encodes a whole text at once, and keeps the bytes until they are read. */
export const PIECE_UNITS = 1024 * 1024;
