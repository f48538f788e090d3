import type { SessionPage, ListSessionPageOptions } from "../store/page.ts";
import type { ConversationEntry } from "../store/read.ts";

/** What the protocol needs of the store, with the config dirs already chosen. */
export interface Store {
  page(options: Omit<ListSessionPageOptions, "configDirs">): Promise<SessionPage>;
  /** Whether there is such a session; an id of any form may be asked for. */
  has(sessionId: string): Promise<boolean>;
  /** The whole conversation on the current branch, what stands before a compaction included. */
  read(sessionId: string, options: { signal: AbortSignal }): AsyncIterable<ConversationEntry>;
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
    async has(sessionId) {
      const { findSession } = await import("../store/locate.ts");
      const { isSessionId } = await import("../store/session-id.ts");
      return isSessionId(sessionId) && findSession(sessionId, where) !== undefined;
    },
    async *read(sessionId, { signal }) {
      const { readConversation } = await import("../store/read.ts");
      yield* readConversation(sessionId, { ...where, includeCompacted: true, signal });
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
