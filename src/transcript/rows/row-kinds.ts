import { ascii, equals, hasBackslash, QUOTE, type RowScan } from "./json-scanner.ts";
import { lookUp, wordTable } from "./word-table.ts";

/** Kinds of rows, by their `type`: first those of the conversation, then those about it. */
export const USER = 0;
export const ASSISTANT = 1;
export const SYSTEM = 2;
export const ATTACHMENT = 3;
export const PROGRESS = 4;
export const LAST_PROMPT = 5;
export const QUEUE_OPERATION = 6;
export const TAG = 7;
export const CONTINUED_IN = 8;
/** Row of ours with all tags and the description (summary/annotation.ts). */
export const ANNOTATION = 9;
/** First of the kinds that a fork carries over (carried-over.ts). */
export const RELOCATED = 10;
export const CUSTOM_TITLE = 11;
export const AI_TITLE = 12;
const FORK_FACT = 13;
/** Row of any other type, or without a type. */
export const OTHER = -1;
/** Row whose type can only be read after undoing the escapes in it or in a key. */
export const ESCAPED = -2;

/** Kind of each type. A new type of the conversation also moves the bound of `isOfConversation`. */
const KINDS: Readonly<Record<string, number>> = {
  user: USER,
  assistant: ASSISTANT,
  system: SYSTEM,
  attachment: ATTACHMENT,
  progress: PROGRESS,
  "last-prompt": LAST_PROMPT,
  "queue-operation": QUEUE_OPERATION,
  tag: TAG,
  "continued-in": CONTINUED_IN,
  "claude-transcripts-annotation": ANNOTATION,
  relocated: RELOCATED,
  "custom-title": CUSTOM_TITLE,
  "ai-title": AI_TITLE,
  "history-suppression": FORK_FACT,
  "hybrid-organization": FORK_FACT,
  "content-replacement": FORK_FACT,
  "atis-latch": FORK_FACT,
  "tools-used": FORK_FACT,
  "data-flow-records": FORK_FACT,
  "data-flow-incomplete": FORK_FACT,
  "derived-from": FORK_FACT,
};

export const isOfConversation = (kind: number): boolean => kind >= USER && kind <= PROGRESS;
/** Reports whether rows of this kind are messages, rather than what stands between messages. */
export const isMessageKind = (kind: number): boolean => kind === USER || kind === ASSISTANT;
export const isForkFact = (kind: number): boolean => kind >= RELOCATED;

/** Returns the first type of this kind. */
export const typeOfKind = (kind: number): string | undefined =>
  Object.entries(KINDS).find(([, number]) => number === kind)?.[0];

/** Returns the kind of a row from the JSON of its type. */
export const kindOf = (bytes: Uint8Array, start: number, end: number): number =>
  lookUp(TYPES, bytes, start, end) ?? OTHER;

/** Returns the kind of a scanned row; the last `type` counts. `isPlain`: escapes were undone (`withPlainKeys`). */
export function readKind(bytes: Uint8Array, { members, count, keyMayHaveEscapes }: RowScan, isPlain = false): number {
  if (keyMayHaveEscapes && !isPlain) return ESCAPED;
  let kind = OTHER;
  for (let i = 0; i < count * 4; i += 4) {
    const key = members[i] as number;
    const keyEnd = members[i + 1] as number;
    if (keyEnd - key !== 4 || !equals(bytes, key, keyEnd, KEY_TYPE)) continue;
    const value = members[i + 2] as number;
    const valueEnd = members[i + 3] as number;
    kind = kindOf(bytes, value, valueEnd);
    if (kind === OTHER && !isPlain && bytes[value] === QUOTE && hasBackslash(bytes, value, valueEnd)) return ESCAPED;
  }
  return kind;
}

const KEY_TYPE = ascii("type");
const TYPES = wordTable(Object.fromEntries(Object.entries(KINDS).map(([type, kind]) => [`"${type}"`, kind])));
