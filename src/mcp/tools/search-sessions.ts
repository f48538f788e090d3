import * as z from "zod";
import { clamped, flag, limit } from "../input.ts";
import { QUOTED, rowFacts, rowLine, sessionRowSchema, sessionRow, skippedNotes } from "../session-row.ts";
import { quoted } from "../quote.ts";
import { filterOf, outside, SCOPE_INPUT, scopeOf, scopeText } from "../scope.ts";
import { better, type Hit, hitOf, searchWords, snippetOf, wordLine } from "../search.ts";
import { defineTool, READS, ToolFailure } from "../tool.ts";

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
    const scope = await scopeOf(given, context, service);
    const facts = await rowFacts(scope, context, service);
    const stream = await service.store.stream({
      ...filterOf(scope),
      archived: "include",
      progress: (looked, total) => context.progress(looked, total, "sessions looked at"),
      signal: context.signal,
    });
    const hits: Hit[] = [];
    let searched = 0;
    let leftOut = false;
    for (let session = await stream.next(); session !== undefined; session = await stream.next()) {
      searched++;
      const hit = hitOf(session, words);
      if (hit === undefined) continue;
      if (session.sessionId === facts.asking && includeAsking !== true) leftOut = true;
      else hits.push(hit);
    }
    hits.sort(better);
    const rows = hits.slice(0, value).map(({ session, words: found }) => {
      const snippet = snippetOf(session, found);
      const missing = words.filter((word) => !found.includes(word)).map(wordLine);
      return {
        ...sessionRow(session, facts),
        ...(snippet !== undefined && { snippet }),
        ...(missing.length > 0 && { missing }),
      };
    });
    const elsewhere = await outside(scope, stream.total, context, service);
    const notes = [
      ...(note === undefined ? [] : [note]),
      ...(more === 0 ? [] : [`Looked for the first ${words.length} words of the query; ${more} more were left out.`]),
      ...(hits.length > rows.length
        ? [`${hits.length - rows.length} further hits are not shown: more words, or limit up to ${MOST}.`]
        : []),
      ...(leftOut ? ["This conversation's own session fits, and is left out (includeAsking: true)."] : []),
      ...skippedNotes(stream.skipped()),
      "Searched: titles, first prompts (their first 200 characters), tags and branches, archived sessions included. Not searched: the text of the conversations.",
    ];
    const structured = {
      scope: scopeText(scope),
      hits: rows,
      total: hits.length,
      searched,
      outside: elsewhere,
      notes: [...notes, QUOTED],
    };
    const out = scope.name === "all" ? "" : ` ${elsewhere} more lie outside it (scope: "all").`;
    const lines = [
      `Scope: ${scopeText(scope)}. ${hits.length} of ${searched} sessions have ${words.map(wordLine).join(" or ")}.${out}`,
      ...(rows.length === 0 ? [] : [quoted(rows.map(hitLine).join("\n"))]),
      ...notes,
    ];
    return { text: lines.join("\n"), structured };
  },
});

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
