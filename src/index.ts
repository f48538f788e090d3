/**
 * The public API of the library. Names, arguments and results are those of the official Agent SDK's session helpers, so
 * that a program can swap the import; further options are ours.
 */
export { listSessions, type ListSessionsOptions } from "./store/list/list-sessions.ts";
export { listSessionPage, type ListSessionPageOptions, type SessionPage } from "./store/list/list-session-page.ts";
export { getSessionInfo } from "./store/list/session-info.ts";

export {
  type ConversationEntry,
  type ConversationReadOptions,
  getSessionMessages,
  type GetSessionMessagesOptions,
  readConversation,
  type SessionMessage,
  streamSessionMessages,
  type TranscriptMessage,
} from "./store/read/session-messages.ts";
export { readEntries, type ReadEntriesOptions, type TranscriptEntry } from "./store/read/entries.ts";
export {
  describeSubagents,
  getSubagentMessages,
  type GetSubagentMessagesOptions,
  listSubagents,
  type ListSubagentsOptions,
  type Subagent,
} from "./store/read/subagents.ts";
export { readToolResult, type ReadToolResultOptions } from "./store/read/tool-results.ts";

export type { Unread } from "./store/read/unread.ts";

export { forkSession, type ForkSessionOptions, type ForkSessionResult } from "./store/fork/fork-session.ts";
export { renameSession, tagSession } from "./store/annotate/annotate.ts";
export {
  describeSession,
  editSessionTags,
  getSessionAnnotation,
  type TagEdit,
} from "./store/annotate/session-annotation.ts";
export type { Annotation as SessionAnnotation } from "./transcript/summary/annotation.ts";
export { saveSession } from "./store/save/save-session.ts";
export type { SaveSessionOptions, SaveSessionResult } from "./store/save/save-options.ts";
export type { LoadedMessage, SavedMessage } from "./transcript/saved/saved-row.ts";
export { archiveSession, unarchiveSession } from "./store/annotate/archive.ts";
export { deleteSession, type DeleteResult, type DeleteSessionOptions } from "./store/trash/delete-session.ts";
export { restoreSession, type RestoreResult } from "./store/trash/restore-session.ts";
export {
  moveProject,
  type LeftByMove,
  type MoveProjectOptions,
  type MoveProjectReport,
  type RefusedMove,
} from "./store/move/move-project.ts";
export type { MovedItem, SessionMove } from "./store/move/move-session.ts";
export type { PathSettings } from "./store/move/path-settings.ts";
export {
  repairSession,
  type RepairedFile,
  type RepairOptions,
  type RepairReport,
} from "./store/repair/repair-session.ts";
export type { LeftBytes, RepairChange, RepairKind } from "./transcript/repair/changes.ts";
export { emptyTrash, listTrash, type TrashEntry } from "./store/trash/trash-contents.ts";

export { takeSnapshot, type SnapshotOptions, type SnapshotReport } from "./store/snapshot/take-snapshot.ts";
export {
  restoreFromSnapshot,
  type RestoreSnapshotOptions,
  type SnapshotRestoration,
} from "./store/snapshot/restore-snapshot.ts";

export { importSessions } from "./bundle/import/library-import.ts";
export type { ImportOptions, ImportReport, RefusedImport } from "./bundle/import/import-sessions.ts";
export type { ImportedSession } from "./bundle/import/import-session.ts";
export type { PlacedFile } from "./bundle/import/place-session.ts";
export { exportSessions } from "./bundle/export/library-export.ts";
export type { ExportOptions, ExportReport } from "./bundle/export/export-sessions.ts";
export type { Masked } from "./bundle/export/plan-bundle.ts";
export type { NotTaken } from "./bundle/export/session-files.ts";
export type { Identity } from "./bundle/redact/identity.ts";
export type {
  BundledFile,
  BundledRepository,
  BundledSession,
  BundleManifest,
  LeftOutOfBundle,
} from "./bundle/manifest.ts";

export type { DirectoryOptions, IndexOptions } from "./catalog/refresh/index-options.ts";
export {
  calculateCost,
  cleanupSessions,
  loadSession,
  searchSessions,
  searchTranscripts,
  selectSessions,
  usageStats,
} from "./catalog/library.ts";
export type { LoadedSession, LoadSessionOptions, SessionMetadata } from "./catalog/facts/loaded-session.ts";
export type { CleanedSession, CleanupOptions, CleanupReport, KeptSession } from "./catalog/select/cleanup-sessions.ts";
export type { Selection, SelectionOptions, SessionFilter } from "./catalog/select/session-filter.ts";
export type {
  SessionSearch,
  SessionSearchOptions,
  SessionUsage,
  SessionWithUsage,
} from "./catalog/facts/session-facts.ts";
export type { SearchOptions, SearchPage } from "./catalog/search/search-transcripts.ts";
export type { SessionHit } from "./catalog/search/search-page.ts";
export type { MessageCopy, MessageHit } from "./catalog/search/session-hits.ts";
export type { MessageCost } from "./catalog/stats/message-cost.ts";
export { countTurns, extractModel, extractSessionId, getSummary } from "./catalog/stats/message-helpers.ts";
export type {
  Usage,
  UsageCounts,
  UsageGroup,
  UsageGrouping,
  UsageOptions,
  UsageTokens,
} from "./catalog/stats/usage-types.ts";

export { resolveConfigDir } from "./store/layout/config-dir.ts";
export { projectKey } from "./store/layout/project-key.ts";
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
