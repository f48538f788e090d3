import type { Found } from "./find-session.ts";
import { notedLine } from "../../view/sanitise.ts";
import { echoed, quoted } from "../core/quote.ts";
import type { Service } from "../core/service.ts";
import { ToolFailure } from "../core/tool.ts";

/** So many subagents are named where an id leads to none, or to several. */
const NAMED = 10;

export class NoSuchSubagent extends ToolFailure {}

/**
 * The whole id of the subagent of a session whose id begins so; undefined where none was asked for. Throws `NoSuchSubagent`
 * with those that there are where there is none, or no single one.
 */
export async function findSubagent(
  given: string | undefined,
  { copy, shortId }: Pick<Found, "copy" | "shortId">,
  { store }: Pick<Service, "store">,
): Promise<string | undefined> {
  const prefix = given?.trim();
  if (!prefix) return undefined;
  let all: readonly string[] = [];
  // Those of older CLIs stand among the rows of the session: to find them it is read from end to end.
  for (const layouts of ["new", "all"] as const) {
    all = [...new Set(await store.subagentIds(copy.sessionId, layouts))];
    const fitting: readonly string[] = all.filter((id) => id.startsWith(prefix));
    const [only] = fitting;
    if (fitting.includes(prefix)) return prefix;
    if (fitting.length === 1) return only;
    if (fitting.length > 1) throw failure(`${fitting.length} subagents of ${shortId} start with`, prefix, fitting);
  }
  throw failure(`No subagent of ${shortId} starts with`, prefix, all);
}

function failure(what: string, prefix: string, ids: readonly string[]): NoSuchSubagent {
  const text = `${what} ${echoed(prefix)}.`;
  if (ids.length === 0) return new NoSuchSubagent(`${text} It has none: leave agentId out.`);
  const more = ids.length > NAMED ? `, and ${ids.length - NAMED} more` : "";
  return new NoSuchSubagent(`${text} These would do${more}:\n${quoted(ids.slice(0, NAMED).map(notedLine).join("\n"))}`);
}
