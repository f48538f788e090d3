import type { StoreOptions } from "../types.ts";

export interface SaveSessionOptions extends StoreOptions {
  /** Absolute path: the project of a new session, and the `cwd` of the new rows. Default: that of the messages, else the current one. */
  readonly cwd?: string | undefined;
  readonly title?: string | undefined;
  /**
   * Marks new rows as those of a program. Default true. False for a session that a person is to go on with: an interactive
   * `claude --continue` passes over sessions of programs, `claude --resume` does not.
   */
  readonly programmatic?: boolean | undefined;
  /** All tags of the session. Absent: those it has. */
  readonly tags?: readonly string[] | undefined;
  /** Null removes it. Absent: the one it has. */
  readonly description?: string | null | undefined;
  /** Moves a session with other messages to the trash, and saves these under its id. Default false: that is an error. */
  readonly replace?: boolean | undefined;
  /** Saves even if the session is in use. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called from time to time with the number of messages written so far and in all. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

export interface SaveSessionResult {
  readonly sessionId: string;
  readonly transcriptPath: string;
  /** Number of messages in the session. */
  readonly messageCount: number;
  /** Number of them that this call wrote. */
  readonly written: number;
  /** Ids for `restoreSession` of the session that was replaced. */
  readonly trashIds: readonly string[];
}
