import { textOf } from "./target.ts";
import { escaped, notedLine } from "../../view/sanitise.ts";
import { callText, nameText, quoted, shortened } from "../core/quote.ts";
import type { Conversation } from "./row-names.ts";
import { isHalf, wholeAt } from "./long-text.ts";
import { costOf, markedText, UNITS_PER_TOKEN } from "./format.ts";
import { pieceOf } from "./item.ts";
import type { Source } from "./read-page.ts";
import type { JoinedText } from "./long-text.ts";
import type { Target } from "./shown.ts";

export interface SliceRequest {
  readonly budget: number;
  /** UTF-16 units of the text. */
  readonly offset: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly notes: readonly string[];
  /** Members of the call beside session, id and offset. */
  readonly again: Readonly<Record<string, unknown>>;
}

/**
 * A slice of the text that a target stands for, with what it is and how to go on. It never costs more than the budget.
 * Throws `signal.reason`, and errors of the disk when a stored output cannot be read any more.
 */
export async function readText(
  conversation: Conversation,
  source: Source,
  target: Target,
  request: SliceRequest,
): Promise<string> {
  const whole = await conversation.text(target, () => textOf(conversation, target, request.signal));
  const { text } = whole;
  const from = Math.min(request.offset, text.length) - (isHalf(text, Math.min(request.offset, text.length)) ? 1 : 0);
  const write = (to: number, estimate = request.budget): string =>
    assemble(conversation, source, target, request, { whole, from, to, estimate });
  let to = from;
  let costs = { to: -1, cost: 0 };
  // Text has much the same rate all along, so a few guesses come close enough.
  let least = from;
  let most = Math.min(text.length, from + Math.ceil(request.budget * UNITS_PER_TOKEN));
  for (let guess = most, tries = 0; tries < GUESSES && least < most; tries++) {
    const cost = costOf(write(guess));
    if (cost <= request.budget) {
      to = least = guess;
      costs = { to, cost };
      if (cost > request.budget * 0.96) break;
    } else most = guess - 1;
    guess = tries % 2 === 0 && least > from ? (least + most) >> 1 : middleBy(cost, request.budget, from, guess);
    guess = Math.min(Math.max(guess, least + 1), most);
  }
  // Whoever asks gets on, however hostile the text is.
  if (to === from) to = Math.min(from + 1, text.length);
  const place = wholeAt(text, to, -1);
  to = place > from || place === text.length ? place : wholeAt(text, to, 1);
  return write(to, costs.to === to ? costs.cost : costOf(write(to)));
}

const GUESSES = 14;

const middleBy = (cost: number, budget: number, from: number, guess: number): number =>
  from + Math.floor(((guess - from) * budget * 0.97) / cost);

interface Slice {
  readonly whole: JoinedText;
  readonly from: number;
  readonly to: number;
  /** What the whole answer costs. */
  readonly estimate: number;
}

function assemble(
  conversation: Conversation,
  source: Source,
  target: Target,
  { json, notes, again }: SliceRequest,
  { whole, from, to, estimate }: Slice,
): string {
  const { open } = conversation;
  const { copy, shortId, title, agentId } = source;
  const { number, row } = target;
  const { text } = whole;
  const id = target.kind === "call" ? target.call : open.uuid(row);
  const what = target.kind === "call" ? "call" : open.facts(row).kind;
  const next = to < text.length ? to : undefined;
  const slice = pieceOf({ kind: "text", ...whole }, from, to);
  const left =
    whole.sequences === 0
      ? []
      : [`Left out of it: ${whole.sequences} control sequences of terminals (colours and the like).`];
  const all = [...left, ...notes];
  if (json) {
    const head = {
      session: copy.sessionId,
      title,
      agentId,
      id: notedLine(id),
      number,
      kind: what,
      from,
      to,
      length: text.length,
      estimate,
    };
    const { own } = slice;
    return escaped(
      JSON.stringify({
        ...head,
        next,
        ...(all.length > 0 && { notes: all }),
        text: slice.text,
        ...(own.length > 0 && { own }),
      }),
    );
  }
  const called = JSON.stringify(shortened(notedLine(title), 60));
  const place = `message ${number} of ${conversation.messages.count}, ${what} ${nameText(id, ID_UNITS)}`;
  const length = `characters ${from}-${to} of ${text.length}`;
  const call = {
    session: shortId,
    ...(agentId !== undefined && { agentId }),
    id: shortened(id, ID_UNITS),
    offset: to,
    ...again,
  };
  const foot = [
    next === undefined
      ? `This is its end. What stands around it: read_session ${callText({ session: shortId, ...(agentId !== undefined && { agentId }), around: String(number) })}`
      : `The rest: get_message ${callText(call)}`,
    ...all,
  ];
  return `Session ${shortId} ${called} · ${place} · ${length} · about ${estimate} tokens\n${quoted(markedText(slice))}\n${foot.join("\n")}`;
}

/** A longer id is no id of the API's, and not worth its place in a header. */
const ID_UNITS = 64;
