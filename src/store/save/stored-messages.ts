import { findConversation } from "../../transcript/conversation/conversation.ts";
import { MessageMaker, visibleRows } from "../../transcript/conversation/visible-messages.ts";
import { type RowIndex, SIDECHAIN } from "../../transcript/rows/row-index.ts";
import type { JsonObject } from "../../transcript/rows/json-values.ts";
import type { RowScan } from "../../transcript/rows/json-scanner.ts";
import type { Tree } from "../../transcript/tree/row-tree.ts";
import { isSavedRow, restoredMessage } from "../../transcript/saved/saved-row.ts";
import { readSize } from "../read/session-messages.ts";
import type { TranscriptFile } from "../read/transcript-file.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";

/** A message that a transcript has. */
export interface StoredMessage {
  readonly message: JsonObject;
  /** The row that it was saved in; undefined if Claude Code wrote it. */
  readonly row: JsonObject | undefined;
}

/**
 * Yields the messages of a transcript: those that were saved as they were, in the order of the file, and between them those that
 * Claude Code wrote, in the form of `getSessionMessages` and in its order, compacted ones included. Holds one at a time.
 */
export async function* storedMessages(file: TranscriptFile, signal?: AbortSignal): AsyncGenerator<StoredMessage> {
  const saved = await savedRows(file, signal);
  const { index, load } = file;
  const conversation = findConversation(index, load, { fileSize: readSize(file), includeCompacted: true });
  const maker = new MessageMaker(conversation, load);
  const isSaved = new Set(saved.map(({ offset }) => offset));
  let next = 0;
  const savedBefore = function* (end: number): Generator<StoredMessage> {
    for (let one = saved[next]; one !== undefined && one.offset < end; one = saved[++next]) {
      const row = file.valueAt(one.offset, one.length);
      const message = row && restoredMessage(row);
      if (message !== undefined) yield { message, row };
    }
  };
  for (const row of visibleRows(conversation, load)) {
    const offset = offsetOf(index, row.row);
    if (isSaved.has(offset)) continue;
    yield* savedBefore(offset);
    const { message } = maker.make(row);
    yield { message, row: undefined };
    if (isTurnOver()) await yieldToEventLoop(signal);
  }
  for (const one of savedBefore(Infinity)) {
    yield one;
    if (isTurnOver()) await yieldToEventLoop(signal);
  }
}

/**
 * Returns the uuid of the row that the conversation goes on after; null if it is empty. That is the last row below the last
 * message: Claude Code ignores rows that go on from the message itself, once it has recorded (`last-prompt`) where it left off.
 */
export function endOfConversation(file: TranscriptFile): string | null {
  const { index, load } = file;
  const { rows, tree } = findConversation(index, load, { fileSize: readSize(file) });
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows.row(i);
    if (row < index.count && tree.isMessage(row) && !tree.isFlagged(row, SIDECHAIN))
      return index.uuids.text(index.uuid[lastBelow(tree, row)] as number);
  }
  return null;
}

/** Returns the last row with no message between it and this one: itself, an attachment or a notice. */
function lastBelow(tree: Tree, message: number): number {
  const { count } = tree.index;
  const isElsewhere = new Uint8Array(count);
  for (let row = count - 1; row > message; row--) {
    if (!tree.isMain(row)) continue;
    let at = row;
    while (at > message && !tree.isMessage(at) && isElsewhere[at] === 0) {
      isElsewhere[at] = 1;
      at = tree.parent(at);
    }
    if (at === message) return row;
  }
  return message;
}

interface Place {
  readonly offset: number;
  readonly length: number;
}

async function savedRows(file: TranscriptFile, signal: AbortSignal | undefined): Promise<Place[]> {
  const places: Place[] = [];
  const visitor = {
    row(bytes: Buffer, start: number, end: number, offset: number, scan: RowScan): void {
      if (isSavedRow(bytes, scan)) places.push({ offset, length: end - start });
    },
  };
  for await (const _chunk of file.chunks(visitor, signal));
  return places;
}

/** Returns the offset of a row of the conversation. From `count` on, they are queued prompts. */
const offsetOf = ({ count, offset, queue }: RowIndex, row: number): number =>
  (row < count ? offset[row] : queue.offset[row - count]) as number;
