import { prompts } from "./prompts.ts";
import { resources } from "./resources.ts";
import type { Tables } from "./tables.ts";
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
const TOOLS: readonly Tool[] = [
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

export const TOOL_NAMES: readonly string[] = TOOLS.map(({ name }) => name);

/** What the program offers: all tools or those that are named, without the changing ones when nothing may change. */
export function shippedTables({
  readOnly,
  tools,
}: {
  readonly readOnly: boolean;
  readonly tools?: readonly string[] | undefined;
}): Tables {
  const offered = TOOLS.filter(
    ({ name, annotations }) => (tools?.includes(name) ?? true) && (annotations.readOnlyHint || !readOnly),
  );
  return { tools: offered, resources, prompts };
}
