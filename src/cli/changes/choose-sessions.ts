import { isFilter } from "../../catalog/select/checked-filter.ts";
import { selectSessions } from "../../catalog/select/select-sessions.ts";
import { reasonsToLeave } from "../../catalog/select/selected-copy.ts";
import type { SessionFilter } from "../../catalog/select/session-filter.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import type { ListedSession, Skipped } from "../../store/types.ts";
import { amount } from "../../view/size.ts";
import { named } from "./batch.ts";
import { canAsk, confirm } from "./confirm.ts";
import { type Invocation, UsageError } from "../terminal/command.ts";
import { startProgress } from "../terminal/progress.ts";
import { chosenLines } from "./chosen-table.ts";
import { readFilter } from "../filter/read-filter.ts";

interface Choice {
  /** What to ask about `3 sessions, 2 MB`. */
  readonly question: (what: string) => string;
  /** Ids that the command line names. */
  readonly given: readonly string[];
  /** What is missing if nothing is given and no filter either. */
  readonly missing?: string | undefined;
  /** A condition of the command itself. */
  readonly also?: Pick<SessionFilter, "archived">;
}

/** What a command is for. */
interface Chosen {
  readonly given: readonly string[];
  /** By id, as a filter selected them; empty if ids were given. */
  readonly selected: ReadonlyMap<string, ListedSession>;
  /** What a filter left out, for the JSON of the command; undefined if ids were given. */
  readonly more?: { readonly notes: readonly string[]; readonly skipped: readonly Skipped[] };
}

/**
 * Returns the ids that a command is for: those that were given, or those that a filter selects, after asking. Undefined if
 * there is nothing to do. Throws `UsageError`.
 */
export async function chooseSessions(
  { configDirs, terminal, values, json }: Invocation,
  { question, given, missing = "the id of a session, or a filter such as --before 90d,", also = {} }: Choice,
): Promise<Chosen | undefined> {
  const filter = readFilter(values);
  const filters = isFilter(filter);
  if (filters && given.length > 0) throw new UsageError("give either ids or a filter, not both");
  if (!filters && given.length === 0) throw new UsageError(`${missing} is missing`);
  if (!filters) return { given, selected: new Map() };
  const asks = values["dry-run"] !== true && values["yes"] !== true;
  if (asks && !canAsk())
    throw new UsageError("there is no terminal to ask on: add --yes, or --dry-run to see what would change");
  const progress = startProgress("Looking for sessions");
  const selection = await selectSessions({ ...filter, ...also, configDirs, progress: progress.report }).finally(() =>
    progress.stop(),
  );
  const { skipped } = selection;
  const notes = [...selection.notes];
  const idOf = shortIds(configDirs);
  const reasonToLeave = reasonsToLeave({ configDirs, dir: filter.dir });
  const sessions = selection.sessions.filter((session) => {
    const reason = reasonToLeave(session);
    if (reason !== undefined) notes.push(`left out ${named(idOf(session.sessionId), session.title)}: ${reason}`);
    return reason === undefined;
  });
  for (const { path, reason } of skipped) terminal.warn(`skipped ${path}: ${reason}`);
  for (const note of notes) terminal.warn(note);
  if (sessions.length === 0 && !json) await terminal.write("no session matches\n");
  if (asks && sessions.length > 0) {
    const rows = sessions.map((session) => ({ session, bytes: session.fileSize ?? 0 }));
    for (const line of chosenLines(rows, { terminal, idOf })) terminal.warn(line);
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    if (!(await confirm(question(amount(sessions.length, bytes).replace("item", "session"))))) {
      terminal.warn("Nothing was changed.");
      return undefined;
    }
  }
  const selected = new Map(sessions.map((session) => [session.sessionId, session]));
  return { given: [...selected.keys()], selected, more: { notes, skipped } };
}
