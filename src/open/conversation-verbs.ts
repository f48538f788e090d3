import { requireSessionId } from "../store/layout/session-id.ts";
import { findSession, requireSession } from "../store/projects/find-copies.ts";
import {
  openConversation,
  type OpenConversation,
  type OpenConversationOptions,
} from "../store/read/open-conversation.ts";
import { type RawPage, readRawPage } from "../store/read/raw-rows.ts";
import { describeSubagents, listSubagents, type OpenSubagents, openSubagents } from "../store/read/subagents.ts";
import type { TranscriptCopy } from "../store/types.ts";

/** Verbs that read the content of sessions. */
export interface ConversationVerbs {
  /** Opens the conversation of a session or its subagent, with compacted rows and abandoned branches. `close` it. */
  conversation(session: string | TranscriptCopy, options: OpenConversationOptions): Promise<OpenConversation>;
  /** Opens the subagents of a session, of any layout; undefined if there is no session. `close` them. */
  subagents(sessionId: string, options: { readonly signal: AbortSignal }): Promise<OpenSubagents | undefined>;
  /** Returns the ids of its subagents: `all` includes the layouts of older CLIs; `new` reads only names of files. */
  subagentIds(sessionId: string, layouts: "new" | "all"): Promise<readonly string[]>;
  /** Returns the file of a subagent's rows; undefined if the session has none with that id. */
  subagentFile(sessionId: string, agentId: string): Promise<string | undefined>;
  /** Returns rows as stored, from byte `start` on, at most `most` bytes. */
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
