import { printable, printableLine } from "../view/printable.ts";
import type { Terminal } from "./command.ts";
import { piecesOf } from "./pieces.ts";

export { printable, printableLine, printableLines } from "../view/printable.ts";

/** Columns where nobody tells how many there are. */
const DEFAULT_COLUMNS = 80;

/** The terminal of this process. */
export function openTerminal(): Terminal {
  const stdout = process.stdout;
  const stderr = process.stderr;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    // `list | head` closes the pipe early: that is no failure.
    if (error.code === "EPIPE") process.exit(0);
    stderr.write(`claude-transcripts: stdout: ${printable(error.message)}\n`);
    process.exit(1);
  });
  // Where nobody reads what went wrong, there is nothing to do about it.
  stderr.on("error", () => undefined);
  const isTty = stdout.isTTY;
  const writeBytes = async (data: string | Uint8Array): Promise<void> => {
    if (!stdout.write(data)) await new Promise((resolve) => stdout.once("drain", resolve));
  };
  const write = async (text: string): Promise<void> => {
    for (const piece of piecesOf(text)) await writeBytes(piece);
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
