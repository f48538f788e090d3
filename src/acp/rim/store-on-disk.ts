import { renameSession } from "../../store/annotate/annotate.ts";
import { archiveSession, unarchiveSession } from "../../store/annotate/archive.ts";
import { deleteSession } from "../../store/trash/delete-session.ts";
import { TranscriptError } from "../../store/errors.ts";
import { idInFork } from "../../store/fork/message-id-in-fork.ts";
import { forkSession } from "../../store/fork/fork-session.ts";
import { overwriteWarning, sessionsInProcesses, useOfSession } from "../../store/live/session-in-use.ts";
import { findSession, requireSession } from "../../store/projects/find-copies.ts";
import { openConversation } from "../../store/read/open-conversation.ts";
import { listSessionPage } from "../../store/list/list-session-page.ts";
import { canonicalPath } from "../../store/layout/project-key.ts";
import { resumable } from "../../store/projects/resumable.ts";
import { isSessionId, requireSessionId } from "../../store/layout/session-id.ts";
import { openSubagents } from "../../store/read/subagents.ts";
import { listWorktrees } from "../../store/projects/worktrees.ts";
import type { Store } from "./acp-store.ts";

/** The store on the disk. `configDirs` absent: the one that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
export function storeOnDisk(configDirs?: readonly string[]): Store {
  const where = { configDirs };
  return {
    async page(options) {
      return listSessionPage({ ...options, ...where });
    },
    async placeOf(cwd, dir, { includeWorktrees }) {
      const [real, wanted] = [canonicalPath(cwd), canonicalPath(dir)];
      if (real === wanted) return {};
      if (!includeWorktrees) return undefined;
      return listWorktrees(wanted).includes(real) ? { worktree: real } : undefined;
    },
    async has(sessionId) {
      return isSessionId(sessionId) && findSession(sessionId, where) !== undefined;
    },
    async open(sessionId, { signal }) {
      return openConversation(requireSession(requireSessionId(sessionId), where), { signal });
    },
    async subagents(sessionId, { signal }) {
      const copy = findSession(sessionId, where);
      return copy && openSubagents(copy, signal);
    },
    async fork(sessionId, { cwd, messageId, signal, onUnread }) {
      const options = { ...where, cwd, signal, onUnread };
      try {
        return await forkSession(sessionId, { ...options, upToMessageId: messageId });
      } catch (error) {
        if (messageId === undefined || !isMessageNotFound(error)) throw error;
        const upToMessageId = await idInFork(sessionId, messageId, options);
        if (upToMessageId === undefined) throw error;
        return forkSession(sessionId, { ...options, upToMessageId });
      }
    },
    async archive(sessionId, archived) {
      await (archived ? archiveSession : unarchiveSession)(sessionId, where);
    },
    async rename(sessionId, title) {
      // Asked for first: a change makes the transcript look as if it were in use.
      const warning = overwriteWarning(sessionId, "the title", where);
      await renameSession(sessionId, title, where);
      return warning;
    },
    async use(sessionId) {
      return useOfSession(sessionId, where);
    },
    async resumable(sessionId) {
      const copy = findSession(sessionId, where);
      return copy && resumable(copy);
    },
    async live(sessions) {
      const running = new Map<string, ReadonlySet<string>>();
      for (const { configDir } of sessions) {
        if (!running.has(configDir)) running.set(configDir, sessionsInProcesses(configDir));
      }
      return new Set(
        sessions.map(({ sessionId, configDir }) => (running.get(configDir)?.has(sessionId) === true ? sessionId : "")),
      );
    },
    async remove(sessionId) {
      await deleteSession(sessionId, where);
    },
  };
}

const isMessageNotFound = (error: unknown): boolean =>
  error instanceof TranscriptError && error.code === "MessageNotFound";
