import { TranscriptError } from "../store/errors.ts";
import type { SessionUse } from "../store/live.ts";
import type { SessionPage } from "../store/page.ts";
import type { ListedSession } from "../store/types.ts";
import type { OpenConversation } from "../store/open-conversation.ts";
import type { OpenSubagents } from "../store/subagents.ts";
import type { Unread } from "../store/unread.ts";
import type { Resumable } from "../view/resume.ts";

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
  rename(sessionId: string, title: string): Promise<void>;
  /** How a session is in use outside; undefined when it is not, or is not there. */
  use(sessionId: string): Promise<SessionUse | undefined>;
  /** Where Claude Code goes on with a session; undefined when it is not there. */
  resumable(sessionId: string): Promise<Resumable | undefined>;
  /** The ids of those that a running process has open. */
  live(sessions: readonly ListedSession[]): Promise<ReadonlySet<string>>;
  remove(sessionId: string): Promise<void>;
}

/**
 * The store on the disk. `configDirs` absent: the one that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. Its parts are
 * loaded when they are first needed, so that `initialize` is answered before any of them.
 */
export function openStore(configDirs?: readonly string[]): Store {
  const where = { configDirs };
  return {
    async page(options) {
      const { listSessionPage } = await import("../store/page.ts");
      return listSessionPage({ ...options, ...where });
    },
    async placeOf(cwd, dir, { includeWorktrees }) {
      const { canonicalPath } = await import("../store/project-key.ts");
      const [real, wanted] = [canonicalPath(cwd), canonicalPath(dir)];
      if (real === wanted) return {};
      if (!includeWorktrees) return undefined;
      const { listWorktrees } = await import("../store/worktrees.ts");
      return listWorktrees(wanted).includes(real) ? { worktree: real } : undefined;
    },
    async has(sessionId) {
      const { findSession } = await import("../store/locate.ts");
      const { isSessionId } = await import("../store/session-id.ts");
      return isSessionId(sessionId) && findSession(sessionId, where) !== undefined;
    },
    async open(sessionId, { signal }) {
      const { requireSession } = await import("../store/locate.ts");
      const { requireSessionId } = await import("../store/session-id.ts");
      const { openConversation } = await import("../store/open-conversation.ts");
      return openConversation(requireSession(requireSessionId(sessionId), where), { signal });
    },
    async subagents(sessionId, { signal }) {
      const { findSession } = await import("../store/locate.ts");
      const { openSubagents } = await import("../store/subagents.ts");
      const copy = findSession(sessionId, where);
      return copy && openSubagents(copy, signal);
    },
    async fork(sessionId, { cwd, messageId, signal, onUnread }) {
      const { forkSession } = await import("../store/fork.ts");
      const options = { ...where, cwd, signal, onUnread };
      try {
        return await forkSession(sessionId, { ...options, upToMessageId: messageId });
      } catch (error) {
        if (messageId === undefined || !isMessageNotFound(error)) throw error;
        const { idInFork } = await import("../store/fork-ids.ts");
        const upToMessageId = await idInFork(sessionId, messageId, options);
        if (upToMessageId === undefined) throw error;
        return forkSession(sessionId, { ...options, upToMessageId });
      }
    },
    async archive(sessionId, archived) {
      const { archiveSession, unarchiveSession } = await import("../store/archive.ts");
      await (archived ? archiveSession : unarchiveSession)(sessionId, where);
    },
    async rename(sessionId, title) {
      const { renameSession } = await import("../store/annotate.ts");
      await renameSession(sessionId, title, where);
    },
    async use(sessionId) {
      const { findCopies } = await import("../store/locate.ts");
      const { sessionInUse } = await import("../store/live.ts");
      const copies = findCopies(sessionId, where);
      for (const configDir of new Set(copies.map(({ project }) => project.configDir))) {
        const mtimesMs = copies.filter(({ project }) => project.configDir === configDir).map((copy) => copy.mtimeMs);
        const use = sessionInUse(sessionId, { configDir, mtimesMs });
        if (use !== undefined) return use;
      }
      return undefined;
    },
    async resumable(sessionId) {
      const { findSession } = await import("../store/locate.ts");
      const { resumable } = await import("../store/resumable.ts");
      const copy = findSession(sessionId, where);
      return copy && resumable(copy);
    },
    async live(sessions) {
      const { sessionsInProcesses } = await import("../store/live.ts");
      const running = new Map<string, ReadonlySet<string>>();
      for (const { configDir } of sessions) {
        if (!running.has(configDir)) running.set(configDir, sessionsInProcesses(configDir));
      }
      return new Set(
        sessions.map(({ sessionId, configDir }) => (running.get(configDir)?.has(sessionId) === true ? sessionId : "")),
      );
    },
    async remove(sessionId) {
      const { deleteSession } = await import("../store/delete.ts");
      await deleteSession(sessionId, where);
    },
  };
}

const isMessageNotFound = (error: unknown): boolean =>
  error instanceof TranscriptError && error.code === "MessageNotFound";
