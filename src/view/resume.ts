import { isAbsolute } from "node:path";

/** What is known of a session that somebody may want to go on with. */
export interface Resumable {
  readonly sessionId: string;
  /** The directory that the session belongs to; undefined where the transcript names none. */
  readonly cwd: string | undefined;
  /** Where Claude Code has to be told to look; undefined where it looks by itself. */
  readonly configDir: string | undefined;
}

/**
 * What a person types into a shell to go on with a session: `cd /home/ada/acme && claude --resume 5d3f2a10-…`. A directory
 * that cannot be typed, because its name has characters in it that a terminal would obey, is left out: Claude Code also finds the session
 * from elsewhere.
 */
export function resumeCommand(
  { sessionId, cwd, configDir }: Resumable,
  platform: NodeJS.Platform = process.platform,
): string {
  const claude = `claude --resume ${sessionId}`;
  const steps = [claude];
  if (isTypable(configDir)) {
    if (platform === "win32") steps.unshift(`set "CLAUDE_CONFIG_DIR=${configDir}"`);
    else steps[0] = `CLAUDE_CONFIG_DIR=${shellWord(configDir, platform)} ${claude}`;
  }
  if (isTypable(cwd) && isAbsolute(cwd)) steps.unshift(`cd ${shellWord(cwd, platform)}`);
  return steps.join(" && ");
}

/** What a person types to begin a session in a directory. */
export const startCommand = (cwd: string, platform: NodeJS.Platform = process.platform): string =>
  isTypable(cwd) ? `cd ${shellWord(cwd, platform)} && claude` : "claude";

const isTypable = (path: string | undefined): path is string =>
  path !== undefined && path !== "" && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u.test(path);

/** A word as it is typed into a shell. */
export const shellWord = (word: string, platform: NodeJS.Platform = process.platform): string =>
  (platform === "win32" ? quoteForCmd : quoteForSh)(word);

const quoteForSh = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** A double quote cannot stand in a file name there. */
const quoteForCmd = (word: string): string => (/^[\w@+=:,.\\/-]+$/.test(word) ? word : `"${word}"`);
