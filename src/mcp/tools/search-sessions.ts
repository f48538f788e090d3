import * as z from "zod";
import { clamped, flag, limit } from "../core/input.ts";
import {
  listAnswer,
  programmaticNotes,
  rowFacts,
  rowLine,
  sessionRowSchema,
  sessionRow,
} from "../sessions/session-line.ts";
import {
  everywhere,
  filterOf,
  outside,
  outsideText,
  SCOPE_INPUT,
  type Scope,
  scopeOf,
  scopeText,
} from "../sessions/scope.ts";
import { compareHits, type Hit, hitOf, searchWords, snippetOf, wordLine } from "../sessions/rank-sessions.ts";
import { defineTool, READS, ToolFailure } from "../core/tool.ts";

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 50;

const hitSchema = sessionRowSchema.extend({
  snippet: z.string().optional(),
  /** Words that were not found. */
  missing: z.array(z.string()).optional(),
});

export const searchSessions = defineTool({
  name: "search_sessions",
  title: "Search sessions",
  description:
    "Finds Claude Code sessions by words in titles, first prompts, tags and branches, best first; later messages are not searched. By time or place: list_sessions. Next: read_session.",
  annotations: READS,
  input: z.strictObject({
    query: z.string().describe("Words; sessions with more of them come first."),
    ...SCOPE_INPUT,
    includeAsking: flag("true: also this conversation's own session."),
    limit: limit(MAX_LIMIT, DEFAULT_LIMIT),
  }),
  output: z.object({
    scope: z.string(),
    hits: z.array(hitSchema),
    total: z.number(),
    searched: z.number(),
    outside: z.number(),
    notes: z.array(z.string()),
  }),
  async run({ query, includeAsking, limit: givenLimit, ...given }, context) {
    const { words, more } = searchWords(query);
    if (words.length === 0) {
      throw new ToolFailure("query has no words. Give words to search for; list_sessions lists without words.");
    }
    const { value, notes: clampedNotes } = clamped(givenLimit, "limit", { max: MAX_LIMIT });
    const facts = await rowFacts(context);
    const find = async (scope: Scope) => {
      const stream = await context.store.stream({
        ...filterOf(scope),
        includeProgrammatic: given.programmatic ?? context.options.includeProgrammatic,
        archived: "include",
        progress: (looked, total) => context.progress(looked, total, "sessions examined"),
        signal: context.signal,
      });
      // `others` are the sessions searched except the asking one; `leftOut` says that it matches.
      const search = { scope, stream, hits: new Array<Hit>(), found: 0, searched: 0, others: 0, leftOut: false };
      for (let session = await stream.next(); session !== undefined; session = await stream.next()) {
        const isAsking = session.sessionId === facts.asking;
        search.searched++;
        if (!isAsking) search.others++;
        const hit = hitOf(session, words);
        if (hit === undefined) continue;
        if (isAsking && includeAsking !== true) search.leftOut = true;
        else {
          search.found++;
          search.hits.push(hit);
          // Bounds memory: a large store can have many more hits than are shown.
          if (search.hits.length >= 2 * MAX_LIMIT) search.hits.sort(compareHits).splice(value);
        }
      }
      return search;
    };
    let search = await find(await scopeOf(given, context));
    if (search.scope.name === "here" && search.others === 0) search = await find(everywhere(search.scope));
    const { scope, stream, searched, leftOut } = search;
    const hits = search.hits.sort(compareHits);
    const rows = hits.slice(0, value).map(({ session, words: found }) => {
      const missing = words.filter((word) => !found.includes(word)).map(wordLine);
      return {
        ...sessionRow(session, scope, facts),
        snippet: snippetOf(session, found),
        missing: missing.length > 0 ? missing : undefined,
      };
    });
    const elsewhere = await outside(scope, stream.total, context);
    const notes = [
      ...clampedNotes,
      ...(more === 0 ? [] : [`Searched for the first ${words.length} words of the query; ${more} more were left out.`]),
      ...(search.found > rows.length
        ? [`${search.found - rows.length} more hits are not shown: give more words, or a limit up to ${MAX_LIMIT}.`]
        : []),
      ...(leftOut
        ? ["This conversation's own session matches, and is left out (to include it: includeAsking: true)."]
        : []),
      ...programmaticNotes(stream.programmaticLeftOut(), "not searched"),
      "Searched: titles, first prompts (their first 200 characters), tags and branches, archived sessions included. Not searched: the text of the conversations.",
    ];
    const head = `Scope: ${scopeText(scope)}. ${search.found} of ${searched} sessions have ${words.map(wordLine).join(" or ")}.${outsideText(scope, elsewhere)}`;
    return listAnswer(
      { head, rows: rows.map(hitLine), notes, skipped: stream.skipped() },
      { scope: scopeText(scope), hits: rows, total: search.found, searched, outside: elsewhere },
    );
  },
});

function hitLine({ snippet, missing, ...row }: z.output<typeof hitSchema>): string {
  const without = missing === undefined ? [] : [`without: ${missing.join(", ")}`];
  return `${rowLine(row, without)}${snippet === undefined ? "" : ` · first prompt: ${snippet}`}`;
}
