import type { OpenConversation } from "../../store/read/open-conversation.ts";
import { TranscriptError } from "../../store/errors.ts";
import { parseTime } from "../terminal/time.ts";
import type { Messages } from "../../view/messages.ts";
import { type Choice, isChosen, type LeftOut, viewMessage } from "./message-view.ts";

/** Which messages of a conversation are shown. */
export interface Selection {
  /** A message's number, the beginning of a row's uuid, or a time. */
  readonly from: string | undefined;
  readonly last: number | undefined;
  readonly branches: boolean;
  /** Only what the model has when the session goes on. */
  readonly current: boolean;
}

/** The numbers of the messages to show, in order; `left` learns what is not among them. */
export function select(
  open: OpenConversation,
  messages: Messages,
  { from, last, branches, current }: Selection,
  choice: Choice,
  left: LeftOut,
): number[] {
  const abandoned = new Set<number>();
  const inTurn: number[] = [];
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
    else inTurn.push(number);
  }
  left.branches = abandoned.size;
  const candidates = [...known, ...inTurn];
  const first = from === undefined ? 1 : firstNumber(from, open, messages, candidates);
  const asked = candidates.filter((number) => number >= first);
  const shown = last === undefined ? asked : lastOf(asked, last, { open, messages }, choice);
  left.before = candidates.length - shown.length;
  return shown;
}

/**
 * The messages that the model has, in the order in which it has them. A note of the CLI that stands beside them, and a prompt
 * that waits, come after the message that they stand after.
 */
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
    else if (branch === 0 && !compacted && isNotice) {
      const list = notes.get(before);
      if (list === undefined) notes.set(before, [number]);
      else list.push(number);
    }
  }
  return [0, ...known].flatMap((number) => [number, ...(notes.get(number) ?? [])]).slice(1);
}

/**
 * The last so many messages of which something is shown, and what stands between and after them. A note of the CLI does
 * not count, unless roles were asked for or there is nothing else: after `/exit` the last message is the answer before it.
 */
function lastOf(
  numbers: readonly number[],
  last: number,
  { open, messages }: { readonly open: OpenConversation; readonly messages: Messages },
  choice: Choice,
): number[] {
  const notesCount = choice.roles !== undefined || numbers.every((number) => messages.get(number).isNote);
  let at = numbers.length;
  for (let found = 0; at > 0 && found < last; at--) {
    const message = messages.get(numbers[at - 1] ?? 1);
    if (message.isNote && !notesCount) continue;
    const { parts } = viewMessage(message, messages.entries(message), open, (part) => isChosen(part, choice));
    if (parts.length > 0) found++;
  }
  return numbers.slice(at);
}

/** Enough of a uuid that it is nothing else. A number of eight digits is a message's number. */
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
