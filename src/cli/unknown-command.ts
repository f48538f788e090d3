import { closest } from "./terminal/closest.ts";
import { COMMANDS } from "./commands.ts";

/** Commands by the words that other programs use for them. */
const SYNONYMS: Readonly<Record<string, string>> = {
  cat: "show",
  copy: "fork",
  cp: "fork",
  hide: "archive",
  ls: "list",
  mv: "rename",
  open: "show",
  read: "show",
  remove: "delete",
  rm: "delete",
  sessions: "list",
  undelete: "restore",
  unhide: "unarchive",
  view: "show",
};

/** Commands of Claude Code that this program does not have. */
const CONTINUING = new Set(["continue", "resume"]);

/** Explains a word that is not a command. `rest`: the words after it. */
export async function unknownCommand(
  word: string,
  rest: readonly string[],
): Promise<{ problem: string; hint: string }> {
  const help = "Try 'claude-transcripts --help'.";
  if (word.startsWith("-")) return { problem: `unknown option ${word}: the command must come first`, hint: help };
  if (CONTINUING.has(word)) {
    return { problem: "this program only shows sessions; Claude Code continues them", hint: await howToContinue(rest) };
  }
  const meant = meantBy(word);
  const suggestion = meant === undefined ? "" : `. Did you mean "${meant}"?`;
  return { problem: `unknown command "${word}"${suggestion}`, hint: help };
}

function meantBy(word: string): string | undefined {
  if (Object.hasOwn(SYNONYMS, word)) return SYNONYMS[word];
  const command = closest(word, Object.keys(COMMANDS));
  if (command !== undefined) return command;
  if (/^[0-9a-f]{4,8}(?:-[0-9a-f-]*)?$/i.test(word)) return `show ${word}`;
  return /^\.{1,2}$|[/\\]/.test(word) ? `list ${word}` : undefined;
}

/** Returns the command that continues the session named in `rest`, or how to continue any. */
async function howToContinue(rest: readonly string[]): Promise<string> {
  const given = rest.find((word) => !word.startsWith("-"));
  if (given !== undefined) {
    const { resolveSession } = await import("../store/resolve/by-prefix.ts");
    const { resumable } = await import("../store/projects/resumable.ts");
    const { resumeCommand } = await import("../view/resume.ts");
    try {
      return `Run: ${resumeCommand(resumable(resolveSession(given, undefined)))}`;
    } catch {
      // No such session, or several.
    }
  }
  return "Run: claude --resume ID, in the session's directory. 'claude-transcripts list' shows both.";
}
