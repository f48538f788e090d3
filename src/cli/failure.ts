import { TranscriptError, type TranscriptErrorCode } from "../store/errors.ts";
import type { Terminal } from "./command.ts";
import { terminalJson } from "./render/json-text.ts";

const FAILED = 1;

/** What a failure is in JSON: `code` is the store's, an errno (`EACCES`), or `Unexpected`. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Tells on stderr what went wrong and what to do, with `json` on stdout too as `{"error": …}`. Gives the exit code. */
export async function tellFailure(
  error: unknown,
  { json, terminal }: { readonly json: boolean; readonly terminal: Terminal },
): Promise<number> {
  const failure = toFailure(error);
  if (json) await terminal.write(`${terminalJson({ error: failure })}\n`);
  terminal.warn(`claude-transcripts: ${failure.message}`);
  if (failure.hint !== undefined) terminal.warn(failure.hint);
  return FAILED;
}

/** Any error as a person at a terminal is told of it. */
export function toFailure(error: unknown): Failure {
  if (error instanceof TranscriptError) {
    const hint = HINTS[error.code] ?? error.hint;
    return { code: error.code, message: error.message, ...(hint !== undefined && { hint }) };
  }
  if (!(error instanceof Error)) return { code: "Unexpected", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "Unexpected";
  return { code, message: error.message };
}

/** The store's hints speak to programs. These speak of commands and options. */
const HINTS: Partial<Record<TranscriptErrorCode, string>> = {
  SessionNotFound: "'claude-transcripts list --all' shows what there is, 'claude-transcripts trash' what was deleted.",
  SessionInUse: "Leave the session first, or use --force.",
  TrashEntryNotFound: "'claude-transcripts trash' shows what can be restored.",
};
