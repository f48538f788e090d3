import { basename } from "node:path";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import type { RowText } from "../extract/row-texts.ts";
import type { Match, TextMatcher } from "../query/match-text.ts";
import type { Column, Role } from "../query/query.ts";
import type { Places } from "../scan/search-source.ts";
import type { LineTest } from "../scan/byte-probe.ts";
import type { ReadRow, SegmentReader, TextRange } from "../scan/segment-reader.ts";
import { FileKind } from "../schema/schema.ts";
import { snippetOf } from "../query/snippet.ts";
import { ShownMessages, type UnnamedPlace } from "./shown-messages.ts";
import { type TextScope, ToolNames } from "../query/text-scope.ts";

/** A message in which a query was found. */
export interface MessageHit {
  /**
   * Undefined for titles, and for a text that no message shows. That of a prompt in the queue, and of a stored output, is the one of
   * the message that shows it.
   */
  readonly uuid: string | undefined;
  /** Id of the API message, for answers. */
  readonly messageId: string | undefined;
  /** As the row has it. */
  readonly timestamp: string | undefined;
  readonly role: Role;
  readonly column: Column;
  /** Name of the tool that the text is the input or the output of, if it is known. */
  readonly tool: string | undefined;
  /** Id of the call of that tool. */
  readonly toolUseId: string | undefined;
  /** Subagent that the message is of. */
  readonly agentId: string | undefined;
  /** Name of the file of a tool's output that is too long for its row. */
  readonly storedIn: string | undefined;
  /** Why no view shows the text: `taken back before it was sent`. */
  readonly notShown: string | undefined;
  /** One line around the densest matches. */
  readonly snippet: string;
  /** Ranges of matches in `snippet`, UTF-16 units. */
  readonly marks: readonly (readonly [from: number, to: number])[];
  /** Place of the first of these matches in the whole text, UTF-16 units. */
  readonly at: number;
  /** The same message in forks and in files of resumed sessions. */
  readonly copies: readonly MessageCopy[];
}

export interface MessageCopy {
  readonly sessionId: string;
  readonly uuid: string | undefined;
}

/** A hit with what decides its place among others. */
export interface FoundHit {
  readonly uuid: string | undefined;
  /** Id of the message in the session where it was written. */
  readonly origin: string | undefined;
  readonly terms: number;
  readonly weight: number;
  /** Where the text stands, if its row has no id of the message that shows it. */
  readonly unnamed?: UnnamedPlace | undefined;
  /** Makes what is shown of it. Reads the name of its tool. */
  show(): Omit<MessageHit, "copies">;
}

export interface SessionHits {
  /** The best first. */
  readonly hits: readonly FoundHit[];
  /** Number of matching places that were not read. */
  readonly unread: number;
}

const WEIGHTS: Readonly<Record<Column, number>> = { title: 5, said: 4, thinking: 2, input: 1.5, output: 1 };

/** Bytes that are read for each wanted hit of a session, before its further places are only counted. */
const HIT_BYTES = 64 * 1024;
/** Bytes that are read until there is a hit at all: roles and tools are not in the index. */
const SEARCHED_BYTES = 64 * 1024 * 1024;
/** Bytes that are read until each term was found once. */
const TERM_BYTES = 2 * 1024 * 1024;

export interface HitOptions {
  readonly matcher: TextMatcher;
  /** Which lines of a file may have a term; undefined if all may. */
  readonly mayHave: LineTest | undefined;
  /** Number of terms that the matcher finds. */
  readonly terms: number;
  readonly scope: TextScope;
  readonly reader: SegmentReader;
  /** Number of hits after which no further places are read. */
  readonly wanted: number;
  /** UTF-16 units around the matches. */
  readonly context: number;
  readonly signal: AbortSignal | undefined;
}

/** Reads the places of a session until there are as many hits as wanted, and each term was found once. */
export async function sessionHits(places: Places, options: HitOptions): Promise<SessionHits> {
  const { reader, wanted, terms, signal } = options;
  const collected = new HitCollector(options);
  const read = new Set<string>();
  const from = reader.bytes;
  let taken = 0;
  for (const range of places.ranges) {
    const most =
      collected.count === 0
        ? SEARCHED_BYTES
        : collected.terms < terms
          ? TERM_BYTES
          : collected.count < wanted
            ? wanted * HIT_BYTES
            : 0;
    if (taken > 0 && reader.bytes - from >= most) break;
    taken++;
    if (isTurnOver(1)) await yieldToEventLoop(signal);
    // Long rows are in several segments of one range.
    const key = `${range.off} ${range.len} ${range.path}`;
    if (!read.has(key)) collected.read(range);
    read.add(key);
  }
  const hits = await namedHits(collected.hits(), wanted, signal);
  return { hits, unread: Math.max(0, places.count - taken) };
}

/** Gives the first `wanted` hits the ids of the messages that show them. Leaves out what only repeats another message. */
async function namedHits(
  hits: readonly FoundHit[],
  wanted: number,
  signal: AbortSignal | undefined,
): Promise<FoundHit[]> {
  const names = new ShownMessages(signal);
  const named: FoundHit[] = [];
  const uuids = new Set<string>();
  for (const hit of hits) {
    const place = named.length < wanted ? hit.unnamed : undefined;
    const shown = place && (await names.find(place));
    if (shown === "elsewhere") continue;
    const uuid = shown?.uuid ?? hit.uuid;
    // A fork names the message that its own is a copy of.
    const origin = hit.origin ?? shown?.origin;
    if (uuid !== undefined && uuids.has(uuid)) continue;
    if (uuid !== undefined) uuids.add(uuid);
    if (shown === undefined) named.push(hit);
    else named.push({ ...hit, uuid, origin, show: () => ({ ...hit.show(), ...shown.facts }) });
  }
  return named;
}

class HitCollector {
  readonly #options: HitOptions;
  readonly #found: FoundHit[] = [];
  readonly #uuids = new Set<string>();
  readonly #titles = new Set<string>();
  readonly #queued: { readonly hit: FoundHit; readonly text: string }[] = [];
  readonly #said = new Set<string>();
  readonly #terms = new Set<number>();

  constructor(options: HitOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#found.length;
  }

  /** Number of different terms found. */
  get terms(): number {
    return this.#terms.size;
  }

  read(range: TextRange): void {
    const tools = new ToolNames();
    const { reader, mayHave } = this.#options;
    let rows: ReadRow[];
    try {
      rows = reader.rows(range, mayHave);
    } catch {
      // The file is gone since.
      return;
    }
    for (const row of rows) this.#add(row, tools, range);
  }

  /** Adds the best text of a row, unless the row or the same title was added before. */
  #add(row: ReadRow, tools: ToolNames, range: TextRange): void {
    const { matcher, scope, context, reader } = this.#options;
    let best: { text: RowText; matches: Match[]; terms: number } | undefined;
    for (const text of row.texts) {
      const tool = scope.needsTools ? reader.toolOf(text, tools, range, row.at) : tools.nameOf(text);
      if (!scope.accepts(text, tool)) continue;
      const matches = matcher.matches(text.text);
      const terms = new Set(matches.map(({ term }) => term));
      for (const term of terms) this.#terms.add(term);
      if (terms.size === 0 || (best !== undefined && terms.size <= best.terms)) continue;
      best = { text, matches, terms: terms.size };
    }
    if (best === undefined || (row.uuid !== undefined && this.#uuids.has(row.uuid))) return;
    if (row.uuid !== undefined) this.#uuids.add(row.uuid);
    const { text, matches, terms } = best;
    // The CLI writes the title again and again.
    if (text.column === "title" && this.#titles.has(text.text)) return;
    if (text.column === "title") this.#titles.add(text.text);
    const isStored = range.kind === FileKind.spilled;
    const found: FoundHit = {
      uuid: row.uuid,
      unnamed: isStored || row.isQueued ? { path: range.path, off: row.at, isStored } : undefined,
      origin: row.origin,
      terms,
      weight: WEIGHTS[text.column],
      show: () => {
        const snippet = snippetOf(text.text, matches, context);
        return {
          uuid: row.uuid,
          messageId: row.messageId,
          timestamp: row.timestamp,
          role: text.role,
          column: text.column,
          tool: this.#toolOf(text, tools, range, row.at),
          toolUseId: text.toolUseId,
          agentId: row.agentId,
          storedIn: isStored ? basename(range.path) : undefined,
          notShown: undefined,
          snippet: snippet.text,
          marks: snippet.marks,
          at: snippet.at,
        };
      },
    };
    if (row.isQueued) this.#queued.push({ hit: found, text: text.text });
    else {
      this.#found.push(found);
      if (text.column === "said") this.#said.add(text.text);
    }
  }

  #toolOf(text: RowText, tools: ToolNames, range: TextRange, at: number): string | undefined {
    try {
      return this.#options.reader.toolOf(text, tools, range, at);
    } catch {
      // The file is gone since.
      return undefined;
    }
  }

  hits(): FoundHit[] {
    const queued = this.#queued.filter(({ text }) => !this.#said.has(text)).map(({ hit }) => hit);
    return [...this.#found, ...queued].sort((a, b) => b.terms - a.terms || b.weight - a.weight);
  }
}
