import { resolve } from "node:path";
import { SEARCH_LIMITS, type SearchPage, searchTranscripts } from "../../catalog/search/search-transcripts.ts";
import { parseQuery } from "../../catalog/query/parse-query.ts";
import { asString } from "../../transcript/rows/json-values.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { type Invocation, mustBe, UsageError } from "../terminal/command.ts";
import { flag } from "../terminal/environment.ts";
import { startProgress } from "../terminal/progress.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { hitLines, ID_UNITS, openWords } from "./hit-lines.ts";

/** Time that a person at a terminal waits for an index that is not complete, ms. */
const PATIENCE_MS = 2000;
const NOTHING_FOUND = 1;

/** Runs `search`. Returns the exit code: 1 if nothing is found. */
export async function runSearch({ configDirs, json, values, positionals, terminal }: Invocation): Promise<number> {
  const query = positionals.join(" ");
  if (query.trim() === "") throw new UsageError("a query is required. For example: claude-transcripts search walrus");
  const { clauses, notes } = parseQuery(query, Date.now());
  if (clauses.length === 0) throw new UsageError(notes.map(({ text }) => text).join("; "));
  const cwd = asString(values["cwd"]);
  const progress = startProgress("Searching");
  let page: SearchPage;
  try {
    page = await searchTranscripts({
      configDirs,
      query,
      dir: cwd === undefined ? undefined : resolve(cwd),
      limit: numberOf("limit", values, SEARCH_LIMITS.limit),
      perSession: numberOf("matches", values, SEARCH_LIMITS.perSession),
      context: numberOf("context", values, SEARCH_LIMITS.context),
      cursor: asString(values["cursor"]),
      index: !flag("no-index", values),
      progress: progress.report,
      waitMs: terminal.isTty && values["wait"] !== true ? PATIENCE_MS : undefined,
    });
  } finally {
    progress.stop();
  }
  if (json)
    await terminal.write(`${terminalJson({ ...page, hits: page.hits.map((hit) => withOpen(hit, configDirs)) })}\n`);
  else {
    const shortId = shortIds(configDirs);
    for (const hit of page.hits)
      await terminal.write(`${hitLines(hit, { terminal, shortId, now: Date.now() }).join("\n")}\n`);
    for (const line of summaryOf(page, terminal.isTty)) terminal.warn(line);
    const opened = openingCommand(page.hits, shortId, configDirs);
    if (opened !== undefined) terminal.warn(`To read around a match, use its id: ${opened}`);
  }
  for (const { path, reason } of page.skipped) terminal.warn(`skipped ${path}: ${reason}`);
  return page.hits.length > 0 ? 0 : NOTHING_FOUND;
}

/** Adds to each match the arguments of the command that opens it. */
const withOpen = (hit: SearchPage["hits"][number], configDirs: Invocation["configDirs"]): object => ({
  ...hit,
  matches: hit.matches.map((match) => ({ ...match, open: openWords(match, hit.session.sessionId, configDirs) })),
});

function numberOf(
  name: string,
  values: Invocation["values"],
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const text = asString(values[name]);
  if (text === undefined) return undefined;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw mustBe(`--${name}`, `an integer from ${min} to ${max}`, text);
}

/** Returns the command that opens the first match with an id, as an example for the others. */
function openingCommand(
  hits: SearchPage["hits"],
  shortId: (sessionId: string) => string,
  configDirs: Invocation["configDirs"],
): string | undefined {
  for (const { session, matches } of hits) {
    const match = matches.find(
      ({ uuid, column, storedIn }) => uuid !== undefined && column !== "title" && storedIn === undefined,
    );
    if (match === undefined) continue;
    const short = { ...match, uuid: match.uuid?.slice(0, ID_UNITS) };
    return `claude-transcripts ${openWords(short, shortId(session.sessionId), configDirs)}`;
  }
  return undefined;
}

/** Says what was found and what was not searched. A reader of a pipe gets only what it cannot know. */
function summaryOf({ hits, total, totalIs, nextCursor, searched, of, notes }: SearchPage, isTty: boolean): string[] {
  const others = notes.filter(({ code }) => code !== "pending");
  const lines = others.map(
    ({ text }) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`,
  );
  if (others.length < notes.length)
    lines.push(`Searched ${searched} of ${of} sessions; the rest is being read. To wait for it, use --wait.`);
  const sessions = `${totalIs === "exact" ? "" : `${totalIs} `}${total} ${total === 1 ? "session matches" : "sessions match"}`;
  if (of === 0) lines.push("There are no sessions to search.");
  else if (hits.length === 0) lines.push(`Nothing found in ${searched} ${searched === 1 ? "session" : "sessions"}.`);
  else if (nextCursor !== undefined) lines.push(`Showing ${hits.length}; ${sessions}. To see more, use --limit N.`);
  else if (isTty) lines.push(`${sessions.slice(0, 1).toUpperCase()}${sessions.slice(1)}.`);
  return lines;
}
