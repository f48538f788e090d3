import type { Skipped } from "./types.ts";

/**
 * The one error hierarchy. `code` is stable, for programs to branch on; `message` is the official helpers' text if they
 * have one (official-helpers.md §7); `hint` says what to do next; `data` holds the facts.
 */
export type TranscriptErrorCode =
  | "InvalidSessionId"
  | "SessionNotFound"
  | "SessionInUse"
  | "SessionBusy"
  | "SessionExists"
  | "MessageNotFound"
  | "NoMessages"
  | "InvalidCursor"
  | "InvalidArgument"
  | "TrashEntryNotFound"
  | "RestoreConflict"
  | "Aborted"
  | "Io";

export interface TranscriptErrorDetails {
  readonly hint?: string | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

export class TranscriptError extends Error {
  readonly code: TranscriptErrorCode;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: TranscriptErrorCode, message: string, { hint, data, cause }: TranscriptErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "TranscriptError";
    this.code = code;
    this.hint = hint;
    this.data = data ?? {};
  }
}

export class InvalidSessionIdError extends TranscriptError {
  constructor(sessionId: unknown) {
    super("InvalidSessionId", `Invalid sessionId: ${String(sessionId)}`, {
      hint: "A session id is a UUID: the name of the transcript without .jsonl.",
      data: { sessionId },
    });
    this.name = "InvalidSessionIdError";
  }
}

export class SessionNotFoundError extends TranscriptError {
  /** `where` completes `Session <id> not found`. `unreadable`: directories that may have it. `inTrash`: it is there. */
  constructor(sessionId: string, where = "", unreadable: readonly Skipped[] = [], { inTrash = false } = {}) {
    super("SessionNotFound", `Session ${sessionId} not found${where}${unreadableWords(unreadable)}`, {
      hint: "List the sessions to see which ids exist; a deleted session may be in the trash.",
      data: { sessionId, ...(unreadable.length > 0 && { unreadable }), ...(inTrash && { inTrash }) },
    });
    this.name = "SessionNotFoundError";
  }
}

/** Returns the error for a session that another process deleted after it was found. */
export const deletedConcurrently = (sessionId: string): SessionNotFoundError =>
  new SessionNotFoundError(sessionId, ": another process has deleted it");

/** Reports whether an error says that a session is not there any more, and not that it may be where nobody can read. */
export const isGone = (error: unknown): boolean =>
  error instanceof SessionNotFoundError && error.data["unreadable"] === undefined;

/** Reports whether an error says that an entry is not in the trash any more, and not that it cannot be restored. */
export const isNotInTrash = (error: unknown): boolean =>
  error instanceof TranscriptError && error.code === "TrashEntryNotFound" && error.data["problem"] === undefined;

/** Maximum number of directories in a message; `data` has all of them. */
const MAX_NAMED = 5;

/** Returns `; could not be read: /c/projects/-w (EACCES)`, or an empty string. */
export function unreadableWords(unreadable: readonly Skipped[]): string {
  if (unreadable.length === 0) return "";
  const named = unreadable.slice(0, MAX_NAMED).map(({ path, reason }) => `${path} (${reason})`);
  const more = unreadable.length > MAX_NAMED ? ` and ${unreadable.length - MAX_NAMED} more` : "";
  return `; could not be read: ${named.join(", ")}${more}`;
}

export class SessionInUseError extends TranscriptError {
  constructor(sessionId: string, why: string, data: Readonly<Record<string, unknown>> = {}) {
    super("SessionInUse", `Session ${sessionId} is in use: ${why}`, {
      hint: "Exit the session first, or pass force to act on it anyway.",
      data: { sessionId, ...data },
    });
    this.name = "SessionInUseError";
  }
}

/** Another process of ours is changing the session right now, for example deleting or restoring it. `force` has no effect. */
export class SessionBusyError extends TranscriptError {
  constructor(sessionId: string, why: string, hint: string, data: Readonly<Record<string, unknown>> = {}) {
    super("SessionBusy", `Session ${sessionId} is busy: ${why}`, { hint, data: { sessionId, ...data } });
    this.name = "SessionBusyError";
  }
}

export class InvalidCursorError extends TranscriptError {
  constructor(why: string) {
    super("InvalidCursor", `Invalid cursor: ${why}`, { hint: "Start again without a cursor, with the same filters." });
    this.name = "InvalidCursorError";
  }
}

export class InvalidArgumentError extends TranscriptError {
  constructor(argument: string, message: string, hint?: string) {
    super("InvalidArgument", message, { hint, data: { argument } });
    this.name = "InvalidArgumentError";
  }
}

/** Returns the errno of a file-system error (`ENOENT`, …); undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" && !(error instanceof TranscriptError) ? error.code : undefined;
}

/** Runs `act` and ignores file-system errors, but no others. */
export function ignoreDiskErrors(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** Reports whether the error means that nothing is at the path. */
export function isMissing(error: unknown): boolean {
  const code = errnoOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Returns what `act` returns; undefined if it throws. */
export function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** Returns what `act` returns, or `otherwise` if nothing is at the path it looks at. */
export function unlessMissing<T>(act: () => T, otherwise: T): T {
  try {
    return act();
  } catch (error) {
    if (isMissing(error)) return otherwise;
    throw error;
  }
}

/** Adds text around the message of a file-system error, or one of ours; anything else is returned unchanged. */
export function inContext(error: unknown, before: string, after = ""): unknown {
  const of = (message: string): string => `${before}${message}${after}`;
  if (error instanceof TranscriptError) {
    const { code, message, hint, data } = error;
    return new TranscriptError(code, of(message), { hint, data, cause: error });
  }
  if (errnoOf(error) === undefined) return error;
  const { message, ...facts } = error as Error;
  return Object.assign(new Error(of(message), { cause: error }), facts);
}
