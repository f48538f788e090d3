import { NONE } from "../rows/interned-ids.ts";
import type { JsonObject } from "../rows/json-values.ts";
import { RowScan, scanObject } from "../rows/json-scanner.ts";
import { RowIndex } from "../rows/row-index.ts";
import { ASSISTANT, isMessageKind, USER } from "../rows/row-kinds.ts";
import { parseRow } from "../rows/row.ts";
import { push } from "../tree/row-list.ts";
import { answeredIds, callIds } from "../tree/tool-blocks.ts";
import { ChangeList, type RepairKind, stringChanges } from "./changes.ts";
import { LineParts, type PartVisitor, type SourceLine } from "./line-parts.ts";
import { type ContentFaults, mendedContent } from "./message-content.ts";
import { continuedRows, type LinkFault, LinkPlan } from "./plan-links.ts";
import { type Filling, filledRow, fillingFrom, salvage, type Salvage } from "./salvage.ts";
import { cleanJson } from "./string-faults.ts";
import { memberRange, uuidIn } from "./row-members.ts";

export interface ScanOptions {
  readonly sessionId: string;
  /** Whether the file is a subagent's. */
  readonly isSubagent: boolean;
  readonly isUtf8: (bytes: Uint8Array) => boolean;
  /** Makes a uuid. */
  readonly freshId: () => string;
  /** Reads bytes of the file again. They are valid until the next call. */
  readonly read: (offset: number, length: number) => Buffer;
  /** See `IdTable`. */
  readonly seed?: number;
}

/** What a repair does with the rows of a file. Rows are known by their number among all rows that it writes, from 0. */
export interface RepairPlan {
  readonly sessionId: string;
  /** Whether the file has a message of the user or of the assistant. */
  readonly hasMessages: boolean;
  readonly changes: ChangeList;
  /** Members of salvaged rows that are not in their bytes. */
  readonly fillings: ReadonlyMap<number, Filling>;
  readonly uuids: ReadonlyMap<number, string>;
  readonly parents: ReadonlyMap<number, string | null>;
  /** Rows whose message is mended. */
  readonly messages: ReadonlySet<number>;
  /** Ids of the calls of results that are text from now on. */
  readonly orphans: ReadonlySet<string>;
  /** Calls that get a result, by the row that has them, and the uuid of the row with the result. */
  readonly results: ReadonlyMap<number, { readonly ids: readonly string[]; readonly uuid: string }>;
}

/** First reading of a file that is repaired: finds what is wrong. Memory: some 200 bytes a row of the conversation. */
export class RepairScan implements PartVisitor {
  readonly #options: ScanOptions;
  readonly #parts: LineParts;
  readonly #index: RowIndex;
  readonly #changes = new ChangeList();
  readonly #scan = new RowScan();
  /** Line and number of each row of the index. */
  readonly #lineOf: number[] = [];
  readonly #numberOf: number[] = [];
  readonly #fillings = new Map<number, Filling>();
  /** Rows of the index that were salvaged. */
  readonly #salvaged = new Set<number>();
  readonly #unnamed: number[] = [];
  /** Numbers of the uuids of rows that are not in the index. */
  readonly #others = new Set<number>();
  readonly #messages = new Set<number>();
  readonly #known = new Set<string>();
  /** Rows of the index with a call that has no result yet, and rows with results whose call has not come, by id. */
  readonly #calls = new Map<string, number>();
  readonly #results = new Map<string, number[]>();
  /** Rows of the index with results. */
  readonly #answers = new Set<number>();
  #line: SourceLine | undefined;
  #lines = 0;
  #rows = 0;
  #partsOfLine = 0;
  #rowsOfLine = 0;
  /** The last row of the conversation that is whole, or -1. */
  #lastWhole = NONE;

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#parts = new LineParts(options.isUtf8);
    this.#index = new RowIndex(options.seed);
  }

  line(line: SourceLine): void {
    this.#line = line;
    this.#lines++;
    this.#partsOfLine = this.#rowsOfLine = 0;
    if (line.nulBefore) this.#note("debris", line.start, line.start, "NULs before a row: removed");
    const isSound = this.#parts.visit(line, this);
    if (this.#rowsOfLine > 0 && this.#partsOfLine > 1)
      this.#note("glued", line.start, line.end, `${this.#partsOfLine} rows on one line: each on its own`);
    if (!line.terminated && (isSound || this.#partsOfLine > 0))
      this.#note("no_final_newline", line.end, line.end, "no newline at the end: added");
  }

  row(bytes: Buffer, scan: RowScan, source: { start: number; end: number }, faults: number): void {
    this.#partsOfLine++;
    this.#rowsOfLine++;
    for (const [kind, text] of stringChanges(faults)) this.#note(kind, source.start, source.end, text);
    this.#lastWhole = this.#add(bytes, scan, source) ?? this.#lastWhole;
  }

  salvaged(found: Salvage, start: number, end: number): void {
    this.#partsOfLine++;
    const isLast = this.#line?.end === end ? "" : ", and the next row was written after it";
    this.#note("cut", start, end, `a row that was cut${isLast}: what can be read of it is a row`);
    const hasUuid = typeof found.row["uuid"] === "string";
    const shared = this.#lastWhole === NONE ? {} : fillingFrom(this.#load(this.#lastWhole) ?? {});
    const filling = {
      sessionId: this.#options.sessionId,
      ...shared,
      ...(!hasUuid && { uuid: this.#options.freshId() }),
    };
    this.#fillings.set(this.#rows, filling);
    const json = Buffer.from(cleanJson(filledRow(found, filling)));
    if (!scanObject(json, 0, json.length, this.#scan)) throw new Error("a salvaged row is not a row");
    const row = this.#add(json, this.#scan, { start, end });
    if (row === undefined) return;
    this.#salvaged.add(row);
    if (!hasUuid) this.#unnamed.push(row);
  }

  remains(start: number, end: number, isCut: boolean): void {
    this.#partsOfLine++;
    const what = isCut ? "the beginning of a row that was cut" : "bytes that are not a row";
    this.#note(isCut ? "cut" : "not_json", start, end, `${what}: kept as a row that nothing reads`);
    this.#rows++;
  }

  debris(start: number, end: number): void {
    this.#note("debris", start, end, "bytes between rows that say nothing: removed");
  }

  kept(start: number, end: number): void {
    this.#partsOfLine++;
    const line = this.#line as SourceLine;
    const bytes = line.oversized > 0 ? line.oversized : end - start;
    const reason = "too many bytes to be read: left as they are";
    this.#changes.leave({ line: this.#lines, offset: line.offset + start - line.start, bytes, reason });
  }

  /** Plans the repair, when all lines were read. */
  finish(): RepairPlan {
    const index = this.#index;
    const orphans = this.#orphans();
    const links = new LinkPlan(index, {
      allMain: this.#options.isSubagent,
      salvaged: this.#unnamed,
      others: this.#others,
      orphans: this.#textRows(orphans),
      results: this.#answers,
      freshId: this.#options.freshId,
      load: (row) => this.#load(row),
    });
    for (const fault of links.faults)
      this.#noteRow(fault.kind, fault.row, linkText(fault, links.parents.get(fault.row)));
    const numbered = <T>(values: ReadonlyMap<number, T>): Map<number, T> =>
      new Map([...values].map(([row, value]) => [this.#numberOf[row] as number, value]));
    return {
      sessionId: this.#options.sessionId,
      hasMessages: index.kind.subarray(0, index.count).some(isMessageKind),
      changes: this.#rows === 0 ? this.#nothingToRead() : this.#changes,
      fillings: this.#fillings,
      uuids: numbered(links.uuids),
      parents: numbered(links.parents),
      orphans,
      messages: this.#messages,
      results: numbered(this.#missingResults()),
    };
  }

  /** Without a row the repaired file would be empty, and the session gone: it stays as it is. */
  #nothingToRead(): ChangeList {
    const changes = new ChangeList();
    const bytes = this.#line === undefined ? 0 : this.#line.offset + this.#line.end - this.#line.start;
    if (bytes > 0) changes.leave({ line: 1, offset: 0, bytes, reason: "no row can be read in the file" });
    return changes;
  }

  /** Adds a row to the index; returns its number there if it is part of the conversation. */
  #add(bytes: Buffer, scan: RowScan, source: { start: number; end: number }): number | undefined {
    const index = this.#index;
    const row = index.count;
    const { offset, start } = this.#line as SourceLine;
    const number = this.#rows++;
    // The index reuses the scan for a row whose keys have escapes.
    const message = memberRange(bytes, scan, "message");
    const uuid = uuidIn(bytes, scan);
    index.add(bytes, scan.open, scan.end, offset + source.start - start, scan);
    if (index.count === row) {
      // It may be the parent of rows.
      if (uuid !== undefined) this.#others.add(index.uuids.addText(uuid));
      return undefined;
    }
    // The row is read again as it is in the file.
    index.length[row] = source.end - source.start;
    this.#lineOf.push(this.#lines);
    this.#numberOf.push(number);
    const kind = index.kind[row] as number;
    if (message !== undefined && isMessageKind(kind)) {
      const value = parseRow(message.bytes, message.start, message.end);
      if (value !== undefined) this.#readMessage(row, number, kind, value);
    }
    return row;
  }

  #readMessage(row: number, number: number, kind: number, message: JsonObject): void {
    const mended = mendedContent(message, kind === USER);
    if (mended !== undefined) {
      this.#messages.add(number);
      for (const [what, text] of contentChanges(mended.faults)) this.#noteRow(what, row, text);
    }
    if (kind === ASSISTANT) {
      for (const id of callIds({ message })) {
        if (!this.#results.delete(id) && !this.#known.has(id)) this.#calls.set(id, row);
        this.#known.add(id);
      }
    } else {
      for (const id of answeredIds({ message })) {
        this.#answers.add(row);
        this.#calls.delete(id);
        if (!this.#known.has(id)) push(this.#results, id, row);
      }
    }
  }

  /** Returns the ids of calls that no row has, although a row has a result of them. */
  #orphans(): Set<string> {
    for (const rows of this.#results.values()) {
      for (const row of rows) {
        this.#messages.add(this.#numberOf[row] as number);
        this.#noteRow("orphan_result", row, "the result of a tool call that is not in the file: now text");
      }
    }
    return new Set(this.#results.keys());
  }

  /** Returns the rows that have no result any more, in file order. */
  #textRows(orphans: ReadonlySet<string>): number[] {
    const rows = [...new Set([...this.#results.values()].flat())].sort((a, b) => a - b);
    return rows.filter((row) => answeredIds(this.#load(row) ?? {}).every((id) => orphans.has(id)));
  }

  /** Returns the calls without a result after which the conversation goes on, by their row in the index. */
  #missingResults(): Map<number, { ids: string[]; uuid: string }> {
    const missing = new Map<number, { ids: string[]; uuid: string }>();
    if (this.#calls.size === 0) return missing;
    const isContinued = continuedRows(this.#index);
    for (const [id, row] of this.#calls) {
      if (!isContinued(row)) continue;
      const known = missing.get(row);
      if (known === undefined) missing.set(row, { ids: [id], uuid: this.#options.freshId() });
      else known.ids.push(id);
      this.#noteRow("missing_result", row, "a tool call without a result: a row with one is added, which says so");
    }
    return missing;
  }

  /** Reads a row of the index again; of a salvaged one what is left of it. */
  #load(row: number): JsonObject | undefined {
    const length = this.#index.length[row] as number;
    const bytes = this.#options.read(this.#index.offset[row] as number, length);
    return this.#salvaged.has(row) ? salvage(bytes, 0, length)?.row : parseRow(bytes, 0, length);
  }

  #note(kind: RepairKind, start: number, end: number, text: string): void {
    const { offset, start: from } = this.#line as SourceLine;
    this.#changes.add({ kind, line: this.#lines, offset: offset + start - from, bytes: end - start, text });
  }

  #noteRow(kind: RepairKind, row: number, text: string): void {
    const { offset, length } = this.#index;
    const line = this.#lineOf[row] as number;
    this.#changes.add({ kind, line, offset: offset[row] as number, bytes: length[row] as number, text });
  }
}

function linkText({ kind, isChild }: LinkFault, parent: string | null | undefined): string {
  if (isChild && kind === "orphan_result") return "a row after a result that is text now: now with that as its parent";
  if (isChild) return "a row after one that got a new uuid: now with that as its parent";
  if (kind === "repeated_uuid") return "a row with the uuid of another one: now with one of its own";
  const to = parent === null || parent === undefined ? "no parent" : `the row before it as parent, ${parent}`;
  if (kind === "own_parent") return `a row that is its own parent: now with ${to}`;
  if (kind === "cycle") return `a row that is its own ancestor: now with ${to}`;
  return `a row whose parent is not in the file: now with ${to}`;
}

function contentChanges({ empty, media }: ContentFaults): (readonly [RepairKind, string])[] {
  const changes: (readonly [RepairKind, string])[] = [];
  if (empty > 0) changes.push(["empty_content", "empty content, which the API refuses: now “(no content)”"]);
  if (media > 0)
    changes.push(["media", "an image or document that the API refuses: now a note, or with its real type"]);
  return changes;
}
