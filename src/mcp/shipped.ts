import type { Tables } from "./tables.ts";
import type { Tool } from "./tool.ts";
import { getMessage } from "./tools/get-message.ts";
import { listSessions } from "./tools/list-sessions.ts";
import { readSession } from "./tools/read-session.ts";

/** Every tool, in the order in which clients show them. */
const TOOLS: readonly Tool[] = [listSessions, readSession, getMessage];

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
  return {
    tools: offered,
    resources: { templates: [], list: async () => ({ resources: [] }), read: async () => undefined },
    prompts: [],
  };
}
