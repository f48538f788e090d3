import { resolve } from "node:path";
import { shellWord } from "../../view/resume.ts";

/** Returns a command of this program as it is typed into a shell, with the config dirs that this one was given. */
export function ownCommand(
  [name = "", ...words]: readonly string[],
  configDirs: readonly string[] | undefined,
): string {
  const dirs = (configDirs ?? []).flatMap((dir) => ["--config-dir", resolve(dir)]);
  return ["claude-transcripts", name, ...dirs, ...words].map((word) => shellWord(word)).join(" ");
}
