import type { OpenConversation } from "../../store/read/open-conversation.ts";
import { push } from "../../transcript/tree/row-list.ts";
import { TranscriptError } from "../../store/errors.ts";
import { parseTime } from "../terminal/time.ts";
import type { Messages } from "../../view/messages.ts";
import { type PartFilter, isShown, type LeftOut, viewMessage } from "./message-view.ts";

export interface Selection {
  /** Number of a message, prefix of a row's uuid, or a time. */
  readonly from: string | undefined;
  readonly last: number | undefined;
  readonly branches: boolean;
  /** Only messages that the model has when the session continues. */
  readonly current: boolean;
}

/** Returns the numbers of the messages to show, in order. Counts the others in `left`. */
export function select(
  open: OpenConversation,
  messages: Messages,
  { from, last, branches, current }: Selection,
  filter: PartFilter,
  left: LeftOut,
): number[] {
  const abandoned = new Set<number>();
  const others: number[] = [];
  const known = current ? currentNumbers(open, messages) : [];
  const isKnown = new Set(known);
  for (let number = 1; number <= messages.count; number++) {
    const { branch, compacted } = messages.get(number);
    if (isKnown.has(number)) continue;
    if (branch > 0 && !branches) {
      abandoned.add(branch);
      left.branchMessages++;
    } else if (current && compacted) left.compacted++;
    else if (current && branch === 0) left.notCurrent++;
    else others.push(number);
  }
  left.branches = abandoned.size;
  const candidates = [...known, ...others];
  const first = from === undefined ? 1 : firstNumber(from, open, messages, candidates);
  const asked = candidates.filter((number) => number >= first);
  const shown = last === undefined ? asked : lastOf(asked, last, open, messages, filter);
  left.before = candidates.length - shown.length;
  return shown;
}

/** Returns the messages that the model has, in its order, each followed by notes of the CLI and pending prompts. */
function currentNumbers(open: OpenConversation, messages: Messages): number[] {
  const numberAt = new Int32Array(open.length);
  for (let number = 1; number <= messages.count; number++) {
    const { from, to } = messages.get(number);
    numberAt.fill(number, from, to);
  }
  const known = new Set(Array.from(open.current(), (row) => numberAt[row] as number));
  const notes = new Map<number, number[]>();
  let before = 0;
  for (let number = 1; number <= messages.count; number++) {
    const { branch, compacted, apart, from } = messages.get(number);
    const isNotice = open.facts(from).kind === "system" || apart === "undelivered";
    if (known.has(number)) before = number;
    else if (branch === 0 && !compacted && isNotice) push(notes, before, number);
  }
  return [0, ...known].flatMap((number) => [number, ...(notes.get(number) ?? [])]).slice(1);
}

/**
 * Returns the last messages with parts to show, and what is between and after them. Notes of the CLI do not count, unless
 * roles are given or there is nothing else: after `/exit` the last message is the answer before it.
 */
function lastOf(
  numbers: readonly number[],
  last: number,
  open: OpenConversation,
  messages: Messages,
  filter: PartFilter,
): number[] {
  const notesCount = filter.roles !== undefined || numbers.every((number) => messages.get(number).isNote);
  let at = numbers.length;
  for (let found = 0; at > 0 && found < last; at--) {
    const message = messages.get(numbers[at - 1] ?? 1);
    if (message.isNote && !notesCount) continue;
    const { parts } = viewMessage(message, messages.entries(message), open, (part) => isShown(part, filter));
    if (parts.length > 0) found++;
  }
  return numbers.slice(at);
}

/** Matches a prefix of a uuid. Eight digits are a message number, which is tried first. */
const UUID_START = /^[0-9a-f]{8}(?:-[0-9a-f-]*)?$/i;

function firstNumber(from: string, open: OpenConversation, messages: Messages, candidates: readonly number[]): number {
  if (/^\d{1,9}$/.test(from)) {
    const number = Number(from);
    if (number >= 1 && number <= messages.count) return number;
    throw notFound(`There is no message ${from}: the conversation has ${messages.count}`);
  }
  if (UUID_START.test(from)) {
    const start = from.toLowerCase();
    for (let row = 0; row < open.length; row++) {
      if (open.uuid(row).toLowerCase().startsWith(start)) return messages.numberOf(row);
    }
    throw notFound(`No message that is shown has a uuid that begins with "${from}"`);
  }
  const since = parseTime(from, "--from");
  const found = candidates.find((number) => {
    const time = Date.parse(String(open.entry(messages.get(number).from).message["timestamp"]));
    return time >= since;
  });
  if (found === undefined) throw notFound(`There are no messages since "${from}"`);
  return found;
}

const notFound = (message: string): TranscriptError =>
  new TranscriptError("MessageNotFound", message, {
    hint: "--from takes a message number, as shown after '#', a uuid, or a time such as 2h, yesterday or 2026-08-21T14:30.",
  });
