/**
 * The library. A line here is public API. Names, arguments and results are those of the official Agent SDK's session
 * helpers, so that a program can swap the import; further options are ours.
 */
export { listSessions, type ListSessionsOptions } from "./store/list.ts";
export { listSessionPage, type ListSessionPageOptions, type SessionPage } from "./store/page.ts";
export { getSessionInfo } from "./store/info.ts";

export {
  type ConversationEntry,
  type ConversationReadOptions,
  getSessionMessages,
  type GetSessionMessagesOptions,
  readConversation,
  type SessionMessage,
  streamSessionMessages,
  type TranscriptMessage,
} from "./store/read.ts";
export { readEntries, type ReadEntriesOptions, type TranscriptEntry } from "./store/entries.ts";
export {
  describeSubagents,
  getSubagentMessages,
  type GetSubagentMessagesOptions,
  listSubagents,
  type ListSubagentsOptions,
  type Subagent,
} from "./store/subagents.ts";
export { readToolResult, type ReadToolResultOptions } from "./store/tool-results.ts";

export type { Unread } from "./store/unread.ts";

export { forkSession, type ForkSessionOptions, type ForkSessionResult } from "./store/fork.ts";
export { renameSession, tagSession } from "./store/annotate.ts";
export { archiveSession, unarchiveSession } from "./store/archive.ts";
export { deleteSession, type DeleteResult, type DeleteSessionOptions } from "./store/delete.ts";
export { restoreSession, type RestoreResult } from "./store/restore.ts";
export { emptyTrash, listTrash, type TrashEntry } from "./store/trash.ts";

export { resolveConfigDir } from "./store/config-dir.ts";
export { projectKey } from "./store/project-key.ts";
export {
  InvalidArgumentError,
  InvalidCursorError,
  InvalidSessionIdError,
  SessionBusyError,
  SessionInUseError,
  SessionNotFoundError,
  TranscriptError,
  type TranscriptErrorCode,
} from "./store/errors.ts";
export type {
  GetSessionInfoOptions,
  ListedSession,
  SessionInfo,
  SessionInfo as SDKSessionInfo,
  SessionMutationOptions,
  SessionOptions,
  Skipped,
  StoreOptions,
} from "./store/types.ts";
