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
  /** Number of a message, or prefix of a row's uuid: only this message and its neighbours. */
  readonly around: string | undefined;
  /** With `around`: number of messages to show before and after it. */
  readonly context: number;
  readonly branches: boolean;
  /** Only messages that the model has when the session continues. */
  readonly current: boolean;
}

/** Messages to show. */
export interface Selected {
  /** In the order of the conversation. */
  readonly numbers: readonly number[];
  /** The one that was asked for with `around`. */
  readonly center: number | undefined;
}

/** Returns the messages to show. Counts the others in `left`. Throws `TranscriptError` if the one asked for is missing. */
export function select(
  open: OpenConversation,
  messages: Messages,
  selection: Selection,
  filter: PartFilter,
  left: LeftOut,
): Selected {
  const { from, last, around, branches, current } = selection;
  const center = around === undefined ? undefined : numberNamed(around, open, messages, AROUND_HINT);
  // What a rewind left behind is shown if it is asked for.
  const wanted = center === undefined ? 0 : messages.get(center).branch;
  const abandoned = new Set<number>();
  const others: number[] = [];
  const known = current ? currentNumbers(open, messages) : [];
  const isKnown = new Set(known);
  for (let number = 1; number <= messages.count; number++) {
    const { branch, compacted } = messages.get(number);
    if (isKnown.has(number)) continue;
    if (branch > 0 && branch !== wanted && !branches) {
      abandoned.add(branch);
      left.branchMessages++;
    } else if (current && compacted) left.compacted++;
    else if (current && branch === 0) left.notCurrent++;
    else others.push(number);
  }
  left.branches = abandoned.size;
  const candidates = [...known, ...others];
  if (center !== undefined) {
    const numbers = aroundOf(candidates, center, selection.context, open, messages, filter);
    left.before = candidates.indexOf(numbers[0] ?? center);
    left.after = candidates.length - left.before - numbers.length;
    return { numbers, center };
  }
  const first = from === undefined ? 1 : firstNumber(from, open, messages, candidates);
  const asked = candidates.filter((number) => number >= first);
  const shown = last === undefined ? asked : lastOf(asked, last, open, messages, filter);
  left.before = candidates.length - shown.length;
  return { numbers: shown, center };
}

/** Returns a message with its neighbours that have parts to show, and what is between them. */
function aroundOf(
  numbers: readonly number[],
  center: number,
  context: number,
  open: OpenConversation,
  messages: Messages,
  filter: PartFilter,
): number[] {
  const at = numbers.indexOf(center);
  if (at < 0)
    throw notFound(`Message ${center} is not one that the model still has`, "Leave out --current to see any message.");
  const reach = (step: 1 | -1): number => {
    let edge = at;
    for (let i = at + step, found = 0; found < context && i >= 0 && i < numbers.length; i += step) {
      if (!hasParts(numbers[i] ?? center, open, messages, filter)) continue;
      found++;
      edge = i;
    }
    return edge;
  };
  return numbers.slice(reach(-1), reach(1) + 1);
}

function hasParts(number: number, open: OpenConversation, messages: Messages, filter: PartFilter): boolean {
  const message = messages.get(number);
  return viewMessage(message, messages.entries(message), open, (part) => isShown(part, filter)).parts.length > 0;
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
    const number = numbers[at - 1] ?? 1;
    if (messages.get(number).isNote && !notesCount) continue;
    if (hasParts(number, open, messages, filter)) found++;
  }
  return numbers.slice(at);
}

/** Matches a prefix of a uuid, also a short one as a search shows it. Eight digits are a message number, if there is one. */
const UUID_START = /^[0-9a-f]{8}(?:-[0-9a-f-]*)?$/i;

function firstNumber(from: string, open: OpenConversation, messages: Messages, candidates: readonly number[]): number {
  if (/^\d{1,9}$/.test(from) || UUID_START.test(from)) return numberNamed(from, open, messages, FROM_HINT);
  const since = parseTime(from, "--from");
  const found = candidates.find((number) => {
    const time = Date.parse(String(open.entry(messages.get(number).from).message["timestamp"]));
    return time >= since;
  });
  if (found === undefined) throw notFound(`There are no messages since "${from}"`, FROM_HINT);
  return found;
}

/** Returns the number of the message that a number or the beginning of a uuid names. */
function numberNamed(name: string, open: OpenConversation, messages: Messages, hint: string): number {
  const number = /^\d{1,9}$/.test(name) ? Number(name) : NaN;
  if (number >= 1 && number <= messages.count) return number;
  const found = new Set(rowsOf(name, open).map((row) => messages.numberOf(row)));
  const [first] = found;
  if (found.size > 1)
    throw notFound(`Several messages have a uuid that begins with "${name}": ${[...found].join(", ")}`, hint);
  if (first !== undefined) return first;
  if (Number.isNaN(number)) throw notFound(`No message that is shown has a uuid that begins with "${name}"`, hint);
  throw notFound(`There is no message ${name}: the conversation has ${messages.count}`, hint);
}

/** Whether `--around` names a message that can be shown. */
export const isShownAt = (name: string, open: OpenConversation, messages: Messages): boolean =>
  rowsOf(name, open).length > 0 || (/^\d{1,9}$/.test(name) && Number(name) >= 1 && Number(name) <= messages.count);

function rowsOf(start: string, open: OpenConversation): number[] {
  if (start.length < SHORT_UUID) return [];
  const wanted = start.toLowerCase();
  const rows: number[] = [];
  for (let row = 0; row < open.length; row++) if (open.uuid(row).toLowerCase().startsWith(wanted)) rows.push(row);
  return rows;
}

/** Minimum length of the beginning of a uuid. */
export const SHORT_UUID = 8;

const FROM_HINT =
  "--from takes a message number, as shown after '#', a uuid, or a time such as 2h, yesterday or 2026-08-21T14:30.";
const AROUND_HINT =
  "--around takes a message number, as shown after '#', or a uuid or its first 8 characters, as 'search' shows them. Messages of a subagent need --subagent ID.";

const notFound = (message: string, hint: string): TranscriptError =>
  new TranscriptError("MessageNotFound", message, { hint });
