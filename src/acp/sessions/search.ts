import type { ListSessionsResponse, SessionInfo } from "@agentclientprotocol/sdk/unstable";
import type { MessageHit } from "../../catalog/search/session-hits.ts";
import type { FoundPage } from "../../open/search-verbs.ts";
import type { Store } from "../../open/open-store.ts";
import type { ListQuery } from "../../store/list/filters.ts";
import { printable } from "../../view/sanitise.ts";
import { META } from "../rim/from-acp.ts";
import { shortId } from "../rim/size-limit.ts";
import { toSessionRow } from "./session-to-acp.ts";

/** Time to wait for the index, and again for reading transcripts, before the answer has what was found so far, ms. */
const WAIT_MS = 5000;
const DEFAULT_LIMIT = 10;
/** Maximum number of messages of each session. */
const MATCHES = 3;

interface Filters extends Pick<ListQuery, "dir" | "includeWorktrees" | "includeProgrammatic" | "signal"> {
  readonly limit?: number | undefined;
  readonly cursor: string | undefined;
}

/** Answer to a search. */
interface SearchResponse extends Facts {
  /** The best first. */
  readonly hits: readonly (SessionInfo & { readonly matches: readonly Match[]; readonly more: number })[];
  readonly nextCursor?: string;
}

interface Facts extends Pick<FoundPage, "total" | "totalIs" | "searched" | "of" | "notes" | "skipped"> {
  /** Absent if there are none. */
  readonly programmaticLeftOut?: number;
}

/** A message that matches. Unknown members are absent. */
interface Match extends Partial<Pick<MessageHit, "tool" | "agentId" | "timestamp">> {
  /** Ids that a load of the session gives the message, or the call. */
  readonly messageId?: string;
  readonly toolCallId?: string;
  /** That of its row. */
  readonly uuid?: string;
  /** Why a load does not send the text. */
  readonly notShown?: string;
  readonly role: MessageHit["role"];
  /** What of the message matches. */
  readonly in: MessageHit["column"];
  readonly snippet: string;
  /** Ranges of matches in `snippet`, UTF-16 units. */
  readonly marks: readonly (readonly [from: number, to: number])[];
}

/** Returns the sessions that match, with the messages that match best. */
export async function search(
  store: Store,
  { query, ...filters }: Filters & { readonly query: string },
): Promise<SearchResponse> {
  const page = await read(store, query, { ...filters, limit: filters.limit ?? DEFAULT_LIMIT }, MATCHES);
  const isLive = await store.live();
  const hits = page.hits.map(({ session, matches, more }) => ({
    ...toSessionRow(session, isLive(session)),
    matches: matches.map(toMatch),
    more,
  }));
  return { hits, ...cursorOf(page), ...factsOf(page) };
}

/** Returns a page of a list that has only sessions that match, the best first, without those in memory. */
export async function matchingPage(
  store: Store,
  query: string,
  { archived, ...filters }: Filters & Pick<ListQuery, "archived">,
): Promise<ListSessionsResponse> {
  const wanted = archived === "include" ? undefined : archived === "only";
  const page = await read(store, query, { ...filters, archived: wanted }, 1);
  const isLive = await store.live();
  return {
    sessions: page.hits.map(({ session }) => toSessionRow(session, isLive(session))),
    ...cursorOf(page),
    _meta: { [META]: factsOf(page) },
  };
}

const read = (
  store: Store,
  query: string,
  { includeProgrammatic, ...filters }: Filters & { readonly archived?: boolean | undefined },
  perSession: number,
): Promise<FoundPage> =>
  store.search({
    ...filters,
    query,
    perSession,
    programmatic: includeProgrammatic ? undefined : false,
    waitMs: WAIT_MS,
  });

const cursorOf = ({ nextCursor }: FoundPage): { nextCursor?: string } =>
  nextCursor === undefined ? {} : { nextCursor };

function factsOf({ total, totalIs, searched, of, notes, skipped, programmaticLeftOut }: FoundPage): Facts {
  return {
    total,
    totalIs,
    searched,
    of,
    ...(programmaticLeftOut > 0 && { programmaticLeftOut }),
    notes: notes.map(({ code, text }) => ({ code, text: printable(text) })),
    skipped,
  };
}

function toMatch(match: MessageHit): Match {
  const { uuid, toolUseId, role, column, tool, agentId, timestamp, notShown } = match;
  // A load sends the output of a tool with its call.
  const messageId = column === "output" && toolUseId !== undefined ? undefined : (match.messageId ?? uuid);
  return {
    ...(uuid !== undefined && { uuid: shortId(uuid) }),
    ...(messageId !== undefined && { messageId: shortId(messageId) }),
    ...(toolUseId !== undefined && { toolCallId: shortId(toolUseId) }),
    ...(agentId !== undefined && { agentId: printable(agentId) }),
    ...(notShown !== undefined && { notShown }),
    ...(timestamp !== undefined && { timestamp: printable(timestamp) }),
    ...(tool !== undefined && { tool: printable(tool) }),
    role,
    in: column,
    ...printableSnippet(match),
  };
}

/** Sanitises a snippet. Each part is sanitised on its own, so that the marks stay in place. */
function printableSnippet({ snippet, marks }: MessageHit): Pick<Match, "snippet" | "marks"> {
  let text = "";
  let at = 0;
  const shown: [number, number][] = [];
  const add = (to: number): void => {
    const part = snippet.slice(at, to);
    const line = printable(part);
    const space = (edge: string): string => (/\s/.test(edge) ? " " : "");
    text += line === "" ? space(part.charAt(0)) : space(part.charAt(0)) + line + space(part.charAt(part.length - 1));
    at = to;
  };
  for (const [from, to] of marks) {
    add(from);
    const start = text.length;
    add(to);
    if (text.length > start) shown.push([start, text.length]);
  }
  add(snippet.length);
  return { snippet: text, marks: shown };
}
