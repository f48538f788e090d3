import type { SessionUse } from "../../store/live/session-in-use.ts";
import type { SessionPage } from "../../store/list/list-session-page.ts";
import type { ListedSession } from "../../store/types.ts";
import type { OpenConversation } from "../../store/read/open-conversation.ts";
import type { OpenSubagents } from "../../store/read/subagents.ts";
import type { Unread } from "../../store/read/unread.ts";
import type { Resumable } from "../../view/resume.ts";

/** What a list is asked for, with all that a request may leave open decided. */
export interface PageQuery {
  /** Absolute; undefined: all projects. */
  readonly dir: string | undefined;
  readonly includeWorktrees: boolean;
  /** Also sessions that programs started. */
  readonly includeProgrammatic: boolean;
  readonly archived: "exclude" | "include" | "only";
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the protocol needs of the store, with the config dirs already chosen. */
export interface Store {
  page(options: PageQuery & { readonly cursor: string | undefined }): Promise<SessionPage>;
  /**
   * Whether a list of `dir` would have a session of `cwd`: undefined, or where it was found: in the directory itself, or
   * in another worktree of its repository.
   */
  placeOf(cwd: string, dir: string, options: { includeWorktrees: boolean }): Promise<{ worktree?: string } | undefined>;
  /** Whether there is such a session; an id of any form may be asked for. */
  has(sessionId: string): Promise<boolean>;
  /** The whole conversation, what stands before a compaction included, and the branches left behind. `close` it. */
  open(sessionId: string, options: { signal: AbortSignal }): Promise<OpenConversation>;
  /** The subagents that a session started, of whatever layout; undefined if there is no session. `close` them. */
  subagents(sessionId: string, options: { signal: AbortSignal }): Promise<OpenSubagents | undefined>;
  /** `messageId`: the fork ends with this message, which may bear the id that it has in a session this one is a fork of. */
  fork(
    sessionId: string,
    options: {
      cwd: string;
      messageId: string | undefined;
      signal: AbortSignal;
      /** Is told what of the source is not in the fork because it cannot be read, if anything. */
      onUnread?: ((unread: Unread) => void) | undefined;
    },
  ): Promise<{ sessionId: string }>;
  archive(sessionId: string, archived: boolean): Promise<void>;
  /** Returns a warning if the session is in use. */
  rename(sessionId: string, title: string): Promise<string | undefined>;
  /** How a session is in use outside; undefined when it is not, or is not there. */
  use(sessionId: string): Promise<SessionUse | undefined>;
  /** Where Claude Code goes on with a session; undefined when it is not there. */
  resumable(sessionId: string): Promise<Resumable | undefined>;
  /** The ids of those that a running process has open. */
  live(sessions: readonly ListedSession[]): Promise<ReadonlySet<string>>;
  remove(sessionId: string): Promise<void>;
}
