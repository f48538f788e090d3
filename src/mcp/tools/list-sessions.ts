import * as z from "zod";
import { clamped, flag, limit, text } from "../core/input.ts";
import {
  everywhere,
  filterOf,
  isEmptyHere,
  outside,
  outsideText,
  SCOPE_INPUT,
  scopeOf,
  scopeText,
} from "../sessions/scope.ts";
import {
  listAnswer,
  programmaticNotes,
  rowFacts,
  rowLine,
  sessionRowSchema,
  sessionRow,
} from "../sessions/session-line.ts";
import { readPeriod } from "../sessions/period.ts";
import { defineTool, READS } from "../core/tool.ts";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 200;
/** Maximum UTF-16 units of the rows as JSON: hosts put answers above some 50,000 into a file. */
const ROWS_UNITS = 40_000;

/** Prefix of cursors of a list that was widened to all projects because there was nothing here. */
const WIDENED = "~";

export const listSessions = defineTool({
  name: "list_sessions",
  title: "List sessions",
  description:
    "Lists Claude Code sessions, most recently active first. Finds them by time, directory, branch or tag; by words: search_sessions. Next: read_session.",
  annotations: READS,
  input: z.strictObject({
    ...SCOPE_INPUT,
    title: text("Only with this text in the title."),
    tag: text(),
    branch: text("Only sessions last on this git branch."),
    since: text('Only active since: monday, "last week", 3d, 2026-08-21, 2026-08-21T14:30.'),
    until: text("Only last active by then; same forms as since. A day, week or month counts to its end."),
    archived: flag("true: only archived ones; false (default): none."),
    limit: limit(MAX_LIMIT, DEFAULT_LIMIT),
    cursor: text("nextCursor of the previous page, same arguments."),
  }),
  output: z.object({
    scope: z.string(),
    sessions: z.array(sessionRowSchema),
    total: z.number(),
    outside: z.number(),
    nextCursor: z.string().optional(),
    notes: z.array(z.string()),
  }),
  async run(given, context) {
    const { value, notes: clampedNotes } = clamped(given.limit, "limit", { max: MAX_LIMIT });
    const asked = await scopeOf(given, context);
    const wasWidened = given.cursor?.startsWith(WIDENED) === true;
    const period = readPeriod({ ...given, cursor: wasWidened ? given.cursor?.slice(WIDENED.length) : given.cursor });
    const includeProgrammatic = given.programmatic ?? context.options.includeProgrammatic;
    const filters = {
      title: given.title,
      tag: given.tag,
      branch: given.branch,
      since: period.since,
      until: period.until,
      cursor: period.cursor,
      archived: given.archived === true ? ("only" as const) : ("exclude" as const),
      includeProgrammatic,
      progress: (looked: number, total: number) => context.progress(looked, total, "sessions examined"),
      signal: context.signal,
    };
    const facts = await rowFacts(context);
    let scope = wasWidened ? everywhere(asked) : asked;
    const read = (limit: number) => context.store.page({ ...filters, ...filterOf(scope), limit, shortCursor: true });
    let page = await read(value);
    if (given.cursor === undefined && page.sessions.every(({ sessionId }) => sessionId === facts.asking)) {
      if (await isEmptyHere(asked, facts.asking, includeProgrammatic, context)) {
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
    const elsewhere = await outside(scope, page.total, context);
    const widened = scope.insteadOf === undefined ? "" : WIDENED;
    const nextCursor = page.nextCursor === undefined ? undefined : `${widened}${period.withTimes(page.nextCursor)}`;
    const notes = [
      ...clampedNotes,
      ...(fitting < value && nextCursor !== undefined && sessions.length === fitting
        ? [`The page ends after ${fitting}, because its rows are long.`]
        : []),
      ...programmaticNotes(page.programmaticLeftOut, "not listed here"),
      `total and outside count all stored transcripts, whatever the filters${given.archived === true ? "" : "; archived sessions are not listed (to list them: archived: true)"}.`,
    ];
    const { skipped, total } = page;
    const shown = `${sessions.length} session${sessions.length === 1 ? "" : "s"}${given.cursor === undefined ? "" : " on this page"}`;
    const head = `Scope: ${scopeText(scope)}. ${shown}${nextCursor === undefined ? "" : ", more follow"}; ${total} stored in this scope.${outsideText(scope, elsewhere)}`;
    const rows = sessions.map((row) => rowLine(row));
    const foot =
      nextCursor === undefined ? [] : [`Next page: the same arguments with cursor: ${JSON.stringify(nextCursor)}`];
    return listAnswer(
      { head, rows, notes, skipped, foot },
      {
        scope: scopeText(scope),
        sessions,
        total,
        outside: elsewhere,
        ...(nextCursor !== undefined && { nextCursor }),
      },
    );
  },
});

/** Returns how many rows fit on a page, at least one. */
function rowsThatFit(rows: readonly object[]): number {
  let units = 0;
  const over = rows.findIndex((row) => (units += JSON.stringify(row).length + 1) > ROWS_UNITS);
  return over < 0 ? rows.length : Math.max(1, over);
}
