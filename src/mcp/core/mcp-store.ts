import type { AskingOptions } from "../../store/live/calling-session.ts";
import type { DeleteResult } from "../../store/trash/delete-session.ts";
import type { ListFilters } from "../../store/list/filters.ts";
import type { OpenConversation, OpenConversationOptions } from "../../store/read/open-conversation.ts";
import type { SessionPage } from "../../store/list/list-session-page.ts";
import type { DeletionPlan } from "../../store/trash/plan-delete.ts";
import type { ProjectList } from "../../store/list/list-projects.ts";
import type { RestoreResult } from "../../store/trash/restore-session.ts";
import type { RawPage } from "../../store/read/raw-rows.ts";
import type { SessionStream } from "../../store/list/stream-sessions.ts";
import type { TrashEntry } from "../../store/trash/trash-contents.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { Unread } from "../../store/read/unread.ts";
import type { StoreNews, StoreWatch } from "../../store/live/watch.ts";

type Filters = Omit<ListFilters, "configDirs">;

/** What the protocol needs of the store, with the config dirs already chosen. Its parts are loaded when they are first needed. */
export interface Store {
  page(options: Filters & { readonly limit: number; readonly cursor: string | undefined }): Promise<SessionPage>;
  /** The same without pages. */
  stream(options: Filters): Promise<SessionStream>;
  projects(signal: AbortSignal, progress?: (looked: number, total: number) => void): Promise<ProjectList>;
  /** The ids of all sessions, of each once. */
  ids(): Promise<ReadonlySet<string>>;
  /** The session whose id begins so. Throws `SessionNotFound`, `InvalidSessionId` where several do. */
  find(prefix: string): Promise<TranscriptCopy>;
  /** What a list shows of it. */
  title(copy: TranscriptCopy): Promise<string | undefined>;
  /** Gives the first characters of an id, by which the session can be found. */
  shortIds(): Promise<(sessionId: string) => string>;
  /** The session in which the question was asked. */
  asking(options: Omit<AskingOptions, "configDirs">): Promise<string | undefined>;
  /** Those that a running process is known to have open. */
  live(): Promise<ReadonlySet<string>>;
  isDirectory(path: string): Promise<boolean>;
  /** Opens the conversation of a session, or of its subagent. Close it. */
  conversation(copy: TranscriptCopy, options: OpenConversationOptions): Promise<OpenConversation>;
  /** The ids of its subagents; with those in the layouts of older CLIs, or without, which reads names of files only. */
  subagents(copy: TranscriptCopy, layouts: "new" | "all"): Promise<readonly string[]>;
  /** Where the rows of a subagent stand; undefined where the session has none of that id. */
  subagentFile(copy: TranscriptCopy, agentId: string): Promise<string | undefined>;
  /** Rows as they are stored, from a byte on, so many bytes at most. */
  raw(copy: TranscriptCopy, start: number, most: number): Promise<RawPage>;
  /** The directories of that name that hold sessions. */
  projectDirs(key: string): Promise<readonly string[]>;
  /** Tells of changes until it is closed. */
  watch(news: StoreNews): Promise<StoreWatch>;

  fork(sessionId: string, options: ForkOptions): Promise<string>;
  /** Returns a warning if the session is in use. */
  rename(sessionId: string, title: string): Promise<string | undefined>;
  /** Returns the tag as it is kept, and a warning if the session is in use. Null takes the tag away. */
  tag(
    sessionId: string,
    tag: string | null,
  ): Promise<{ readonly tag: string | null; readonly warning?: string | undefined }>;
  archive(sessionId: string, archived: boolean): Promise<void>;
  planDeletion(sessionId: string): Promise<DeletionPlan>;
  /** Into the trash. */
  remove(sessionId: string): Promise<DeleteResult>;
  trash(): Promise<readonly TrashEntry[]>;
  /** Takes the beginning of a session's id, or of an entry's. */
  restore(prefix: string): Promise<RestoreResult & { readonly summary: string | undefined }>;
}

interface ForkOptions {
  readonly upToMessageId: string | undefined;
  readonly cwd: string | undefined;
  readonly title: string | undefined;
  readonly signal: AbortSignal;
  /** Bytes of how many. */
  readonly progress: (done: number, total: number) => void;
  /** Is told what of the source is not in the fork because it cannot be read, if anything. */
  readonly onUnread: (unread: Unread) => void;
}

/** The store on the disk. `configDirs` absent: the one that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
export function openStore(configDirs?: readonly string[]): Store {
  const where = { configDirs };
  return {
    async page({ tag, ...filters }) {
      const { listSessionPage } = await import("../../store/list/list-session-page.ts");
      const options = { ...filters, shortCursor: true };
      if (tag === undefined) return listSessionPage({ ...options, ...where });
      const { normalizeTag } = await import("../../store/annotate/annotate.ts");
      return listSessionPage({ ...options, ...where, tag: normalizeTag(tag) });
    },
    async stream(options) {
      const { streamSessions } = await import("../../store/list/stream-sessions.ts");
      return streamSessions({ ...options, ...where });
    },
    async projects(signal, progress) {
      const { listProjects } = await import("../../store/list/list-projects.ts");
      return listProjects({ ...where, signal, progress });
    },
    async ids() {
      const { allSessionIds } = await import("../../store/resolve/by-prefix.ts");
      return allSessionIds(configDirs);
    },
    async find(prefix) {
      const { resolveSession } = await import("../../store/resolve/by-prefix.ts");
      return resolveSession(prefix, configDirs);
    },
    async title(copy) {
      const { titleOf } = await import("../../store/facts/title-of.ts");
      return titleOf(copy);
    },
    async shortIds() {
      const { shortIds } = await import("../../store/resolve/short-ids.ts");
      return shortIds(configDirs);
    },
    async asking(options) {
      const { askingSession } = await import("../../store/live/calling-session.ts");
      return askingSession({ ...options, ...where });
    },
    async live() {
      const { resolveConfigDirs } = await import("../../store/layout/config-dir.ts");
      const { sessionsInProcesses } = await import("../../store/live/session-in-use.ts");
      return new Set(resolveConfigDirs(where).flatMap((dir) => [...sessionsInProcesses(dir)]));
    },
    async isDirectory(path) {
      const { isDirectory } = await import("../../store/layout/config-dir.ts");
      return isDirectory(path);
    },
    async conversation(copy, options) {
      const { openConversation } = await import("../../store/read/open-conversation.ts");
      return openConversation(copy, options);
    },
    async subagents({ sessionId }, layouts) {
      const { listSubagents } = await import("../../store/read/subagents.ts");
      return listSubagents(sessionId, { ...where, includeLegacy: layouts === "all" });
    },
    async subagentFile({ sessionId }, agentId) {
      const { describeSubagents } = await import("../../store/read/subagents.ts");
      const all = await describeSubagents(sessionId, { ...where, includeLegacy: true });
      return all.find((one) => one.agentId === agentId)?.path;
    },
    async raw(copy, start, most) {
      const { readRawPage } = await import("../../store/read/raw-rows.ts");
      return readRawPage(copy, start, most);
    },
    async projectDirs(key) {
      const { resolveConfigDirs } = await import("../../store/layout/config-dir.ts");
      const { listProjectDirs } = await import("../../store/projects/project-dirs.ts");
      const all = resolveConfigDirs(where).flatMap((configDir) => listProjectDirs(configDir).dirs);
      return all.filter((project) => project.key === key).map(({ path }) => path);
    },
    async watch(news) {
      const { watchSessions } = await import("../../store/live/watch.ts");
      return watchSessions(news, where);
    },

    async fork(sessionId, options) {
      const { forkSession } = await import("../../store/fork/fork-session.ts");
      return (await forkSession(sessionId, { ...options, ...where })).sessionId;
    },
    async rename(sessionId, title) {
      const { renameSession } = await import("../../store/annotate/annotate.ts");
      const { overwriteWarning } = await import("../../store/live/session-in-use.ts");
      // Asked for first: a change makes the transcript look as if it were in use.
      const warning = overwriteWarning(sessionId, "the title", where);
      await renameSession(sessionId, title, where);
      return warning;
    },
    async tag(sessionId, tag) {
      const { normalizeTag, tagSession } = await import("../../store/annotate/annotate.ts");
      const { overwriteWarning } = await import("../../store/live/session-in-use.ts");
      const warning = overwriteWarning(sessionId, "the tag", where);
      await tagSession(sessionId, tag, where);
      return { tag: tag === null ? null : normalizeTag(tag), warning };
    },
    async archive(sessionId, archived) {
      const { archiveSession, unarchiveSession } = await import("../../store/annotate/archive.ts");
      await (archived ? archiveSession : unarchiveSession)(sessionId, where);
    },
    async planDeletion(sessionId) {
      const { planDeletion } = await import("../../store/trash/plan-delete.ts");
      return planDeletion(sessionId, where);
    },
    async remove(sessionId) {
      const { deleteSession } = await import("../../store/trash/delete-session.ts");
      return deleteSession(sessionId, where);
    },
    async trash() {
      const { listTrash } = await import("../../store/trash/trash-contents.ts");
      return listTrash(where);
    },
    async restore(prefix) {
      const { resolveTrashEntry } = await import("../../store/resolve/by-prefix.ts");
      const { planRestoration, restoreSession } = await import("../../store/trash/restore-session.ts");
      const id = resolveTrashEntry(prefix, configDirs);
      const { summary } = planRestoration(id, where);
      return { ...(await restoreSession(id, where)), summary };
    },
  };
}
