import { ConversationRows } from "./conversation-row.ts";
import { push } from "../tree/row-list.ts";
import { hasResult } from "../tree/tool-blocks.ts";
import type { QueuedPrompt } from "./queue.ts";
import { ANSWERS, NONE, type RowIndex, SIDECHAIN } from "../rows/row-index.ts";
import { ASSISTANT, isMessageKind } from "../rows/row-kinds.ts";
import type { LoadRow } from "../tree/row-tree.ts";

export interface PlacesOptions {
  /** Adds prompts that the model was never given, at the end. */
  readonly includeUndelivered?: boolean | undefined;
  /** Counts rows of sidechains as main chain: the file is a subagent's. */
  readonly allMain?: boolean;
}

/**
 * Inserts queued prompts into the rows. A prompt follows the last message in the file before the operation that delivered
 * it, and the results of its calls; it is left out if that message is not in the conversation.
 */
export function withPrompts(
  index: RowIndex,
  load: LoadRow,
  rows: ConversationRows,
  prompts: readonly QueuedPrompt[],
  { includeUndelivered = false, allMain = false }: PlacesOptions,
): ConversationRows {
  if (prompts.length === 0) return rows;
  const delivered = prompts.filter(({ isDelivered }) => isDelivered);
  const left = includeUndelivered ? prompts.filter(({ isDelivered }) => !isDelivered) : [];
  const places = delivered.length === 0 ? [] : placesOf(index, load, rows, delivered, allMain);
  const after = new Map<number, QueuedPrompt[]>();
  for (const [i, prompt] of delivered.entries()) {
    const place = places[i];
    if (place !== undefined) push(after, place, prompt);
  }
  let end = rows.length - 1;
  while (end >= 0 && rows.branch(end) !== 0) end--;
  const placed = new ConversationRows(rows.length + prompts.length);
  for (let i = NONE; i < rows.length; i++) {
    const row = rows.get(i);
    if (row !== undefined) placed.push(row);
    const { compacted = false, branch = 0, apart } = row ?? {};
    for (const { text, place } of after.get(i) ?? []) {
      const at = index.queue.at[place] as number;
      placed.add(index.count + text, at, compacted, branch, apart);
    }
    if (i !== end) continue;
    for (const { text } of left) placed.add(index.count + text, index.count, false, 0, "undelivered");
  }
  return placed;
}

/** Returns the place in `rows` that each prompt follows: -1 for the beginning, undefined if it is not in this conversation. */
function placesOf(
  index: RowIndex,
  load: LoadRow,
  rows: ConversationRows,
  prompts: readonly QueuedPrompt[],
  allMain: boolean,
): (number | undefined)[] {
  const placeOf = new Int32Array(index.uuids.count).fill(NONE);
  for (let i = 0; i < rows.length; i++) placeOf[index.uuid[rows.row(i)] as number] = i;
  const ends = endsOfAnswers(index, load, rows);
  const isKnown = new Uint8Array(index.uuids.count);
  let row = 0;
  /** The last and the first message so far, without copies. */
  let last = NONE;
  let first = NONE;
  const readTo = (end: number): void => {
    for (; row < end; row++) {
      const uuid = index.uuid[row] as number;
      const isCopy = isKnown[uuid] !== 0;
      isKnown[uuid] = 1;
      if (isCopy || !isMessage(index, row) || (!allMain && ((index.flags[row] as number) & SIDECHAIN) !== 0)) continue;
      last = uuid;
      if (first === NONE) first = uuid;
    }
  };
  const befores = prompts.map(({ place }) => {
    readTo(index.queue.at[place] as number);
    return last;
  });
  readTo(index.count);
  const beginsHere = first === NONE || placeOf[first] !== NONE;
  /** Place of the previous prompt, from which prompts after the same message go on. */
  let place = NONE;
  return prompts.map(({ place: operation }, i) => {
    const before = befores[i] as number;
    if (before === NONE) return beginsHere ? NONE : undefined;
    if (before !== befores[i - 1]) place = placeOf[before] as number;
    if (place === NONE) return undefined;
    const at = index.queue.at[operation] as number;
    // Rows that are not messages stay before the prompt if they are before it in the file.
    for (let next = place + 1; next < rows.length; next++) {
      if (isMessage(index, rows.row(next)) || rows.at(next) >= at || rows.branch(next) !== rows.branch(place)) break;
      place = next;
    }
    return ends[place];
  });
}

/** Returns, for each place, the end of the answer that it is in, with the results of its calls; else the place itself. */
function endsOfAnswers(index: RowIndex, load: LoadRow, rows: ConversationRows): Int32Array {
  const ends = new Int32Array(rows.length).map((_, place) => place);
  let begin = NONE;
  let end = NONE;
  let answer = NONE;
  const close = (): void => {
    if (begin !== NONE) ends.fill(end, begin, end);
    begin = NONE;
  };
  for (let place = 0; place < rows.length; place++) {
    const row = rows.row(place);
    if (begin !== NONE && rows.branch(place) !== rows.branch(begin)) close();
    if (!isMessage(index, row)) continue;
    if (index.kind[row] === ASSISTANT) {
      const message = index.message[row] as number;
      if (begin === NONE || message === NONE || message !== answer) {
        close();
        begin = place;
        answer = message;
      }
      end = place;
    } else if (begin !== NONE && isResult(index, load, row)) end = place;
    else close();
  }
  close();
  return ends;
}

const isMessage = (index: RowIndex, row: number): boolean => isMessageKind(index.kind[row] as number);

const isResult = (index: RowIndex, load: LoadRow, row: number): boolean =>
  ((index.flags[row] as number) & ANSWERS) !== 0 || hasResult(load(row));
