import { findConversation } from "../conversation/conversation.ts";
import { cutAt, type ForkCut, wholeCut } from "./select-rows.ts";
import { queuedPrompts, type QueuedPrompt } from "../conversation/queue.ts";
import type { RowIndex } from "../rows/row-index.ts";
import type { LoadRow } from "../tree/row-tree.ts";

/** What a fork takes: rows, and queued prompts of which no row says anything but `queue-operation` rows. */
export interface ForkPart {
  readonly cut: ForkCut;
  /** By the place of the operation at which each stands. */
  readonly prompts: readonly QueuedPrompt[];
}

const NONE = -1;

/** Everything: prompts too that are still waiting. */
export function wholePart(index: RowIndex, load: LoadRow): ForkPart {
  return { cut: wholeCut(index), prompts: inOrder(queuedPrompts(index, load)) };
}

/**
 * What stands up to a message, which may be such a prompt. Of those, the ones that were delivered before it. Undefined when
 * there is no such message.
 */
export function partUpTo(index: RowIndex, messageId: string, load: LoadRow, fileSize: number): ForkPart | undefined {
  const cut = cutAt(index, messageId, load);
  if (index.queue.count === 0) return cut && { cut, prompts: [] };
  const standing = standingPrompts(index, load, fileSize);
  if (cut !== undefined) return { cut, prompts: standingIn(index, cut, standing) };
  const at = standing.findIndex(({ prompt }) => index.queue.idOf(prompt.text) === messageId);
  const before = standing[at]?.after ?? NONE;
  const cutBefore = before === NONE ? undefined : cutAt(index, index.uuids.text(before), load);
  if (cutBefore === undefined) return undefined;
  const beside = standing.slice(0, at + 1).filter(({ after }) => after === before);
  return { cut: cutBefore, prompts: standingIn(index, cutBefore, standing, beside) };
}

/** A prompt, and the number of the uuid of the row that it stands after in the conversation, or -1. */
interface StandingPrompt {
  readonly prompt: QueuedPrompt;
  readonly after: number;
}

function standingPrompts(index: RowIndex, load: LoadRow, fileSize: number): StandingPrompt[] {
  const { rows, prompts } = findConversation(index, load, {
    fileSize,
    includeCompacted: true,
    branches: "all",
    includeUndelivered: true,
  });
  const byText = new Map(prompts.map((prompt) => [prompt.text, prompt]));
  const standing: StandingPrompt[] = [];
  let after = NONE;
  for (const { row } of rows) {
    const prompt = byText.get(row - index.count);
    if (prompt !== undefined) standing.push({ prompt, after });
    else after = index.uuid[row] as number;
  }
  return standing;
}

/** Those that stand after a row that is taken, but for the last one, and `further` ones. */
function standingIn(
  index: RowIndex,
  { keep, last }: ForkCut,
  standing: readonly StandingPrompt[],
  further: readonly StandingPrompt[] = [],
): QueuedPrompt[] {
  const isTaken = new Uint8Array(index.uuids.count);
  for (let row = 0; row < index.count; row++) if (keep[row] !== 0) isTaken[index.uuid[row] as number] = 1;
  if (last !== NONE) isTaken[index.uuid[last] as number] = 0;
  const taken = [...standing.filter(({ after }) => after !== NONE && isTaken[after] !== 0), ...further];
  return inOrder(taken.map(({ prompt }) => prompt).filter(({ isDelivered }) => isDelivered));
}

const inOrder = (prompts: readonly QueuedPrompt[]): QueuedPrompt[] => [...prompts].sort((a, b) => a.place - b.place);
