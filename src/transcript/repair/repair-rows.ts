import type { RowScan } from "../rows/json-scanner.ts";
import { asObject, asString, type JsonObject } from "../rows/json-values.ts";
import { RowScan as Scan, scanObject } from "../rows/json-scanner.ts";
import { NEWLINE } from "../rows/line-splitter.ts";
import { parseRow } from "../rows/row.ts";
import { callIds } from "../tree/tool-blocks.ts";
import { keepNumbers } from "./kept-numbers.ts";
import { LineParts, type PartVisitor, type SourceLine } from "./line-parts.ts";
import { mendedContent, NO_RESULT } from "./message-content.ts";
import type { RepairPlan } from "./repair-scan.ts";
import { type MemberKey, memberRange, withMembers } from "./row-members.ts";
import { cleanJson } from "./string-faults.ts";
import { filledRow, fillingFrom, type Salvage } from "./salvage.ts";

/** What the repaired file is made of, in order. */
export interface RepairOutput {
  /** Takes bytes, which are only valid during the call. */
  write(bytes: Uint8Array): void;
  /** Copies bytes of the file that are too many to be read at once. */
  copy(offset: number, length: number): void;
}

/** Type of the row that keeps bytes that are not a row (transcript-format.md §3.6). */
const REMAINS_TYPE = "claude-transcripts-remains";
const END = Buffer.of(NEWLINE);

/** Second reading of a file that is repaired: writes what the plan says. */
export class RepairRows implements PartVisitor {
  readonly #plan: RepairPlan;
  readonly #isUtf8: (bytes: Uint8Array) => boolean;
  readonly #parts: LineParts;
  readonly #out: RepairOutput;
  readonly #scan = new Scan();
  #line: SourceLine | undefined;
  #lines = 0;
  #rows = 0;
  /** Whether a row of the line is not as it was. */
  #isEdited = false;
  /** What the line becomes if it is not as it was. */
  #pieces: (Uint8Array | { readonly offset: number; readonly length: number })[] = [];
  /** Rows that come after a line that stays as it is. */
  #added: Buffer[] = [];

  constructor(plan: RepairPlan, isUtf8: (bytes: Uint8Array) => boolean, out: RepairOutput) {
    this.#plan = plan;
    this.#isUtf8 = isUtf8;
    this.#parts = new LineParts(isUtf8);
    this.#out = out;
  }

  line(line: SourceLine): void {
    this.#line = line;
    this.#lines++;
    this.#isEdited = false;
    this.#pieces = [];
    this.#added = [];
    const isSound = this.#parts.visit(line, this);
    if (isSound && !this.#isEdited && line.oversized === 0) {
      this.#out.write(line.bytes.subarray(line.start, line.end));
      this.#out.write(END);
      for (const row of this.#added) this.#out.write(row);
    } else {
      for (const piece of this.#pieces) {
        if (piece instanceof Uint8Array) this.#out.write(piece);
        else this.#out.copy(piece.offset, piece.length);
        this.#out.write(END);
      }
    }
  }

  row(bytes: Buffer, scan: RowScan): void {
    const number = this.#rows++;
    const values = this.#values(number, bytes, scan);
    const row = values.size === 0 ? bytes.subarray(scan.open, scan.end) : withMembers(bytes, scan, values);
    if (values.size > 0) this.#isEdited = true;
    this.#pieces.push(row);
    this.#addResults(number, row);
  }

  salvaged(found: Salvage): void {
    const number = this.#rows++;
    const row = filledRow(found, this.#plan.fillings.get(number) ?? {});
    const json = Buffer.from(found.restore(cleanJson(row)));
    if (!scanObject(json, 0, json.length, this.#scan)) throw new Error("a salvaged row is not a row");
    const mended = withMembers(json, this.#scan, this.#values(number, json, this.#scan));
    this.#pieces.push(mended);
    this.#addResults(number, mended);
  }

  remains(start: number, end: number): void {
    this.#rows++;
    const { bytes, start: from, offset } = this.#line as SourceLine;
    const remains = bytes.subarray(start, end);
    const content = this.#isUtf8(remains) ? { text: remains.toString("utf8") } : { base64: remains.toString("base64") };
    const place = { line: this.#lines, offset: offset + start - from, bytes: end - start };
    const row = { type: REMAINS_TYPE, ...place, ...content, sessionId: this.#plan.sessionId };
    this.#pieces.push(Buffer.from(JSON.stringify(row)));
  }

  debris(): void {}

  kept(start: number, end: number): void {
    const { bytes, start: from, offset, oversized } = this.#line as SourceLine;
    if (oversized > 0) this.#pieces.push({ offset: offset + start - from, length: oversized });
    else this.#pieces.push(bytes.subarray(start, end));
  }

  /** Returns the members of a row that change. */
  #values(number: number, bytes: Buffer, scan: RowScan): Map<MemberKey, string> {
    const { uuids, parents, messages, orphans } = this.#plan;
    const values = new Map<MemberKey, string>();
    const uuid = uuids.get(number);
    if (uuid !== undefined) values.set("uuid", JSON.stringify(uuid));
    const parent = parents.get(number);
    if (parent !== undefined) values.set("parentUuid", JSON.stringify(parent));
    if (!messages.has(number)) return values;
    const range = memberRange(bytes, scan, "message");
    if (range === undefined) return values;
    const { json, restore } = keepNumbers(range.bytes.toString("utf8", range.start, range.end));
    const kept = Buffer.from(json);
    const message = parseRow(kept, 0, kept.length);
    const mended = message && mendedContent(message, true, (id) => orphans.has(id));
    if (mended !== undefined) values.set("message", restore(JSON.stringify(mended.message)));
    return values;
  }

  /** Adds a row with results for the calls in a row that have none. */
  #addResults(number: number, row: Uint8Array): void {
    const missing = this.#plan.results.get(number);
    if (missing === undefined) return;
    const call: JsonObject = parseRow(row, 0, row.length) ?? {};
    const { parentUuid, isSidechain, ...shared } = {
      parentUuid: call["uuid"],
      isSidechain: false,
      ...fillingFrom(call),
    };
    const calls = new Set(callIds({ message: asObject(call["message"]) ?? {} }));
    const content = missing.ids
      .filter((id) => calls.has(id))
      .map((id) => ({ tool_use_id: id, type: "tool_result", content: NO_RESULT, is_error: true }));
    const result = {
      parentUuid,
      isSidechain,
      type: "user",
      message: { role: "user", content },
      uuid: missing.uuid,
      ...shared,
      sourceToolAssistantUUID: asString(call["uuid"]),
    };
    const json = JSON.stringify(result);
    this.#pieces.push(Buffer.from(json));
    this.#added.push(Buffer.from(`${json}\n`));
  }
}
