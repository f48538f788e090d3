import { removeOtherEnds } from "./fork-ends.ts";
import { findLeaf } from "../tree/leaf.ts";
import { insertParallel } from "../tree/parallel-tool-results.ts";
import { contentOf } from "../tree/tool-blocks.ts";
import { rewindInForce } from "../tree/rewind.ts";
import { COMPACT_BOUNDARY, NONE, QUEUED_COMMAND, type RowIndex, SIDECHAIN } from "../rows/row-index.ts";
import { ASSISTANT, isMessageKind, PROGRESS, USER } from "../rows/row-kinds.ts";
import { type LoadRow, preservedBy, Tree } from "../tree/row-tree.ts";
import { asObject, type JsonObject } from "../rows/json-values.ts";

/** Selection of rows for a fork. */
export interface ForkCut {
  /** Mask by row number. */
  readonly keep: Uint8Array;
  /** Last row taken, or -1 if all are. */
  readonly last: number;
  /** Boundaries that lose their list of kept messages, because the fork ends before these. */
  readonly stripped: ReadonlySet<number>;
}

/** Selects all rows except those of sidechains (official-helpers.md §6.1). */
export function wholeCut(index: RowIndex): ForkCut {
  const keep = new Uint8Array(index.count);
  for (let row = 0; row < index.count; row++) keep[row] = ((index.flags[row] as number) & SIDECHAIN) === 0 ? 1 : 0;
  return { keep, last: NONE, stripped: new Set() };
}

/**
 * Selects the rows up to a message (official-helpers.md §6.2), without rows that would make the conversation end elsewhere.
 * `messageId`: uuid of a row or a queued prompt, or id of an API message. Undefined if there is no such message.
 */
export function cutAt(index: RowIndex, messageId: string, load: LoadRow): ForkCut | undefined {
  const { keep } = wholeCut(index);
  const { link: links } = new Tree(index);
  const at = findCut(index, links, keep, messageId, load);
  if (at === NONE) return undefined;
  keep.fill(0, at + 1);
  const chosen = index.uuid[at] as number;
  const ended = endBeforeBoundary(index, keep, load);
  const stripped = new Set<number>();
  for (let row = 0; row < index.count; row++) {
    if (ended[row] === 0 || ((index.flags[row] as number) & COMPACT_BOUNDARY) === 0) continue;
    const boundary = readBoundary(index, row, load);
    if (!boundary.isRewind && boundary.anchor === index.uuids.text(chosen)) stripped.add(row);
  }
  const stripping: LoadRow = (row) => (stripped.has(row) ? withoutPreserved(load(row)) : load(row));
  const preserved = (row: number): ReadonlySet<unknown> => readBoundary(index, row, stripping).preserved;
  return { keep: removeOtherEnds(index, links, ended, preserved, stripping), last: at, stripped };
}

/** Returns a boundary's row without the list of kept messages. */
export function withoutPreserved(row: JsonObject): JsonObject {
  const metadata = asObject(row["compactMetadata"]);
  if (metadata === undefined) return row;
  const { preservedMessages: _messages, preservedSegment: _segment, postTokens: _tokens, ...rest } = metadata;
  return { ...row, compactMetadata: rest };
}

function findCut(index: RowIndex, links: Int32Array, keep: Uint8Array, messageId: string, load: LoadRow): number {
  /** First row in the mask with each uuid, by its number; or -1. */
  const first = new Int32Array(index.uuids.count).fill(NONE);
  for (let row = index.count - 1; row >= 0; row--) if (keep[row] !== 0) first[index.uuid[row] as number] = row;
  const tree = new Tree(index, { keep, links });
  tree.relinkCompactions(load);
  const leaf = findLeaf(tree, rewindInForce(index), load);
  const onChain = new Uint8Array(index.count);
  const path = leaf === undefined ? new Int32Array(0) : tree.pathTo(leaf.row, onChain);
  const chain = insertParallel(tree, path, onChain, load);
  const firstOf = (row: number): number => first[index.uuid[row] as number] as number;
  const reach = chain.reduce((most, row) => Math.max(most, firstOf(row)), NONE);

  const number = index.uuids.find(messageId);
  const row = number === NONE ? NONE : (first[number] as number);
  if (row !== NONE && (row > reach || onChain[tree.rowOf[number] as number] !== 0)) return row;
  const isNamed = (at: number): boolean => sourceUuid(index, at, load) === messageId;
  const queued = [...chain, ...rowsAfter(index, keep, reach)].find(isNamed);
  if (queued !== undefined) return firstOf(queued);
  if (row !== NONE) return row;
  const anywhere = rowsAfter(index, keep, NONE).find(isNamed);
  return anywhere ?? lastOfMessage(index, first, messageId, load);
}

function rowsAfter(index: RowIndex, keep: Uint8Array, row: number): number[] {
  const rows: number[] = [];
  for (let at = row + 1; at < index.count; at++) if (keep[at] !== 0) rows.push(at);
  return rows;
}

function sourceUuid(index: RowIndex, row: number, load: LoadRow): unknown {
  if (((index.flags[row] as number) & QUEUED_COMMAND) === 0) return undefined;
  return asObject(load(row)["attachment"])?.["source_uuid"];
}

/** Returns the last row of an API message, with the results of its calls, or -1. A row is at its first position. */
function lastOfMessage(index: RowIndex, first: Int32Array, messageId: string, load: LoadRow): number {
  const message = index.messageIds.find(messageId);
  if (message === NONE) return NONE;
  const isFirst = (row: number): boolean => first[index.uuid[row] as number] === row;
  let last = NONE;
  const calls = new Set<unknown>();
  for (let row = 0; row < index.count; row++) {
    if (index.kind[row] !== ASSISTANT || index.message[row] !== message || !isFirst(row)) continue;
    last = row;
    for (const block of contentOf(load(row))) if (block["type"] === "tool_use") calls.add(block["id"]);
  }
  for (let row = last + 1; row < index.count && calls.size > 0; row++) {
    if (index.kind[row] !== USER || !isFirst(row)) continue;
    const results = contentOf(load(row)).filter((block) => block["type"] === "tool_result");
    if (results.some((block) => calls.delete(block["tool_use_id"]))) last = row;
  }
  return last;
}

interface Boundary {
  /** Uuids of the messages that the compaction kept. */
  readonly preserved: ReadonlySet<unknown>;
  readonly anchor: unknown;
  readonly logicalParent: unknown;
  /** Written by a rewind after a compaction, not by a compaction. */
  readonly isRewind: boolean;
}

function readBoundary(index: RowIndex, row: number, load: LoadRow): Boundary {
  const value = load(row);
  const uuid = index.uuids.text(index.uuid[row] as number);
  const metadata = asObject(value["compactMetadata"]);
  const { messages, segment } = preservedBy(value);
  const uuids = messages?.["uuids"];
  const anchor =
    (metadata?.["preservedMessages"] ?? undefined) === undefined ? segment?.["anchorUuid"] : messages?.["anchorUuid"];
  return {
    preserved: new Set([...(Array.isArray(uuids) ? uuids : []), segment?.["headUuid"], segment?.["tailUuid"]]),
    anchor,
    logicalParent: value["logicalParentUuid"],
    isRewind: metadata?.["durationMs"] === 0 && anchor === uuid,
  };
}

/**
 * Returns the mask of a fork that does not end between a boundary and its summary, which would only hide earlier rows. It
 * ends before the boundary instead, at the last message that the compaction kept or followed.
 */
function endBeforeBoundary(index: RowIndex, slice: Uint8Array, load: LoadRow): Uint8Array {
  const rows = rowsAfter(index, slice, NONE);
  const isBoundary = (row: number): boolean => ((index.flags[row] as number) & COMPACT_BOUNDARY) !== 0;
  const uuidOf = (row: number): string => index.uuids.text(index.uuid[row] as number);
  const lastMessage = rows.findLastIndex((row) => isMessageKind(index.kind[row] as number));
  const at = rows.findIndex((row, i) => i > lastMessage && isBoundary(row) && !readBoundary(index, row, load).isRewind);
  if (at < 0) return slice;
  const { preserved, anchor, logicalParent } = readBoundary(index, rows[at] as number, load);
  const head = rows.slice(0, at);
  const own = anchor === uuidOf(rows[at] as number);
  const wanted = new Set(own ? [] : [...preserved, logicalParent]);
  const kept = head.findLastIndex((row) => wanted.has(uuidOf(row)));
  const earlierRow = head.findLast(isBoundary);
  const earlier = earlierRow === undefined ? undefined : readBoundary(index, earlierRow, load);
  const keptTwice =
    kept >= 0 && earlier !== undefined && !earlier.isRewind && earlier.preserved.has(uuidOf(head[kept] as number));
  const summary = keptTwice ? head.findLastIndex((row) => uuidOf(row) === earlier.anchor) : NONE;
  const end = Math.max(kept, summary);
  const left = end < 0 ? head : head.slice(0, end + 1);
  if (!left.some((row) => index.kind[row] !== PROGRESS)) return slice;
  const ended = new Uint8Array(index.count);
  for (const row of left) ended[row] = 1;
  return ended;
}
