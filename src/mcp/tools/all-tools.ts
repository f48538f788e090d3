import type { Tool } from "../core/tool.ts";
import { archiveSession } from "./archive-session.ts";
import { deleteSession } from "./delete-session.ts";
import { exportSession } from "./export-session.ts";
import { forkSession } from "./fork-session.ts";
import { getMessage } from "./get-message.ts";
import { listProjects } from "./list-projects.ts";
import { listSessions } from "./list-sessions.ts";
import { proposeCleanup } from "./propose-cleanup.ts";
import { readSession } from "./read-session.ts";
import { renameSession } from "./rename-session.ts";
import { restoreSession } from "./restore-session.ts";
import { searchSessions } from "./search-sessions.ts";
import { tagSession } from "./tag-session.ts";
import { usageStats } from "./usage-stats.ts";

/** Tools that are offered only with a directory for exports. */
export const EXPORT_TOOLS: readonly Tool[] = [exportSession];

/** Every other tool, in the order in which clients show them. */
export const TOOLS: readonly Tool[] = [
  listSessions,
  searchSessions,
  readSession,
  getMessage,
  listProjects,
  usageStats,
  proposeCleanup,
  forkSession,
  renameSession,
  tagSession,
  archiveSession,
  deleteSession,
  restoreSession,
];
