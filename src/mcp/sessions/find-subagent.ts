import type { Found } from "./find-session.ts";
import { notedLine } from "../../view/sanitise.ts";
import { echoed, quoted } from "../core/quote.ts";
import type { Context } from "../core/context.ts";
import { ToolFailure } from "../core/tool.ts";

/** Maximum number of subagents named if an id matches none or several. */
const MAX_NAMED = 10;

export class NoSuchSubagent extends ToolFailure {}

/**
 * Completes the id of a subagent of a session; undefined if none is given. Throws `NoSuchSubagent` with those that exist if
 * it fits none, or several.
 */
export async function findSubagent(
  given: string | undefined,
  { copy, shortId }: Pick<Found, "copy" | "shortId">,
  { store }: Context,
): Promise<string | undefined> {
  const prefix = given?.trim();
  if (!prefix) return undefined;
  let all: readonly string[] = [];
  // Older CLIs kept subagents in the session's own transcript: finding those reads all of it, so it comes second.
  for (const layouts of ["new", "all"] as const) {
    all = [...new Set(await store.subagentIds(copy.sessionId, layouts))];
    const fitting: readonly string[] = all.filter((id) => id.startsWith(prefix));
    const [only] = fitting;
    if (fitting.includes(prefix)) return prefix;
    if (fitting.length === 1) return only;
    if (fitting.length > 1) throw failure(`${fitting.length} subagent ids of ${shortId} start with`, prefix, fitting);
  }
  throw failure(`No subagent id of ${shortId} starts with`, prefix, all);
}

function failure(what: string, prefix: string, ids: readonly string[]): NoSuchSubagent {
  const text = `${what} ${echoed(prefix)}.`;
  if (ids.length === 0) return new NoSuchSubagent(`${text} It has none: leave agentId out.`);
  const more = ids.length > MAX_NAMED ? `, and ${ids.length - MAX_NAMED} more` : "";
  return new NoSuchSubagent(
    `${text} Give one of these${more}:\n${quoted(ids.slice(0, MAX_NAMED).map(notedLine).join("\n"))}`,
  );
}
