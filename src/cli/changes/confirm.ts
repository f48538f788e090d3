import { UsageError } from "../terminal/command.ts";

/** Whether there is somebody to ask. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/**
 * Asks a person at the terminal; anything but `y` or `yes`, the end of the input included, is a no. Where nobody can be
 * asked, throws `UsageError`: `--yes` has to say it.
 */
export async function confirm(question: string): Promise<boolean> {
  const { stdin, stderr } = process;
  if (!canAsk())
    throw new UsageError("this cannot be undone, and there is no terminal to ask on: add --yes to confirm");
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: stdin, output: stderr });
  const answer = await new Promise<string>((resolve) => {
    lines.once("close", () => resolve(""));
    lines.question(`${question} [y/N] `, resolve);
  });
  lines.close();
  return /^y(?:es)?$/i.test(answer.trim());
}
