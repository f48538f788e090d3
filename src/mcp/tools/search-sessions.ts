import * as z from "zod";
import type { SessionStream } from "../../store/list/stream-sessions.ts";
import { clamped, flag, limit } from "../core/input.ts";
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
import { quoted } from "../core/quote.ts";
import { everywhere, filterOf, outside, SCOPE_INPUT, type Scope, scopeOf, scopeText } from "../sessions/scope.ts";
import { better, type Hit, hitOf, searchWords, snippetOf, wordLine } from "../sessions/rank-sessions.ts";
import { defineTool, READS, ToolFailure } from "../core/tool.ts";

const DEFAULT = 10;
const MOST = 50;

/** Sessions by the words of their titles and first prompts. */
export const searchSessions = defineTool({
  name: "search_sessions",
  title: "Search sessions",
  description:
    "Finds Claude Code sessions by words in titles, first prompts, tags and branches, best first; what was said later is not searched. By time or place: list_sessions. Next: read_session.",
  annotations: READS,
  input: z.strictObject({
    query: z.string().describe("Words; sessions with more of them come first."),
    ...SCOPE_INPUT,
    includeAsking: flag("true: also this conversation's own session."),
    limit: limit(MOST, DEFAULT),
  }),
  output: z.object({
    scope: z.string(),
    hits: z.array(
      sessionRowSchema().extend({ snippet: z.string().optional(), missing: z.array(z.string()).optional() }),
    ),
    total: z.number(),
    searched: z.number(),
    outside: z.number(),
    notes: z.array(z.string()),
  }),
  async run({ query, includeAsking, limit: asked, ...given }, context, service) {
    const { words, more } = searchWords(query);
    if (words.length === 0) {
      throw new ToolFailure("query has no word in it. Give words to look for; list_sessions lists without words.");
    }
    const { value, note } = clamped(asked, MOST, "limit");
    const facts = await rowFacts(context, service);
    const find = async (scope: Scope): Promise<Search> => {
      const stream = await service.store.stream({
        ...filterOf(scope),
        includeProgrammatic: given.programmatic ?? service.options.includeProgrammatic,
        archived: "include",
        progress: (looked, total) => context.progress(looked, total, "sessions looked at"),
        signal: context.signal,
      });
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
          // Only the best are shown: a large store has more of them than should be held.
          if (search.hits.length >= 2 * MOST) search.hits.sort(better).splice(value);
        }
      }
      return search;
    };
    let search = await find(await scopeOf(given, context, service));
    if (search.scope.name === "here" && search.others === 0) search = await find(everywhere(search.scope));
    const { scope, stream, searched, leftOut } = search;
    const hits = search.hits.sort(better);
    const rows = hits.slice(0, value).map(({ session, words: found }) => {
      const snippet = snippetOf(session, found);
      const missing = words.filter((word) => !found.includes(word)).map(wordLine);
      return {
        ...sessionRow(session, scope, facts),
        ...(snippet !== undefined && { snippet }),
        ...(missing.length > 0 && { missing }),
      };
    });
    const elsewhere = await outside(scope, stream.total, context, service);
    const notes = [
      ...(note === undefined ? [] : [note]),
      ...(more === 0 ? [] : [`Looked for the first ${words.length} words of the query; ${more} more were left out.`]),
      ...(search.found > rows.length
        ? [`${search.found - rows.length} further hits are not shown: more words, or limit up to ${MOST}.`]
        : []),
      ...(leftOut ? ["This conversation's own session fits, and is left out (includeAsking: true)."] : []),
      ...programmaticNotes(stream.programmaticLeftOut(), "not searched"),
      "Searched: titles, first prompts (their first 200 characters), tags and branches, archived sessions included. Not searched: the text of the conversations.",
    ];
    const structured = {
      scope: scopeText(scope),
      hits: rows,
      total: search.found,
      searched,
      outside: elsewhere,
      notes: [...notes, ...skippedNotes(stream.skipped()), QUOTED],
    };
    const out = scope.name === "all" ? "" : ` ${elsewhere} more lie outside it (scope: "all").`;
    const lines = [
      `Scope: ${scopeText(scope)}. ${search.found} of ${searched} sessions have ${words.map(wordLine).join(" or ")}.${out}`,
      ...(rows.length === 0 ? [] : [quoted(rows.map(hitLine).join("\n"))]),
      ...notes,
      ...skippedLines(stream.skipped()),
    ];
    return { text: lines.join("\n"), structured };
  },
});

/** What was found in a scope. */
interface Search {
  readonly scope: Scope;
  readonly stream: SessionStream;
  /** The best of those that were found, and some more. */
  readonly hits: Hit[];
  readonly found: number;
  readonly searched: number;
  /** Of those, how many are not the session that asks. */
  readonly others: number;
  /** Whether the session that asks fits, and is none of the hits. */
  readonly leftOut: boolean;
}

function hitLine({
  snippet,
  missing,
  ...row
}: ReturnType<typeof sessionRow> & {
  readonly snippet?: string;
  readonly missing?: readonly string[];
}): string {
  const without = missing === undefined ? [] : [`without: ${missing.join(", ")}`];
  return `${rowLine(row, without)}${snippet === undefined ? "" : ` · first prompt: ${snippet}`}`;
}
