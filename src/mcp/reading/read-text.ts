import { escaped, notedLine } from "../../view/sanitise.ts";
import { callText, nameText, quoted, shortened } from "../core/quote.ts";
import type { Conversation, Whole } from "./row-names.ts";
import { isHalf, wholeAt } from "./long-text.ts";
import { costOf, markedText, UNITS_PER_TOKEN } from "./format.ts";
import { pieceOf } from "./item.ts";
import type { AnswerForm, Source } from "./call.ts";

interface SliceRequest extends AnswerForm {
  /** Start of the slice, in UTF-16 units. */
  readonly offset: number;
}

/**
 * Writes a slice of a text within the budget, with a header and how to read on. Throws errors of the disk if a stored output
 * can no longer be read.
 */
export function readText(conversation: Conversation, source: Source, whole: Whole, request: SliceRequest): string {
  const { text } = whole;
  const start = Math.min(request.offset, text.length);
  const from = start - (isHalf(text, start) ? 1 : 0);
  const write = (to: number, estimate = request.budget): string =>
    assemble(conversation, source, whole, request, { from, to, estimate });
  let to = from;
  let costs = { to: -1, cost: 0 };
  // Tokens per character vary little within a text, so a few guesses come close enough.
  let min = from;
  let max = Math.min(text.length, from + Math.ceil(request.budget * UNITS_PER_TOKEN));
  for (let guess = max, tries = 0; tries < GUESSES && min < max; tries++) {
    const cost = costOf(write(guess));
    if (cost <= request.budget) {
      to = min = guess;
      costs = { to, cost };
      if (cost > request.budget * 0.96) break;
    } else max = guess - 1;
    guess = tries % 2 === 0 && min > from ? (min + max) >> 1 : interpolated(cost, request.budget, from, guess);
    guess = Math.min(Math.max(guess, min + 1), max);
  }
  // Each slice has at least one character, so the caller always makes progress.
  if (to === from) to = Math.min(from + 1, text.length);
  const place = wholeAt(text, to, -1);
  to = place > from || place === text.length ? place : wholeAt(text, to, 1);
  return write(to, costs.to === to ? costs.cost : costOf(write(to)));
}

const GUESSES = 14;

const interpolated = (cost: number, budget: number, from: number, guess: number): number =>
  from + Math.floor(((guess - from) * budget * 0.97) / cost);

interface Slice {
  readonly from: number;
  readonly to: number;
  /** Cost of the whole answer. */
  readonly estimate: number;
}

function assemble(
  conversation: Conversation,
  source: Source,
  whole: Whole,
  { json, notes, again }: SliceRequest,
  { from, to, estimate }: Slice,
): string {
  const { open } = conversation;
  const { copy, shortId, title, agentId } = source;
  const { target, text } = whole;
  const { number, row } = target;
  const [id, kind] = target.kind === "call" ? [target.call, "call"] : [open.uuid(row), open.facts(row).kind];
  const next = to < text.length ? to : undefined;
  const slice = pieceOf({ kind: "text", ...whole }, from, to);
  const left =
    whole.sequences === 0 ? [] : [`Left out: ${whole.sequences} terminal control sequences (colours and the like).`];
  const all = [...left, ...notes];
  if (json) {
    const { own } = slice;
    return escaped(
      JSON.stringify({
        session: copy.sessionId,
        title,
        agentId,
        id: notedLine(id),
        number,
        kind,
        from,
        to,
        length: text.length,
        estimate,
        next,
        ...(all.length > 0 && { notes: all }),
        text: slice.text,
        ...(own.length > 0 && { own }),
      }),
    );
  }
  const called = JSON.stringify(shortened(notedLine(title), 60));
  const place = `message ${number} of ${conversation.messages.count}, ${kind} ${nameText(id, ID_UNITS)}`;
  const length = `characters ${from}-${to} of ${text.length}`;
  const call = { session: shortId, ...(agentId !== undefined && { agentId }) };
  const foot = [
    next === undefined
      ? `This is its end. The messages around it: read_session ${callText({ ...call, around: String(number) })}`
      : `The rest: get_message ${callText({ ...call, id: shortened(id, ID_UNITS), offset: to, ...again })}`,
    ...all,
  ];
  return `Session ${shortId} ${called} · ${place} · ${length} · about ${estimate} tokens\n${quoted(markedText(slice))}\n${foot.join("\n")}`;
}

/** Maximum UTF-16 units of an id in a header; ids of the API are shorter. */
const ID_UNITS = 64;
