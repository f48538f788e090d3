/** Members that a fork drops: they describe the source's process, team or uuids (official-helpers.md §6.4). */
export const REMOVED = [
  "teamName",
  "agentName",
  "sessionKind",
  "slug",
  "sourceToolAssistantUUID",
  "summarizedTurnPromptUuids",
  "droppedPromptUuids",
  "sentAsUuid",
  "rowsAheadOfPutBack",
  "turnAttributionKey",
] as const;

/** Members that are replaced in some rows only. */
export const OCCASIONAL = [
  "cwd",
  "fold",
  "timestamp",
  "attachment",
  "compactMetadata",
  "logicalParentUuid",
  "neutralizedByFork",
] as const;

/** Members that are appended if a row lacks them, in this order. */
export const ADDED = [
  "neutralizedByFork",
  "parentUuid",
  "logicalParentUuid",
  "sessionId",
  "timestamp",
  "isSidechain",
  "requestSessionId",
  "forkedFrom",
] as const;

/** Every key that a fork reads, replaces, removes or adds at the top level of a row. */
export const FORK_KEYS = [...new Set([...REMOVED, ...OCCASIONAL, ...ADDED, "uuid", "subtype"] as const)];

export type ForkKey = (typeof FORK_KEYS)[number];
