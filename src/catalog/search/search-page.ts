import { basename, dirname } from "node:path";
import { errnoOf, isMissing } from "../../store/errors.ts";
import { listedSession } from "../../store/list/listed-session.ts";
import { projectDir } from "../../store/layout/paths.ts";
import type { ListedSession, Skipped } from "../../store/types.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import { TextMatcher } from "../query/match-text.ts";
import { type Query, wantedTerms } from "../query/query.ts";
import { MOST_SEEN, type SearchEnd, sessionMark } from "./search-cursor.ts";
import { byteProbe, type LineTest } from "../scan/byte-probe.ts";
import { SegmentReader } from "../scan/segment-reader.ts";
import type { FoundSession, SearchSource } from "../scan/search-source.ts";
import { type FoundHit, type MessageHit, type SessionHits, sessionHits } from "./session-hits.ts";
import { TextScope } from "../query/text-scope.ts";

/** A session with the messages in which the query was found. */
export interface SessionHit {
  readonly session: ListedSession;
  /** The best first. Empty if the query has no words, or its places changed since they were indexed. */
  readonly matches: readonly MessageHit[];
  /** Number of further matching places in the session: messages that were read, and segments that were not. */
  readonly more: number;
}

export interface PageOptions {
  readonly query: Query;
  readonly limit: number;
  readonly perSession: number;
  readonly context: number;
  readonly asking: string | undefined;
  readonly after: SearchEnd;
  readonly signal: AbortSignal | undefined;
}

export interface Page {
  readonly hits: readonly SessionHit[];
  /** Undefined on the last page. */
  readonly end: SearchEnd | undefined;
  readonly skipped: readonly Skipped[];
  /** Number of sessions that are not shown, because they only repeat messages of those on the page. */
  readonly repeated: number;
}

/** Maximum number of sessions that turn out not to match, before a page ends early. */
const REFUSED = 500;

/** Returns the next sessions of several sources, the best first, with their hits. */
export async function searchPage(sources: readonly SearchSource[], options: PageOptions): Promise<Page> {
  const page = new PageBuilder(options);
  const { signal } = options;
  try {
    if (isTurnOver(1)) await yieldToEventLoop(signal);
    for (const { source, session } of merged(sources, options.after.from)) {
      if (page.isSeen(session)) continue;
      if (page.isFull) return page.end(true);
      signal?.throwIfAborted();
      if (isTurnOver(1)) await yieldToEventLoop(signal);
      if (source.isExact || (await source.matches(session))) await page.add(source, session);
      else page.refuse(session);
    }
    return page.end(false);
  } finally {
    page.close();
  }
}

interface Merged {
  readonly source: SearchSource;
  readonly session: FoundSession;
}

function* merged(sources: readonly SearchSource[], from: SearchEnd["from"]): Generator<Merged> {
  const heads = sources.map((source) => {
    const sessions = source.ranked(from)[Symbol.iterator]();
    return { source, sessions, next: sessions.next() };
  });
  for (;;) {
    const open = heads.filter(({ next }) => next.done !== true);
    const [first, ...others] = open;
    if (first === undefined) return;
    const best = others.reduce(
      (a, b) => (isBefore(b.next.value as FoundSession, a.next.value as FoundSession) ? b : a),
      first,
    );
    yield { source: best.source, session: best.next.value as FoundSession };
    best.next = best.sessions.next();
  }
}

const isBefore = (a: FoundSession, b: FoundSession): boolean =>
  a.tier - b.tier < 0 || (a.tier === b.tier && a.score < b.score);

class PageBuilder {
  readonly #options: PageOptions;
  readonly #reader = new SegmentReader();
  readonly #matcher: TextMatcher;
  readonly #mayHave: LineTest | undefined;
  readonly #terms: number;
  readonly #scope: TextScope;
  readonly #hits: Writable<SessionHit>[] = [];
  readonly #skipped: Skipped[] = [];
  /** Hits on this page by the message that they are copies of. */
  readonly #origins = new Map<string, { copies: { sessionId: string; uuid: string | undefined }[] }>();
  readonly #shown = new Set<number>();
  #first: FoundSession | undefined;
  #refused = 0;
  #repeated = 0;

  constructor(options: PageOptions) {
    this.#options = options;
    const terms = wantedTerms(options.query);
    this.#matcher = new TextMatcher(terms);
    this.#terms = terms.length;
    this.#scope = new TextScope(options.query.scope);
    // Names of tools are learnt from rows that may have none of the terms.
    this.#mayHave = this.#scope.needsTools ? undefined : byteProbe(terms);
  }

  get isFull(): boolean {
    return this.#hits.length >= this.#options.limit || this.#refused >= REFUSED;
  }

  isSeen({ uuid }: FoundSession): boolean {
    const mark = sessionMark(uuid);
    return uuid === this.#options.asking || this.#options.after.seen.has(mark) || this.#shown.has(mark);
  }

  refuse(session: FoundSession): void {
    this.#refused++;
    this.#pass(session);
  }

  #pass(session: FoundSession): void {
    this.#first ??= session;
    this.#shown.add(sessionMark(session.uuid));
  }

  async add(source: SearchSource, found: FoundSession): Promise<void> {
    const session = this.#listed(found);
    this.#pass(found);
    if (session === undefined) return;
    if (isTurnOver(1)) await yieldToEventLoop(this.#options.signal);
    const { hits, unread } = await this.#read(source, found);
    // A fork repeats the messages before it: only what it does not share is a hit of its own.
    const own = hits.filter((hit) => !this.#isCopy(hit, found.uuid));
    if (own.length === 0 && hits.length > 0 && unread === 0) {
      this.#repeated++;
      return;
    }
    const { perSession } = this.#options;
    const matches = own.slice(0, perSession).map((hit) => this.#keep(hit));
    this.#hits.push({ session, matches, more: own.length - matches.length + unread });
  }

  async #read(source: SearchSource, found: FoundSession): Promise<SessionHits> {
    const { perSession, context, signal } = this.#options;
    if (this.#terms === 0) return { hits: [], unread: 0 };
    const options = { matcher: this.#matcher, mayHave: this.#mayHave, terms: this.#terms, scope: this.#scope };
    return sessionHits(source.places(found), { ...options, reader: this.#reader, wanted: perSession, context, signal });
  }

  #isCopy({ origin, uuid }: FoundHit, sessionId: string): boolean {
    const other = origin === undefined ? undefined : this.#origins.get(origin);
    other?.copies.push({ sessionId, uuid });
    return other !== undefined;
  }

  #keep({ origin, ...found }: FoundHit): MessageHit {
    const copies: { sessionId: string; uuid: string | undefined }[] = [];
    if (origin !== undefined) this.#origins.set(origin, { copies });
    return { ...found.show(), copies };
  }

  #listed({ uuid, path }: FoundSession): ListedSession | undefined {
    const dir = dirname(path);
    try {
      return listedSession({ sessionId: uuid, project: projectDir(dirname(dirname(dir)), basename(dir)) });
    } catch (error) {
      if (!isMissing(error)) this.#skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
      return undefined;
    }
  }

  end(hasMore: boolean): Page {
    const { now, from, seen } = this.#options.after;
    const hits = this.#hits;
    const page = { hits, skipped: this.#skipped, repeated: this.#repeated };
    if (!hasMore) return { ...page, end: undefined };
    if (seen.size + this.#shown.size <= MOST_SEEN) {
      return { ...page, end: { now, from, seen: new Set([...seen, ...this.#shown]) } };
    }
    // Everything before this page was shown.
    const { tier, score } = this.#first ?? { tier: 0, score: 0 };
    return { ...page, end: { now, from: { tier, score }, seen: this.#shown } };
  }

  close(): void {
    this.#reader.close();
  }
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };
