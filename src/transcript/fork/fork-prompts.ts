import { findConversation } from "../conversation/conversation.ts";
import { cutAt, type ForkCut, wholeCut } from "./select-rows.ts";
import { queuedPrompts, type QueuedPrompt } from "../conversation/queue.ts";
import { NONE, type RowIndex } from "../rows/row-index.ts";
import type { LoadRow } from "../tree/row-tree.ts";

/** Contents of a fork: rows, and queued prompts that are only in `queue-operation` rows. */
export interface ForkPart {
  readonly cut: ForkCut;
  /** Sorted by the operation that delivered or queued them. */
  readonly prompts: readonly QueuedPrompt[];
}

/** Returns everything, with pending prompts. */
export function wholePart(index: RowIndex, load: LoadRow): ForkPart {
  return { cut: wholeCut(index), prompts: inOrder(queuedPrompts(index, load)) };
}

/** Returns everything up to a message or a queued prompt, if there is one, with the prompts that were delivered before. */
export function partUpTo(index: RowIndex, messageId: string, load: LoadRow, fileSize: number): ForkPart | undefined {
  const cut = cutAt(index, messageId, load);
  if (index.queue.count === 0) return cut && { cut, prompts: [] };
  const standing = promptsInOrder(index, load, fileSize);
  if (cut !== undefined) return { cut, prompts: promptsOf(index, cut, standing) };
  const at = standing.findIndex(({ prompt }) => index.queue.idOf(prompt.text) === messageId);
  const before = standing[at]?.after ?? NONE;
  const cutBefore = before === NONE ? undefined : cutAt(index, index.uuids.text(before), load);
  if (cutBefore === undefined) return undefined;
  const beside = standing.slice(0, at + 1).filter(({ after }) => after === before);
  return { cut: cutBefore, prompts: promptsOf(index, cutBefore, standing, beside) };
}

/** A prompt, and the number of the uuid of the row that it follows in the conversation, or -1. */
interface PlacedPrompt {
  readonly prompt: QueuedPrompt;
  readonly after: number;
}

function promptsInOrder(index: RowIndex, load: LoadRow, fileSize: number): PlacedPrompt[] {
  const { rows, prompts } = findConversation(index, load, {
    fileSize,
    includeCompacted: true,
    branches: "all",
    includeUndelivered: true,
  });
  const byText = new Map(prompts.map((prompt) => [prompt.text, prompt]));
  const standing: PlacedPrompt[] = [];
  let after = NONE;
  for (const { row } of rows) {
    const prompt = byText.get(row - index.count);
    if (prompt !== undefined) standing.push({ prompt, after });
    else after = index.uuid[row] as number;
  }
  return standing;
}

/** Returns the delivered prompts that follow a row of the fork, except its last row, and those in `further`. */
function promptsOf(
  index: RowIndex,
  { keep, last }: ForkCut,
  standing: readonly PlacedPrompt[],
  further: readonly PlacedPrompt[] = [],
): QueuedPrompt[] {
  const isTaken = new Uint8Array(index.uuids.count);
  for (let row = 0; row < index.count; row++) if (keep[row] !== 0) isTaken[index.uuid[row] as number] = 1;
  if (last !== NONE) isTaken[index.uuid[last] as number] = 0;
  const taken = [...standing.filter(({ after }) => after !== NONE && isTaken[after] !== 0), ...further];
  return inOrder(taken.map(({ prompt }) => prompt).filter(({ isDelivered }) => isDelivered));
}

const inOrder = (prompts: readonly QueuedPrompt[]): QueuedPrompt[] => [...prompts].sort((a, b) => a.place - b.place);
