import type { Tool } from "./tool.ts";
import { archiveSession } from "./tools/archive-session.ts";
import { deleteSession } from "./tools/delete-session.ts";
import { forkSession } from "./tools/fork-session.ts";
import { getMessage } from "./tools/get-message.ts";
import { listProjects } from "./tools/list-projects.ts";
import { listSessions } from "./tools/list-sessions.ts";
import { readSession } from "./tools/read-session.ts";
import { renameSession } from "./tools/rename-session.ts";
import { restoreSession } from "./tools/restore-session.ts";
import { searchSessions } from "./tools/search-sessions.ts";
import { tagSession } from "./tools/tag-session.ts";

/** Every tool, in the order in which clients show them. */
export const TOOLS: readonly Tool[] = [
  listSessions,
  searchSessions,
  readSession,
  getMessage,
  listProjects,
  forkSession,
  renameSession,
  tagSession,
  archiveSession,
  deleteSession,
  restoreSession,
];
