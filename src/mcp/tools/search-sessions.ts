import * as z from "zod";
import type { SearchNote } from "../../catalog/query/query.ts";
import { clamped, flag, limit, text } from "../core/input.ts";
import { notedLine } from "../../view/sanitise.ts";
import { costOf } from "../reading/format.ts";
import { listAnswer, programmaticNotes, rowFacts, sessionRow } from "../sessions/session-line.ts";
import {
  everywhere,
  filterOf,
  isEmptyHere,
  outsideText,
  SAME_SCOPE_INPUT,
  type Scope,
  scopeOf,
  scopeText,
} from "../sessions/scope.ts";
import { fitHits } from "../search/fit-hits.ts";
import { hitLines, hitRow, type HitRow, hitSchema } from "../search/hit-row.ts";
import { percentOf } from "../search/percent.ts";
import { type Answer, defineTool, READS } from "../core/tool.ts";

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 50;
const DEFAULT_TOKENS = 4000;
const MIN_TOKENS = 400;
const MAX_TOKENS = 20_000;
/** Time to wait for the index, and again for reading transcripts, before the answer has what was found so far, ms. */
const WAIT_MS = 5000;

/** Prefixes of cursors of a search that was widened to all projects: nothing is here, or nothing here matches. */
const WIDENED = { sessions: "~", matches: "~~" } as const;

export const searchSessions = defineTool({
  name: "search_sessions",
  title: "Search sessions",
  description:
    'Searches all sessions of Claude Code: titles, prompts, answers, thinking, tool input and output. Each hit has its read_session call. All words must match: prefix* -not "a phrase" OR sub:part re:/regex/. Filters: in:said|thinking|input|output|title tool:Bash file:PATH branch: tag: model: after:7d before:2026-01-31.',
  annotations: READS,
  input: z.strictObject({
    query: z.string(),
    ...SAME_SCOPE_INPUT,
    includeAsking: flag("true: also this conversation's own session."),
    limit: limit(MAX_LIMIT, DEFAULT_LIMIT),
    cursor: text(),
    maxTokens: limit(MAX_TOKENS, DEFAULT_TOKENS, MIN_TOKENS),
  }),
  output: z.object({
    scope: z.string(),
    hits: z.array(hitSchema),
    total: z.number(),
    totalIs: z.string(),
    searched: z.number(),
    outside: z.number(),
    nextCursor: z.string().optional(),
    notes: z.array(z.string()),
  }),
  async run({ query, includeAsking, limit: givenLimit, maxTokens, cursor, ...given }, context) {
    const { value, notes: limitNotes } = clamped(givenLimit, "limit", { max: MAX_LIMIT });
    const { value: budget, notes: budgetNotes } = clamped(maxTokens, "maxTokens", { min: MIN_TOKENS, max: MAX_TOKENS });
    const includeProgrammatic = given.programmatic ?? context.options.includeProgrammatic;
    const facts = await rowFacts(context);
    const asked = await scopeOf(given, context);
    const place = await placeOf(asked, cursor, () => isEmptyHere(asked, facts.asking, includeProgrammatic, context));
    let { scope } = place;
    const progress = percentOf((percent) => context.progress(percent, undefined, "per cent of what must be read"));
    const read = (sessions: number) =>
      context.store.search({
        query,
        ...filterOf(scope),
        cursor: place.cursor,
        limit: sessions,
        asking: includeAsking === true ? undefined : facts.asking,
        programmatic: includeProgrammatic ? undefined : false,
        waitMs: WAIT_MS,
        progress,
        signal: context.signal,
      });
    let page = await read(value);
    // Whoever names no scope wants to find something: another call would only repeat this one.
    if (scope.name === "here" && given.scope == null && place.cursor === undefined && page.total === 0) {
      const narrow = scope;
      scope = everywhere(narrow, "matches");
      const wide = await read(value);
      if (wide.hits.length > 0) page = wide;
      else scope = narrow;
    }
    // Names of files are cached; the sizes and times that a list needs are not.
    const elsewhere = scope.name === "all" ? 0 : Math.max(0, (await context.store.ids()).size - page.of);
    const write = (rows: readonly HitRow[], ...more: readonly string[]): Answer => {
      const { total, totalIs, searched, of, nextCursor: next, skipped } = page;
      const nextCursor = next === undefined ? undefined : `${prefixOf(scope)}${next}`;
      const notes = [
        ...limitNotes,
        ...budgetNotes,
        ...more,
        ...page.notes.filter((one) => !isAboutQuery(one)).map(noteText),
        ...(page.engine === "scan" ? [NO_INDEX] : []),
        ...programmaticNotes(page.programmaticLeftOut, "left out, and would match too"),
      ];
      const foot =
        nextCursor === undefined ? [] : [`Next page: the same arguments with cursor: ${JSON.stringify(nextCursor)}`];
      const bound = totalIs === "exact" ? "" : totalIs === "at most" ? "At most " : "At least ";
      const matching =
        searched < of
          ? `${bound}${total} ${total === 1 ? "session matches" : "sessions match"}; ${searched} of ${of} were searched.`
          : `${bound}${total} of ${of} sessions match.`;
      const head = `Scope: ${scopeText(scope)}. ${matching}${outsideText(scope, elsewhere)}`;
      return listAnswer(
        {
          head,
          rows: rows.map(hitLines),
          notes,
          remarks: page.notes.filter(isAboutQuery).map(noteText),
          skipped,
          foot,
        },
        { scope: scopeText(scope), hits: rows, total, totalIs, searched, outside: elsewhere, nextCursor },
      );
    };
    const rowsOf = (): HitRow[] =>
      page.hits.map((hit) => hitRow(hit, sessionRow(hit.session, scope, facts), facts.shortIds));
    const room = (...more: readonly string[]): number => budget - costOfAnswer(write([], ...more));
    const fitting = fitHits(rowsOf(), room());
    if (fitting.length === page.hits.length) return write(fitting);
    for (let shown = fitting.length; ;) {
      const note = `The page ends after ${shown}, because its rows are long: maxTokens up to ${MAX_TOKENS} gives more.`;
      // The cursor of the page must continue after what is shown.
      page = await read(shown);
      const rows = fitHits(rowsOf(), room(note));
      if (rows.length === page.hits.length) return write(rows, note);
      shown = rows.length;
    }
  },
});

/** Returns the scope to search, and the cursor of the store. */
async function placeOf(
  asked: Scope,
  cursor: string | undefined,
  isEmpty: () => Promise<boolean>,
): Promise<{ readonly scope: Scope; readonly cursor: string | undefined }> {
  if (cursor === undefined) return { scope: (await isEmpty()) ? everywhere(asked) : asked, cursor };
  for (const without of ["matches", "sessions"] as const) {
    const prefix = WIDENED[without];
    if (!cursor.startsWith(prefix)) continue;
    return {
      scope: everywhere(asked, without === "matches" ? without : undefined),
      cursor: cursor.slice(prefix.length),
    };
  }
  return { scope: asked, cursor };
}

const prefixOf = ({ insteadOf, without }: Scope): string =>
  insteadOf === undefined ? "" : WIDENED[without ?? "sessions"];

const NO_INDEX =
  "There is no search index here, so the transcripts were read instead, which takes longer (claude-transcripts doctor says why).";

const isAboutQuery = ({ code }: SearchNote): boolean => code === "ignored" || code === "literal";

/** Returns a note as a sentence. */
function noteText({ code, text: said }: SearchNote): string {
  if (code === "asking") {
    return "This conversation's own session matches, and is left out (to include it: includeAsking: true).";
  }
  const line = notedLine(said);
  return `${line.slice(0, 1).toUpperCase()}${line.slice(1)}${line.endsWith(".") ? "" : "."}`;
}

/** Clients show models the text or the data: the longer one counts. */
const costOfAnswer = ({ text: said, structured }: Answer): number =>
  Math.max(costOf(said), costOf(JSON.stringify(structured)));
