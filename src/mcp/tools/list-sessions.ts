import * as z from "zod";
import { clamped, flag, limit, text } from "../core/input.ts";
import { quoted } from "../core/quote.ts";
import { everywhere, filterOf, isEmptyHere, outside, SCOPE_INPUT, scopeOf, scopeText } from "../sessions/scope.ts";
import {
  programmaticNotes,
  QUOTED,
  rowFacts,
  rowLine,
  sessionRowSchema,
  sessionRow,
  skippedLines,
  skippedNotes,
} from "../sessions/session-line.ts";
import { readPeriod } from "../sessions/period.ts";
import { defineTool, READS } from "../core/tool.ts";

const DEFAULT = 20;
const MOST = 200;
/** UTF-16 units of the rows as JSON: hosts put answers above some 50,000 into a file. */
const ROWS_UNITS = 40_000;

/** A cursor begins so that belongs to a list of all projects in the place of one of here, where there was nothing. */
const WIDENED = "~";

/** The sessions of a directory or of all, by pages. */
export const listSessions = defineTool({
  name: "list_sessions",
  title: "List sessions",
  description:
    "Lists Claude Code sessions, the last active first. For finding one by time, place, branch or tag; by words use search_sessions. Next: read_session.",
  annotations: READS,
  input: z.strictObject({
    ...SCOPE_INPUT,
    title: text("Only with this text in the title."),
    tag: text("Only with this tag."),
    branch: text("Only last on this git branch."),
    since: text('Only active since: yesterday, monday, "last week", 12h, 3d, 2026-08-21, 2026-08-21T14:30.'),
    until: text("Only last active until; as since. A day, week or month is meant with its end."),
    archived: flag("true: only archived ones; false (default): none."),
    limit: limit(MOST, DEFAULT),
    cursor: text("nextCursor of the page before, with the same arguments."),
  }),
  output: z.object({
    scope: z.string(),
    sessions: z.array(sessionRowSchema()),
    total: z.number(),
    outside: z.number(),
    nextCursor: z.string().optional(),
    notes: z.array(z.string()),
  }),
  async run(given, context, service) {
    const { value, note } = clamped(given.limit, MOST, "limit");
    const asked = await scopeOf(given, context, service);
    const wasEmpty = given.cursor?.startsWith(WIDENED) === true;
    const period = readPeriod({ ...given, cursor: wasEmpty ? given.cursor?.slice(WIDENED.length) : given.cursor });
    const includeProgrammatic = given.programmatic ?? service.options.includeProgrammatic;
    const filters = {
      title: given.title,
      tag: given.tag,
      branch: given.branch,
      since: period.since,
      until: period.until,
      archived: given.archived === true ? ("only" as const) : ("exclude" as const),
      includeProgrammatic,
      cursor: period.cursor,
      progress: (looked: number, total: number) => context.progress(looked, total, "sessions looked at"),
      signal: context.signal,
    };
    const facts = await rowFacts(context, service);
    let scope = wasEmpty ? everywhere(asked) : asked;
    const read = (limit: number) => service.store.page({ ...filters, ...filterOf(scope), limit, shortCursor: true });
    let page = await read(value);
    if (given.cursor === undefined && page.sessions.every(({ sessionId }) => sessionId === facts.asking)) {
      if (await isEmptyHere(asked, { asking: facts.asking, includeProgrammatic }, context, service)) {
        scope = everywhere(asked);
        page = await read(value);
      }
    }
    let sessions = page.sessions.map((session) => sessionRow(session, scope, facts));
    const fitting = rowsThatFit(sessions);
    if (fitting < sessions.length) {
      page = await read(fitting);
      sessions = page.sessions.map((session) => sessionRow(session, scope, facts));
    }
    const elsewhere = await outside(scope, page.total, context, service);
    const widened = scope.insteadOf === undefined ? "" : WIDENED;
    const nextCursor = page.nextCursor === undefined ? undefined : `${widened}${period.mark(page.nextCursor)}`;
    const notes = [
      ...(note === undefined ? [] : [note]),
      ...(fitting < value && nextCursor !== undefined && sessions.length === fitting
        ? [`The page ends after ${fitting}, since its rows are long.`]
        : []),
      ...programmaticNotes(page.programmaticLeftOut, "not listed here"),
      `total and outside count the transcripts that are stored, whatever the filters${given.archived === true ? "" : "; archived sessions are not listed (archived: true)"}.`,
    ];
    const structured = {
      scope: scopeText(scope),
      sessions,
      total: page.total,
      outside: elsewhere,
      ...(nextCursor !== undefined && { nextCursor }),
      notes: [...notes, ...skippedNotes(page.skipped), QUOTED],
    };
    const shown = `${sessions.length} session${sessions.length === 1 ? "" : "s"}${given.cursor === undefined ? "" : " on this page"}`;
    const out = scope.name === "all" ? "" : ` ${elsewhere} more lie outside it (scope: "all").`;
    const lines = [
      `Scope: ${scopeText(scope)}. ${shown}${nextCursor === undefined ? "" : ", more follow"}; ${page.total} stored in this scope.${out}`,
      ...(sessions.length === 0 ? [] : [quoted(sessions.map((row) => rowLine(row)).join("\n"))]),
      ...notes,
      ...skippedLines(page.skipped),
      ...(nextCursor === undefined ? [] : [`Next page: the same arguments with cursor: ${JSON.stringify(nextCursor)}`]),
    ];
    return { text: lines.join("\n"), structured };
  },
});

/** How many rows stay within the bound; one at least. */
function rowsThatFit(rows: readonly object[]): number {
  let units = 0;
  const over = rows.findIndex((row) => (units += JSON.stringify(row).length + 1) > ROWS_UNITS);
  return over < 0 ? rows.length : Math.max(1, over);
}
