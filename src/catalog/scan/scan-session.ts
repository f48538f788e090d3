import { scanChunks } from "../../store/read/scan-file.ts";
import { close, openReadNoFollow, statOpen } from "../../store/disk/fs.ts";
import { yieldToEventLoop } from "../../store/timing.ts";
import type { Skipped } from "../../store/types.ts";
import type { RowScan } from "../../transcript/rows/json-scanner.ts";
import { Extractor } from "../extract/extractor.ts";
import type { Facts } from "../extract/extracted.ts";
import { cutReason } from "../refresh/read-file.ts";
import { storedTexts } from "../refresh/stored-texts.ts";
import { FileKind } from "../schema/schema.ts";
import { fileTest, valueTest } from "../query/fact-conditions.ts";
import { TextMatcher } from "../query/match-text.ts";
import { type Atom, type FactTerm, isTextTerm, type Query, type TextTerm } from "../query/query.ts";
import { byteProbe } from "./byte-probe.ts";
import { storedRow, type TextRange } from "./segment-reader.ts";
import { type TextRow, TextRowReader } from "./text-rows.ts";
import { TextScope, ToolNames } from "../query/text-scope.ts";
import { runWithin } from "./time-limit.ts";

/** A session to scan. */
export interface ScanSession {
  readonly uuid: string;
  /** Path of the copy that lists show. */
  readonly path: string;
  /** Time of the last activity, epoch ms. */
  readonly active: number;
  readonly files: readonly Omit<TextRange, "off" | "len">[];
  /** Size of these files. */
  readonly bytes: number;
  /** Returns whether a condition holds; undefined if the rows decide. `read`: what they say of the session. */
  holds(term: FactTerm, read?: Facts): boolean | undefined;
}

/** A session that matches, with its best places. */
export interface ScannedSession {
  /** Whether one message has a match for each clause. */
  readonly isTogether: boolean;
  /** Weight of the best message. */
  readonly weight: number;
  /** The best first. */
  readonly ranges: readonly TextRange[];
  /** Number of matching messages. */
  readonly count: number;
}

/** Time for the regular expressions of a query in one chunk of a file, ms. Usual ones take 5. */
const CHUNK_MS = 1000;
/** Maximum number of places that are kept of a session. */
const KEPT = 16;

interface Place {
  readonly range: TextRange;
  readonly terms: number;
  readonly weight: number;
}

const WEIGHTS = { title: 5, said: 4, thinking: 2, input: 1.5, output: 1 } as const;

/** Decides whether sessions match a query by reading their files. Memory: a chunk, or the longest row. */
export class SessionScanner {
  /** Number of chunks that regular expressions took too long for. */
  tooSlow = 0;
  /** What was left out of the files of the session. */
  #skipped: Skipped[] = [];
  readonly #query: Query;
  readonly #scope: TextScope;
  readonly #terms: readonly TextTerm[];
  /** Whether each term is only asked not to be there. */
  readonly #unwanted: readonly boolean[];
  readonly #matcher: TextMatcher;
  readonly #hasRegex: boolean;
  readonly #mayHave: ReturnType<typeof byteProbe>;
  /** Whether facts must be extracted that are anywhere in the files. */
  readonly #needsFacts: boolean;

  constructor(query: Query) {
    this.#query = query;
    this.#scope = new TextScope(query.scope);
    const atoms = query.clauses.flat();
    const texts = atoms.filter((atom): atom is Atom & { term: TextTerm } => isTextTerm(atom.term));
    this.#terms = texts.map(({ term }) => term);
    this.#unwanted = texts.map(({ not }) => not);
    this.#matcher = new TextMatcher(this.#terms);
    this.#hasRegex = this.#terms.some(({ kind }) => kind === "regex");
    // Names of tools are learnt from rows that may have none of the terms.
    this.#mayHave = this.#scope.needsTools ? undefined : byteProbe(this.#terms);
    this.#needsFacts = atoms.some(({ term }) => ["file", "tool", "tag", "model"].includes(term.kind));
  }

  /** Returns what was left out of files since the last call. */
  takeSkipped(): Skipped[] {
    const skipped = this.#skipped;
    this.#skipped = [];
    return skipped;
  }

  /**
   * Returns undefined if the session does not match, and "late" if it was not read whole by `until` (as `performance.now()`).
   * Throws file-system errors, and `signal.reason` when aborted.
   */
  async scan(
    session: ScanSession,
    signal: AbortSignal | undefined,
    until = Infinity,
  ): Promise<ScannedSession | undefined | "late"> {
    if (!this.#mayMatch(session)) return undefined;
    const run = new SessionRun(this.#terms.length);
    const files = this.#terms.length > 0 || this.#needsFacts ? session.files : [];
    for (const file of files) {
      await (file.kind === FileKind.spilled
        ? this.#stored(file, run)
        : this.#transcript(file, { isShown: file.path === session.path, until }, run, signal));
      signal?.throwIfAborted();
      if (performance.now() > until) return "late";
    }
    return this.#result(session, run);
  }

  /** Whether the facts that are known without reading leave a chance. */
  #mayMatch(session: ScanSession): boolean {
    return this.#query.clauses.every((atoms) =>
      atoms.some(({ term, not }) => isTextTerm(term) || (session.holds(term) ?? !not) !== not),
    );
  }

  /** `isShown`: whether lists show this copy of the session. */
  async #transcript(
    file: ScanSession["files"][number],
    { isShown, until }: { readonly isShown: boolean; readonly until: number },
    run: SessionRun,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const fd = openReadNoFollow(file.path);
    try {
      const { size } = statOpen(fd);
      const reader = new TextRowReader();
      const tools = new ToolNames();
      const extractor = this.#needsFacts
        ? new Extractor(file.kind === FileKind.subagent ? "agent" : "session")
        : undefined;
      let pending: { row: TextRow; off: number; len: number }[] = [];
      const row = (bytes: Buffer, start: number, end: number, off: number, scan: RowScan, len: number): void => {
        extractor?.row(bytes, start, end, off, scan, len);
        if (this.#terms.length === 0) return;
        const found = reader.read(bytes, start, end, scan);
        if (found !== undefined) pending.push({ row: found, off, len });
      };
      const line =
        extractor !== undefined || (this.#mayHave === undefined && this.#terms.length > 0)
          ? undefined
          : (bytes: Buffer, start: number, end: number): boolean => this.#mayHave?.(bytes, start, end) !== true;
      const cut = (_offset: number, length: number): void =>
        void this.#skipped.push({ path: file.path, reason: cutReason(length) });
      const visitor = line === undefined ? { row, cut } : { row, line, cut };
      for await (const _chunk of scanChunks(fd, visitor, { to: size, cutsLines: true, signal })) {
        const rows = pending;
        pending = [];
        this.#match(() => {
          for (const { row: one, off, len } of rows) this.#row(one, { ...file, off, len }, tools, run);
        });
        if (extractor !== undefined) run.take(extractor.take());
        if (performance.now() > until) return;
      }
      if (extractor === undefined) return;
      const end = extractor.end();
      run.take(end);
      if (isShown) run.facts = end.facts;
    } finally {
      close(fd);
    }
  }

  /** Reads a stored output in the same pieces as the index. */
  async #stored(file: ScanSession["files"][number], run: SessionRun): Promise<void> {
    const fd = openReadNoFollow(file.path);
    const bytes = statOpen(fd).size;
    close(fd);
    for (const { text, off, len } of storedTexts(file.path, bytes)) {
      this.#match(() => this.#row(storedRow(text), { ...file, off, len }, new ToolNames(), run));
      await yieldToEventLoop();
    }
  }

  #match(run: () => void): void {
    if (!this.#hasRegex) run();
    else if (!runWithin(CHUNK_MS, run)) this.tooSlow++;
  }

  #row({ texts }: TextRow, range: TextRange, tools: ToolNames, run: SessionRun): void {
    let weight = 0;
    run.inRow.fill(0);
    for (const text of texts) {
      if (!this.#scope.accepts(text, tools.nameOf(text))) continue;
      const before = count(run.inRow, this.#unwanted);
      this.#matcher.mark(text.text, run.inRow);
      if (count(run.inRow, this.#unwanted) > before) weight = Math.max(weight, WEIGHTS[text.column]);
    }
    const terms = count(run.inRow, this.#unwanted);
    for (let i = 0; i < run.found.length; i++) if (run.inRow[i] === 1) run.found[i] = 1;
    if (terms > 0) run.add({ range, terms, weight });
    if (terms > 0 && !run.isTogether)
      run.isTogether = this.#query.clauses.every((atoms) => this.#inRow(atoms, run.inRow));
  }

  /** Whether a row has one of the wanted terms of a clause, if it has any. */
  #inRow(atoms: readonly Atom[], inRow: Uint8Array): boolean {
    const wanted = atoms.filter(({ term, not }) => !not && isTextTerm(term));
    return wanted.length === 0 || wanted.some(({ term }) => inRow[this.#terms.indexOf(term as TextTerm)] === 1);
  }

  #result(session: ScanSession, run: SessionRun): ScannedSession | undefined {
    const matches = this.#query.clauses.every((atoms) =>
      atoms.some(({ term, not }) => {
        if (isTextTerm(term)) return (run.found[this.#terms.indexOf(term)] === 1) !== not;
        return (session.holds(term, run.facts) ?? run.holds(term)) !== not;
      }),
    );
    return matches ? run.result() : undefined;
  }
}

function count(found: Uint8Array, unwanted: readonly boolean[]): number {
  let sum = 0;
  for (let i = 0; i < found.length; i++) if (found[i] === 1 && unwanted[i] === false) sum++;
  return sum;
}

/** What is found in one session. */
class SessionRun {
  /** Terms in the session, and in the row that is being read. */
  readonly found: Uint8Array;
  readonly inRow: Uint8Array;
  isTogether = false;
  facts: Facts = {};
  #count = 0;
  #places: Place[] = [];
  readonly #paths = new Set<string>();
  readonly #tools = new Set<string>();

  constructor(terms: number) {
    this.found = new Uint8Array(terms);
    this.inRow = new Uint8Array(terms);
  }

  add(place: Place): void {
    this.#count++;
    this.#places.push(place);
    if (this.#places.length >= 2 * KEPT) this.#places = best(this.#places);
  }

  take(extracted: ReturnType<Extractor["take"]>): void {
    for (const part of [extracted, ...extracted.agents.values()]) {
      for (const path of part.touched.keys()) this.#paths.add(path);
      for (const tools of part.tools.values()) for (const tool of tools.keys()) this.#tools.add(tool);
    }
  }

  holds({ kind, ...term }: FactTerm): boolean {
    const value = "value" in term ? String(term.value) : "";
    if (kind === "file") return [...this.#paths].some(fileTest(value));
    return kind === "tool" && [...this.#tools].some(valueTest(value));
  }

  result(): ScannedSession {
    const places = best(this.#places);
    const weight = places[0]?.weight ?? 0;
    return { isTogether: this.isTogether, weight, ranges: places.map(({ range }) => range), count: this.#count };
  }
}

/** Returns the best places, the later first among equal ones. */
const best = (places: readonly Place[]): Place[] =>
  places
    .map((place, at) => ({ place, at }))
    .sort((a, b) => b.place.terms - a.place.terms || b.place.weight - a.place.weight || b.at - a.at)
    .slice(0, KEPT)
    .map(({ place }) => place);
