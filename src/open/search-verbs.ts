import { parseQuery } from "../catalog/query/parse-query.ts";
import { findRow, type RowInFile } from "../catalog/scan/find-row.ts";
import { type SearchOptions, type SearchPage, searchTranscripts } from "../catalog/search/search-transcripts.ts";
import { InvalidArgumentError } from "../store/errors.ts";
import { splitPoint } from "../transcript/text/surrogates.ts";

/** Verbs that search what was said and done. */
export interface SearchVerbs {
  /** Throws `InvalidArgumentError` if the query has nothing to look for, `InvalidCursorError`, and `signal.reason`. */
  search(options: Omit<SearchOptions, "configDirs">): Promise<FoundPage>;
  /** Returns a row with its texts by its uuid, also one that the conversation does not show. Throws file-system errors. */
  row(path: string, uuid: string, signal: AbortSignal): Promise<RowInFile | undefined>;
}

export interface FoundPage extends SearchPage {
  /** Number of sessions that match, and are left out because programs started them; counted on the first page. */
  readonly programmaticLeftOut: number;
}

export function searchVerbs(configDirs: readonly string[] | undefined): SearchVerbs {
  return {
    row: findRow,
    async search(options) {
      const { clauses, notes } = parseQuery(options.query, 0);
      if (clauses.length === 0) {
        throw new InvalidArgumentError("query", `query: ${notes.map(({ text }) => cut(text)).join("; ")}`);
      }
      const decides = clauses.flat().some(({ term }) => term.kind === "programmatic");
      const { programmatic, ...others } = { ...options, ...(decides && { programmatic: undefined }) };
      const page = await searchTranscripts({ ...others, configDirs, programmatic });
      const isFirst = options.cursor === undefined;
      const { total: programmaticLeftOut } =
        programmatic === false && isFirst
          ? await searchTranscripts({ ...others, configDirs, programmatic: true, limit: 1, perSession: 1 })
          : { total: 0 };
      // A scan that ran out of time has not seen all sessions.
      const isPartial = page.searched < page.of;
      const shown = page.notes.map(({ code, text }) => ({ code, text: cut(text) }));
      return { ...page, notes: shown, ...(isPartial && { totalIs: "at least" }), programmaticLeftOut };
    },
  };
}

/** Maximum length of a note, UTF-16 units: some quote the query, which may be of any length. */
const NOTE_UNITS = 300;

const cut = (text: string): string =>
  text.length <= NOTE_UNITS ? text : `${text.slice(0, splitPoint(text, NOTE_UNITS))}…`;
