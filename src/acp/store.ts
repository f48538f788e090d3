import type { SessionPage } from "../store/page.ts";
import type { OpenConversation } from "../store/open-conversation.ts";
import type { Subagent } from "../store/subagents.ts";
import type { ConversationEntry } from "../transcript/visible.ts";

/** What a list is asked for, with all that a request may leave open decided. */
export interface PageQuery {
  /** Absolute; undefined: all projects. */
  readonly dir: string | undefined;
  readonly includeWorktrees: boolean;
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
  /** The subagents that a session started, of whatever layout. */
  subagents(sessionId: string): Promise<readonly Subagent[]>;
  subagentEntries(subagent: Subagent, options: { signal: AbortSignal }): AsyncGenerator<ConversationEntry>;
  fork(sessionId: string, options: { cwd: string }): Promise<{ sessionId: string }>;
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
    async subagents(sessionId) {
      const { describeSubagents } = await import("../store/subagents.ts");
      return describeSubagents(sessionId, { ...where, includeLegacy: true });
    },
    async *subagentEntries(subagent, { signal }) {
      const { readSubagent } = await import("../store/subagents.ts");
      yield* readSubagent(subagent, signal);
    },
    async fork(sessionId, { cwd }) {
      const { forkSession } = await import("../store/fork.ts");
      return forkSession(sessionId, { ...where, cwd });
    },
    async remove(sessionId) {
      const { deleteSession } = await import("../store/delete.ts");
      await deleteSession(sessionId, where);
    },
  };
}
