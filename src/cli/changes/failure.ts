import { attempt, TranscriptError, type TranscriptErrorCode } from "../../store/errors.ts";
import { type Candidate, candidateLines, candidatesOf } from "../render/candidate-table.ts";
import type { Invocation, Terminal } from "../terminal/command.ts";
import { terminalJson } from "../terminal/terminal-json.ts";

/** Failure in JSON. `code` is the store's, an errno (`EACCES`), or `Unexpected`. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** Set if a word is a prefix of several ids. */
  readonly candidates?: readonly Candidate[];
}

/** Prints an error and its hint on stderr; with `json`, also `{"error": …}` on stdout. Returns the exit code. */
export async function reportFailure(
  error: unknown,
  { json, terminal, configDirs }: Pick<Invocation, "json" | "terminal" | "configDirs">,
): Promise<number> {
  const failure = await toFailure(error, configDirs);
  if (json) await terminal.write(`${terminalJson({ error: failure })}\n`);
  warnOfFailure(failure, "claude-transcripts", terminal);
  if (failure.hint !== undefined) terminal.warn(failure.hint);
  return 1;
}

/** Prints a failure without its hint, which several failures may share. */
export function warnOfFailure({ message, candidates }: Failure, who: string, terminal: Terminal): void {
  terminal.warn(`${who}: ${message}${candidates === undefined ? "" : ":"}`);
  for (const line of candidates === undefined ? [] : candidateLines(candidates, terminal.errorColumns))
    terminal.warn(line);
}

export async function toFailure(error: unknown, configDirs: readonly string[] | undefined): Promise<Failure> {
  if (error instanceof TranscriptError) {
    const { code } = error;
    const several = await candidatesOf(error, configDirs);
    if (several !== undefined) {
      const { prefix, named, more } = several;
      const which = more === 0 ? "" : `; the latest ${named.length}`;
      const message = `${named.length + more} ids begin with "${prefix}"${which}`;
      return { code, message, hint: "Give more characters of the id.", candidates: named };
    }
    const kept = code === "SessionNotFound" ? await hintOfSnapshot(error.data["sessionId"], configDirs) : undefined;
    if (kept !== undefined) return { code, message: error.message, hint: kept };
    // The store's own hint fits a specific problem better.
    const hint = error.data["problem"] === undefined ? (HINTS[code] ?? error.hint) : error.hint;
    return { code, message: error.message, ...(hint !== undefined && { hint }) };
  }
  if (!(error instanceof Error)) return { code: "Unexpected", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "Unexpected";
  const hint = HINTS_ON_DISK[code];
  return { code, message: error.message, ...(hint !== undefined && { hint }) };
}

/** Returns what to do if a snapshot has the session; undefined if none has it. */
async function hintOfSnapshot(given: unknown, configDirs: readonly string[] | undefined): Promise<string | undefined> {
  if (typeof given !== "string" || given === "") return undefined;
  const { existingSnapshots } = await import("../../store/snapshot/snapshot-dir.ts");
  const { sessionIdsWith } = await import("../../store/resolve/by-prefix.ts");
  for (const snapshot of attempt(() => existingSnapshots(configDirs)) ?? []) {
    const [id, ...others] = sessionIdsWith(given, [snapshot]);
    if (id === undefined || others.length > 0) continue;
    const { restoreWords } = await import("./restore-words.ts");
    return `The snapshot has it: show it with --from-snapshot, or bring it back: ${restoreWords(id, snapshot) ?? ""}`;
  }
  return undefined;
}

/** What to do about an errno. */
const HINTS_ON_DISK: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space, then run the same command again.",
  EDQUOT: "The quota of the disk is used up: free some space, then run the same command again.",
  EFBIG: "Files may not become that large: see the limit of the file system, and 'ulimit -f'.",
};

/** Hints with commands and options instead of the store's, which are for programs. */
const HINTS: Partial<Record<TranscriptErrorCode, string>> = {
  SessionNotFound: "'claude-transcripts list --all' shows all sessions, 'claude-transcripts trash' the deleted ones.",
  SessionInUse: "Exit the session first, or use --force.",
  TrashEntryNotFound: "'claude-transcripts trash' shows what can be restored.",
};
