import { requireSessionId } from "../layout/session-id.ts";
import { findSession, requireSession } from "../projects/find-copies.ts";
import { openConversation, type OpenConversation, type OpenConversationOptions } from "../read/open-conversation.ts";
import { type RawPage, readRawPage } from "../read/raw-rows.ts";
import { describeSubagents, listSubagents, type OpenSubagents, openSubagents } from "../read/subagents.ts";
import type { TranscriptCopy } from "../types.ts";

/** Verbs that read what sessions hold. */
export interface ConversationVerbs {
  /**
   * The conversation of a session or of its subagent, whole: what stands before compactions and the branches left behind
   * included. `close` it.
   */
  conversation(session: string | TranscriptCopy, options: OpenConversationOptions): Promise<OpenConversation>;
  /** The subagents that a session started, of whatever layout; undefined if there is no session. `close` them. */
  subagents(sessionId: string, options: { readonly signal: AbortSignal }): Promise<OpenSubagents | undefined>;
  /** The ids of its subagents; with those in the layouts of older CLIs, or without, which reads only names of files. */
  subagentIds(sessionId: string, layouts: "new" | "all"): Promise<readonly string[]>;
  /** The file of a subagent's rows; undefined if the session has none of that id. */
  subagentFile(sessionId: string, agentId: string): Promise<string | undefined>;
  /** Rows as they are stored, from byte `start` on, `most` bytes at most. */
  raw(copy: TranscriptCopy, start: number, most: number): RawPage;
}

export function conversationVerbs(configDirs: readonly string[] | undefined): ConversationVerbs {
  const where = { configDirs };
  return {
    async conversation(session, options) {
      const copy = typeof session === "string" ? requireSession(requireSessionId(session), where) : session;
      return openConversation(copy, options);
    },
    async subagents(sessionId, { signal }) {
      const copy = findSession(sessionId, where);
      return copy && openSubagents(copy, signal);
    },
    subagentIds: (sessionId, layouts) => listSubagents(sessionId, { ...where, includeLegacy: layouts === "all" }),
    async subagentFile(sessionId, agentId) {
      const all = await describeSubagents(sessionId, { ...where, includeLegacy: true });
      return all.find((one) => one.agentId === agentId)?.path;
    },
    raw: readRawPage,
  };
}
