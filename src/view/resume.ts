import { isAbsolute } from "node:path";

/** Facts needed to resume a session. */
export interface Resumable {
  readonly sessionId: string;
  /** The directory that the session belongs to; undefined if the transcript names none. */
  readonly cwd: string | undefined;
  /** The config dir that Claude Code must be given; undefined if it finds the session by itself. */
  readonly configDir: string | undefined;
}

/**
 * Returns the shell command that resumes a session: `cd /home/ada/acme && claude --resume 5d3f2a10-…`. Omits a directory
 * whose name has characters that cannot be typed; Claude Code also finds the session from elsewhere.
 */
export function resumeCommand({ sessionId, cwd, configDir }: Resumable, platform = process.platform): string {
  const claude = `claude --resume ${sessionId}`;
  const steps = [claude];
  if (isTypable(configDir)) {
    if (platform === "win32") steps.unshift(`set "CLAUDE_CONFIG_DIR=${configDir}"`);
    else steps[0] = `CLAUDE_CONFIG_DIR=${shellWord(configDir, platform)} ${claude}`;
  }
  if (isTypable(cwd) && isAbsolute(cwd)) steps.unshift(`cd ${shellWord(cwd, platform)}`);
  return steps.join(" && ");
}

/** Returns the shell command that begins a session in a directory. */
export const startCommand = (cwd: string, platform = process.platform): string =>
  isTypable(cwd) ? `cd ${shellWord(cwd, platform)} && claude` : "claude";

const isTypable = (path: string | undefined): path is string =>
  path !== undefined && path !== "" && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u.test(path);

/** Quotes a word for the shell of the platform, if necessary. */
export const shellWord = (word: string, platform = process.platform): string =>
  (platform === "win32" ? quoteForCmd : quoteForSh)(word);

const quoteForSh = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** Quotes a word for cmd.exe. File names on Windows cannot contain a double quote. */
const quoteForCmd = (word: string): string => (/^[\w@+=:,.\\/-]+$/.test(word) ? word : `"${word}"`);
