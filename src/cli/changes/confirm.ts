import { UsageError } from "../terminal/command.ts";

export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** Asks the user; anything but `y` or `yes` is a no. Throws `UsageError` without a terminal. */
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
