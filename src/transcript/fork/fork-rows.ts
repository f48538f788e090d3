import { ADDED, type ForkKey, OCCASIONAL, REMOVED } from "./fork-members.ts";
import { formatUuid, type NewIds } from "./new-ids.ts";
import { withoutPreserved, type ForkCut } from "./select-rows.ts";
import { type ForkFacts, isKnownOrigin, originsOf, SESSION, type StoredRow } from "./carried-over.ts";
import type { ForkPart } from "./fork-prompts.ts";
import { ForkMembers, ForkValues, type RowWriter } from "./row-writer.ts";
import { rewindsOfFork, type WrittenRewind } from "../tree/rewind.ts";
import { withPlainKeys } from "../rows/json-string.ts";
import { NONE, QUEUED_COMMAND, type RowIndex, SIDECHAIN } from "../rows/row-index.ts";
import { ASSISTANT, PROGRESS, SYSTEM } from "../rows/row-kinds.ts";
import { parseRow } from "../rows/row.ts";
import { RowScan, scanObject } from "../rows/json-scanner.ts";
import type { QueuedPrompt } from "../conversation/queue.ts";
import { type LoadRow, Tree } from "../tree/row-tree.ts";
import { asObject, asString, type JsonObject, membersOf, parseJson } from "../rows/json-values.ts";

export interface ForkIdentity {
  readonly sourceId: string;
  readonly forkId: string;
  /** Makes a uuid for a row that the source does not have. */
  readonly freshId: () => string;
  /** ISO time of the fork. */
  readonly now: string;
  /** New uuids; absent: rows keep theirs. */
  readonly ids: NewIds | undefined;
  /** Maps a `cwd` to the fork's; absent: unchanged. */
  readonly mapCwd: ((cwd: string) => string) | undefined;
}

const UNKNOWN = -2;
const PLAIN_STRING = /^"[\w-]*"$/;
const FALSE = Uint8Array.from("false", (char) => char.charCodeAt(0));

/** Turns the rows of a source, in file order, into the rows of its fork. */
export class ForkRows {
  readonly #index: RowIndex;
  readonly #cut: ForkCut;
  readonly #prompts: readonly QueuedPrompt[];
  readonly #load: LoadRow;
  readonly #identity: ForkIdentity;
  readonly #tree: Tree;
  /** Cache of `#nearestTaken`, by number of uuid. */
  #nearest: Int32Array | undefined;
  /** Last row taken with a uuid, or -1, by its number. */
  readonly #rowOf: Int32Array;
  readonly #last: number;
  /** The rewinds whose rows are taken. */
  readonly #rewinds: readonly WrittenRewind[];
  #nextRewind = 0;
  /** Next row of the index in the file. */
  #next = 0;
  #nextPrompt = 0;
  readonly #members = new ForkMembers();
  readonly #values = new ForkValues();
  readonly #scan = new RowScan();
  #lastId = { uuid: NONE, json: "" };
  /** Sessions that rows of the source say they were forked from. */
  readonly #ancestors = new Set<string>();

  constructor(index: RowIndex, load: LoadRow, { cut, prompts }: ForkPart, identity: ForkIdentity) {
    for (const key of REMOVED) this.#values.set(key, null);
    this.#index = index;
    this.#load = load;
    this.#cut = cut;
    this.#prompts = prompts;
    this.#identity = identity;
    // The reader's tree, in which a row with an unknown parent has one.
    this.#tree = new Tree(index);
    this.#rowOf = new Int32Array(index.uuids.count).fill(NONE);
    for (let row = 0; row < index.count; row++) if (cut.keep[row] !== 0) this.#rowOf[index.uuid[row] as number] = row;
    this.#last = cut.keep.findLastIndex((kept, row) => kept !== 0 && index.kind[row] !== PROGRESS);
    this.#rewinds = rewindsOfFork(
      index,
      cut.keep,
      cut.last === NONE ? index.count : cut.last,
      (leaf) => this.#writtenAbove(leaf) !== undefined,
    );
  }

  /** Yields the rows before the conversation. */
  *headRows(facts: ForkFacts): Generator<object> {
    const { forkId: sessionId, now } = this.#identity;
    if (facts.historySuppressed) yield { type: "history-suppression", sessionId, cause: "fork_inherit", ts: now };
    for (const organizationUuid of facts.organizations) {
      yield { type: "hybrid-organization", sessionId, organizationUuid };
    }
  }

  /** Writes the row that a row of the source becomes in the fork, if any. */
  write(bytes: Buffer, offset: number, scan: RowScan, writer: RowWriter): void {
    const rewind = this.#rewinds[this.#nextRewind];
    if (rewind?.offset === offset) {
      this.#nextRewind++;
      writer.value(this.#rewindRow(parseRow(bytes, scan.open, scan.end) ?? {}, rewind));
      return;
    }
    const prompt = this.#prompts[this.#nextPrompt];
    if (prompt !== undefined && this.#index.queue.offset[prompt.place] === offset) {
      this.#nextPrompt++;
      writer.value(this.#promptRow(prompt));
      return;
    }
    if (this.#next >= this.#index.count || this.#index.offset[this.#next] !== offset) return;
    const row = this.#next++;
    this.#members.read(bytes, scan);
    if (this.#members.escaped) {
      const plain = withPlainKeys(bytes, scan);
      if (!scanObject(plain, 0, plain.length, this.#scan)) return;
      this.#members.read(plain, this.#scan);
      this.#writeRow(row, plain, this.#scan, writer);
    } else this.#writeRow(row, bytes, scan, writer);
  }

  replacementsStart(): string {
    return `{"type":"content-replacement","sessionId":"${this.#identity.forkId}","replacements":[`;
  }

  replacementsEnd(): string {
    return `],"uuid":"${this.#identity.freshId()}","timestamp":"${this.#identity.now}"}\n`;
  }

  /** Yields the rows after the conversation and its replacements; the title is the last. `read` returns a row's value. */
  *tailRows(
    facts: ForkFacts,
    customTitle: string,
    read: (row: StoredRow) => JsonObject | undefined,
  ): Generator<object> {
    const { forkId: sessionId, now, mapCwd, freshId } = this.#identity;
    if (facts.atis !== undefined) yield { type: "atis-latch", sessionId, atis: facts.atis };
    if (facts.tools !== undefined) yield { type: "tools-used", sessionId, tools: facts.tools };
    for (const row of facts.dataFlow) {
      const value = read(row);
      if (value !== undefined) yield this.#flowRow(value);
    }
    const codes = facts.incompleteCodes();
    if (codes.length > 0) yield { type: "data-flow-incomplete", v: 1, sessionId, codes };
    if (facts.derivedFrom !== undefined || facts.dataFlow.length > 0) {
      yield { type: "derived-from", v: 1, sessionId, sessions: this.#origins(facts.derivedFrom ?? new Map()) };
    }
    if (facts.relocatedCwd !== undefined && mapCwd === undefined) {
      yield { type: "relocated", sessionId, relocatedCwd: facts.relocatedCwd };
    }
    yield { type: "custom-title", sessionId, customTitle, uuid: freshId(), timestamp: now };
  }

  /** Makes a data-flow row of the fork's. A replaced list of origins keeps only entries of unknown kinds. */
  #flowRow(value: JsonObject): object {
    const { sourceId, forkId: sessionId } = this.#identity;
    if (value["sessionId"] !== sourceId) return value;
    const origins = value["type"] === "derived-from" ? originsOf(value) : undefined;
    if (origins === undefined) return { ...value, sessionId };
    return { ...value, sessionId, sessions: origins.filter((origin) => !isKnownOrigin(origin)) };
  }

  /** Returns the sessions that the fork derives from: those that the source names, its ancestors, and the source. */
  #origins(named: ReadonlyMap<string, unknown>): unknown[] {
    const known = new Map(named);
    const sessions = [...named.values()].map(membersOf).filter(({ type }) => type === SESSION);
    const ids = new Set(sessions.map(({ id }) => id));
    for (const id of [...this.#ancestors].filter((ancestor) => !ids.has(ancestor)).concat(this.#identity.sourceId)) {
      const from = { type: SESSION, id, via: "fork" };
      known.set(JSON.stringify(from), from);
    }
    return [...known.values()];
  }

  #writeRow(row: number, bytes: Buffer, scan: RowScan, writer: RowWriter): void {
    const ancestor = asString(asObject(this.#value("forkedFrom"))?.["sessionId"]);
    if (ancestor !== undefined && ancestor !== "") this.#ancestors.add(ancestor);
    if (this.#cut.keep[row] === 0 || this.#index.kind[row] === PROGRESS) return;

    const { forkId, sourceId, now, mapCwd } = this.#identity;
    const values = this.#values;
    for (const key of OCCASIONAL) values.set(key, undefined);
    const parent = this.#parentOf(row);
    values.set("parentUuid", parent === NONE ? "null" : this.#id(parent));
    values.set("uuid", this.#id(this.#index.uuid[row] as number));
    values.set("sessionId", `"${forkId}"`);
    values.set("isSidechain", this.#members.is("isSidechain", FALSE) ? undefined : "false");
    if (row === this.#last) values.set("timestamp", `"${now}"`);
    const logical = this.#members.text("logicalParentUuid");
    if (logical !== undefined && logical !== "null")
      values.set("logicalParentUuid", this.#mapped(this.#writtenAbove(asString(parseJson(logical)))));
    values.set("requestSessionId", this.#requestSession(row, ancestor));
    const uuid = this.#members.text("uuid") ?? "null";
    values.set("forkedFrom", `{"sessionId":"${sourceId}","messageUuid":${uuid}}`);
    if (mapCwd !== undefined) {
      const cwd = this.#value("cwd");
      if (typeof cwd === "string") values.set("cwd", JSON.stringify(mapCwd(cwd)));
    }
    if (this.#index.kind[row] !== ASSISTANT) this.#setNested(row, bytes, scan);
    writer.row(bytes, scan, this.#members, values, ADDED);
  }

  /** Maps uuids that are nested in members of rare rows. */
  #setNested(row: number, bytes: Buffer, scan: RowScan): void {
    const values = this.#values;
    const isSystem = this.#index.kind[row] === SYSTEM;
    if (isSystem && this.#members.text("subtype") === '"model_refusal_fallback"')
      values.set("neutralizedByFork", "true");
    const compactMetadata = isSystem ? asObject(this.#value("compactMetadata")) : undefined;
    if (compactMetadata !== undefined) {
      const kept = this.#cut.stripped.has(row) ? withoutPreserved({ compactMetadata }) : { compactMetadata };
      const mapped = this.#mapMetadata(membersOf(kept["compactMetadata"]));
      if (mapped !== compactMetadata) values.set("compactMetadata", JSON.stringify(mapped));
    }
    const attachmentType =
      scan.attachmentTypeStart < 0 ? "" : bytes.toString("latin1", scan.attachmentTypeStart, scan.attachmentTypeEnd);
    if (attachmentType === '"deferred_tools_record"') {
      const attachment = membersOf(this.#value("attachment"));
      const names = attachment["nameOnlyAnnouncements"];
      if (Array.isArray(names)) {
        const known = names.flatMap((id: unknown) => (this.#isKept(id) ? [this.#newId(id)] : []));
        values.set("attachment", JSON.stringify({ ...attachment, nameOnlyAnnouncements: known }));
      }
    } else if (((this.#index.flags[row] as number) & QUEUED_COMMAND) !== 0) this.#setQueued();
  }

  /** Maps the uuid of the row under which a queued prompt was sent. */
  #setQueued(): void {
    const attachment = membersOf(this.#value("attachment"));
    const source = attachment["source_uuid"];
    if (this.#isKept(source)) {
      this.#values.set("attachment", JSON.stringify({ ...attachment, source_uuid: this.#newId(source) }));
    }
    const fold = membersOf(this.#value("fold"));
    const command = membersOf(fold["command"]);
    if (this.#isKept(command["source_uuid"])) {
      const mapped = { ...command, source_uuid: this.#newId(command["source_uuid"]) };
      this.#values.set("fold", JSON.stringify({ ...fold, command: mapped }));
    }
  }

  #mapMetadata(metadata: JsonObject): JsonObject {
    const { preservedMessages, preservedSegment, runningTurnSends, ...rest } = metadata;
    if (preservedMessages === undefined && preservedSegment === undefined && runningTurnSends === undefined)
      return metadata;
    const map = (id: unknown): unknown => (this.#isWritten(id) ? this.#newId(id) : id);
    const mapKeys = (value: unknown, keys: readonly string[]): unknown => {
      const from = asObject(value);
      if (from === undefined) return value;
      const mapped = keys.flatMap((key) => {
        const ids = from[key];
        return key in from ? [[key, Array.isArray(ids) ? ids.map(map) : map(ids)]] : [];
      });
      return { ...from, ...Object.fromEntries(mapped) };
    };
    // `JSON.stringify` leaves out what is undefined.
    return {
      ...rest,
      preservedMessages: mapKeys(preservedMessages, ["anchorUuid", "uuids", "allUuids"]),
      preservedSegment: mapKeys(preservedSegment, ["headUuid", "anchorUuid", "tailUuid"]),
    };
  }

  /** Returns the JSON of the session whose API request an assistant row answers; null for other rows. */
  #requestSession(row: number, ancestor: string | undefined): string | null {
    if (this.#index.kind[row] !== ASSISTANT) return null;
    const own = this.#string("requestSessionId");
    if (own !== null) return own;
    return ancestor === undefined ? this.#string("sessionId") : JSON.stringify(ancestor);
  }

  /** Returns the JSON of a member that is a string, else null. A plain one need not be parsed. */
  #string(key: ForkKey): string | null {
    const json = this.#members.text(key) ?? "null";
    if (PLAIN_STRING.test(json)) return json;
    const value = parseJson(json);
    return typeof value === "string" ? JSON.stringify(value) : null;
  }

  /** Returns the value of a member, or undefined if the row lacks it. */
  #value(key: ForkKey): unknown {
    const json = this.#members.text(key);
    return json === undefined ? undefined : parseJson(json);
  }

  /** Returns the number of the uuid of the nearest ancestor that the fork has, or -1. */
  #parentOf(row: number): number {
    const link = this.#tree.link[row] as number;
    // The usual case: the parent is taken.
    const above = this.#keptRow(link);
    if (above !== NONE && this.#index.kind[above] !== PROGRESS && this.#tree.rowOf[link] !== NONE) return link;
    return this.#nearestTaken(link);
  }

  /** Returns the nearest uuid, from this one upwards, of a row that the fork has, or -1. Visits each skipped row once. */
  #nearestTaken(from: number): number {
    const { kind, flags } = this.#index;
    this.#nearest ??= new Int32Array(this.#index.uuids.count).fill(UNKNOWN);
    const nearest = this.#nearest;
    const passed: number[] = [];
    let found = from;
    while (found !== NONE && nearest[found] === UNKNOWN) {
      const parent = this.#tree.rowOf[found] as number;
      const kept = parent === NONE ? NONE : this.#keptRow(found);
      if (kept !== NONE && kind[kept] !== PROGRESS) break;
      // A cycle ends where it closes.
      nearest[found] = NONE;
      passed.push(found);
      // Rows of a sidechain are left out like progress; what a cut left out ends the chain.
      const skipped = kept !== NONE || (parent !== NONE && ((flags[parent] as number) & SIDECHAIN) !== 0);
      found = skipped ? (this.#tree.link[kept === NONE ? parent : kept] as number) : NONE;
    }
    if (found !== NONE && nearest[found] !== UNKNOWN) found = nearest[found] as number;
    for (const uuid of passed) nearest[uuid] = found;
    return found;
  }

  #keptRow(uuid: number): number {
    return uuid === NONE ? NONE : (this.#rowOf[uuid] as number);
  }

  #isKept(uuid: unknown): boolean {
    return this.#keptRow(this.#index.uuids.find(uuid)) !== NONE;
  }

  #isWritten(uuid: unknown): boolean {
    const row = this.#keptRow(this.#index.uuids.find(uuid));
    return row !== NONE && this.#index.kind[row] !== PROGRESS;
  }

  /** Returns the JSON of the new uuid of a row that is taken, else `null`. */
  #mapped(uuid: unknown): string {
    return this.#isKept(uuid) ? this.#id(this.#index.uuids.find(uuid)) : "null";
  }

  #newId(uuid: unknown): unknown {
    return parseJson(this.#mapped(uuid));
  }

  #id(uuid: number): string {
    const { ids } = this.#identity;
    // A row's id is needed again as the parent of the next row.
    if (uuid === this.#lastId.uuid) return this.#lastId.json;
    const json = ids === undefined ? JSON.stringify(this.#index.uuids.text(uuid)) : `"${formatUuid(ids, uuid * 16)}"`;
    this.#lastId = { uuid, json };
    return json;
  }

  #rewindRow(row: JsonObject, { leaf }: WrittenRewind): object {
    const { cutUuid: cut, ...rest } = row;
    return {
      ...rest,
      leafUuid: this.#newId(this.#writtenAbove(leaf ?? undefined)),
      ...(this.#isWritten(cut) && { cutUuid: this.#newId(cut) }),
      sessionId: this.#identity.forkId,
    };
  }

  /** Makes the one row for a prompt: it was queued, or delivered here. The CLI ignores it. */
  #promptRow({ text, place, isDelivered }: QueuedPrompt): object {
    const { count, queue } = this.#index;
    const { forkId: sessionId, sourceId, ids, freshId } = this.#identity;
    const messageUuid = queue.idOf(text);
    return {
      type: "queue-operation",
      operation: isDelivered ? "remove" : "enqueue",
      timestamp: this.#load(count + place)["timestamp"],
      sessionId,
      content: this.#load(count + text)["content"],
      uuid: ids === undefined ? messageUuid : freshId(),
      forkedFrom: { sessionId: sourceId, messageUuid },
    };
  }

  /** Returns the uuid if its row is written. For progress or a sidechain, returns that of the nearest written ancestor. */
  #writtenAbove(uuid: string | undefined): string | undefined {
    if (uuid === undefined || this.#isWritten(uuid)) return uuid;
    const number = this.#index.uuids.find(uuid);
    const row = number === NONE ? NONE : (this.#tree.rowOf[number] as number);
    const isDropped = row !== NONE && (this.#keptRow(number) !== NONE || this.#tree.isFlagged(row, SIDECHAIN));
    const parent = isDropped ? this.#parentOf(row) : NONE;
    return parent === NONE ? undefined : this.#index.uuids.text(parent);
  }
}
