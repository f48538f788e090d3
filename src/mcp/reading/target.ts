import type { Pieces, Target } from "./shown.ts";
import { jsonText } from "../../view/json-text.ts";
import { isWithheld, type Part, partsOf } from "../../view/parts.ts";
import { segmentsOf } from "../../view/spilled.ts";
import { escaped, sequencesIn } from "../../view/sanitise.ts";
import { echoed, nameText, OWN_MARK } from "../core/quote.ts";
import { ToolFailure } from "../core/tool.ts";
import { select, INCLUDES } from "./include.ts";
import type { Conversation } from "./row-names.ts";
import { joined, type JoinedText, type TextPiece } from "./long-text.ts";
import { type From, outputPieces, showMessage, TOOL_UNITS, wholeResult, withOwn } from "./segments.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

const EVERYTHING = select(undefined, INCLUDES);

/**
 * Finds the target of the number of a message, a prefix of a row's uuid, or the id of an API message (`msg_…`) or a tool call
 * (`toolu_…`). The uuid of a message's first row means the message. Throws `ToolFailure`.
 */
export async function findTarget(conversation: Conversation, given: string, signal: AbortSignal): Promise<Target> {
  const id = given.trim();
  const { open, messages } = conversation;
  const [, digits] = /^#?(\d{1,7})$/.exec(id) ?? [];
  if (digits !== undefined && Number(digits) >= 1 && Number(digits) <= messages.count) {
    const number = Number(digits);
    return { kind: "message", number, row: messages.get(number).from };
  }
  if (digits !== undefined && id.startsWith("#")) throw notFound(conversation, id);
  for (let row = 0; row < open.length && id.startsWith("msg_"); row++) {
    const number = open.messageId(row) === id ? conversation.messages.numberOf(row) : undefined;
    if (number !== undefined) return { kind: "message", number, row: conversation.messages.get(number).from };
  }
  return byUuidOrCall(conversation, id, signal);
}

async function byUuidOrCall(conversation: Conversation, id: string, signal: AbortSignal): Promise<Target> {
  const rows = id.length < MIN_ID_UNITS ? [] : conversation.rowsOf(id);
  const exact = rows.find((row) => conversation.open.uuid(row) === id);
  const row = exact ?? rows[0];
  if (row !== undefined && (exact !== undefined || rows.length === 1)) {
    const number = conversation.messages.numberOf(row);
    return { kind: conversation.messages.get(number).from === row ? "message" : "row", number, row };
  }
  if (rows.length > 1) {
    const some = rows.slice(0, 5).map((one) => conversation.open.uuid(one));
    const ids = some.map((one) => nameText(one, ID_UNITS)).join(", ");
    throw new ToolFailure(`${rows.length} ids start with ${echoed(id)}: ${ids}. Give more characters of the id.`);
  }
  const call = await callOf(conversation, id, signal);
  if (call === undefined) throw notFound(conversation, id);
  return call;
}

/** Minimum length of an id; shorter ones match too much. */
const MIN_ID_UNITS = 4;
const ROWS_PER_TURN = 2000;

/** Finds a tool call by searching all rows for its id: there is no index of calls. */
async function callOf(conversation: Conversation, call: string, signal: AbortSignal): Promise<Target | undefined> {
  const { open } = conversation;
  if (call.length < MIN_ID_UNITS || call.length > 200) return undefined;
  const needle = Buffer.from(call);
  const pieces: TextPiece[] = [];
  let sequences = 0;
  let first: number | undefined;
  for (let row = 0; row < open.length; row++) {
    if (row % ROWS_PER_TURN === ROWS_PER_TURN - 1) {
      await yieldToEventLoop();
      signal.throwIfAborted();
    }
    const { buffer, byteOffset, length } = open.bytes(row);
    if (!Buffer.from(buffer, byteOffset, length).includes(needle)) continue;
    for (const part of partsOf(open.entry(row), open)) {
      const found = callPieces(part, call, { conversation, row, alone: false });
      if (found.length === 0) continue;
      if (first !== undefined) pieces.push(LINE_END);
      first ??= row;
      for (const piece of found) pieces.push(piece);
      sequences += sequencesOf(part);
    }
  }
  if (first === undefined) return undefined;
  return { kind: "call", number: conversation.messages.numberOf(first), row: first, call, pieces, sequences };
}

const LINE_END: TextPiece = { text: "\n", own: [] };

function callPieces(part: Part, call: string, from: From): readonly TextPiece[] {
  if (part.kind === "call" && part.id === call) {
    return [withOwn(`${OWN_MARK}→ ${nameText(part.name, TOOL_UNITS)} ${escaped(jsonText(part.input))}`)];
  }
  return part.kind === "result" && part.id === call ? wholeResult(part, from) : [];
}

function sequencesOf(part: Part): number {
  if ("command" in part) return sequencesIn(part.command);
  if (!("text" in part)) return 0;
  if (!("spilled" in part)) return sequencesIn(part.text);
  let count = 0;
  // Those of an output that has a file are counted when it is read.
  for (const { text, spilled } of segmentsOf(part)) if (spilled?.file === undefined) count += sequencesIn(text);
  return count;
}

/**
 * Returns the whole text of a target: only the text of a single part, or several parts marked as on a page. Throws
 * `signal.reason`, and errors of the disk.
 */
export async function textOf(conversation: Conversation, target: Target, signal: AbortSignal): Promise<JoinedText> {
  const { pieces, sequences } = target.kind === "call" ? target : piecesOf(conversation, target);
  const text = await joined(pieces, signal);
  return { ...text, sequences: sequences + text.sequences };
}

function piecesOf(conversation: Conversation, target: Target): Pieces {
  const { open } = conversation;
  const message = conversation.messages.get(target.number);
  const [from, to] = target.kind === "row" ? [target.row, target.row + 1] : [message.from, message.to];
  const parts = Array.from({ length: to - from }, (_, at) => partsOf(open.entry(from + at), open)).flat();
  const sequences = parts.reduce((sum, part) => sum + sequencesOf(part), 0);
  const only = parts.length === 1 ? parts[0] : undefined;
  const hasMedia = only !== undefined && "media" in only && only.media.length > 0;
  if (only !== undefined && "text" in only && !hasMedia && !isWithheld(only)) {
    const pieces = outputPieces(only);
    return { pieces: pieces.map((piece) => (typeof piece === "string" ? withOwn(piece) : piece)), sequences };
  }
  const { segments, left } = showMessage(conversation, target.number, EVERYTHING, { from, to });
  if (segments.length === 0 && left.withheld > 0) {
    return { pieces: [withOwn(`${OWN_MARK}(thinking; the API gave no text for it)`)], sequences };
  }
  const pieces: TextPiece[] = [];
  for (const { text, own, whole } of segments) {
    if (pieces.length > 0) pieces.push(LINE_END);
    for (const piece of whole ?? [{ text, own }]) pieces.push(piece);
  }
  return { pieces, sequences };
}

/** Error for an id that no message, row or call of the conversation has. */
export class NotInConversation extends ToolFailure {}

const notFound = ({ messages }: Conversation, id: string): NotInConversation =>
  new NotInConversation(
    `Nothing in this conversation of ${messages.count} messages has the id ${echoed(id)}. Give the number of a message, the id in its heading, or the id of a tool call; read_session shows them. A subagent's messages need its agentId.`,
  );

const ID_UNITS = 64;
