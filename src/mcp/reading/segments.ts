import type { Message } from "../../view/messages.ts";
import { jsonText } from "../../view/json-text.ts";
import { type Call, mediaText, type Part, partsOf, type Result, speakerOf } from "../../view/parts.ts";
import { plain, plainLine } from "../quote.ts";
import { type Choice, leftOutBy } from "./choice.ts";
import type { Conversation } from "./conversation.ts";

/** What stands together in a message: a text, or a call with its result. Never empty. */
export interface Segment {
  readonly kind: Part["kind"];
  /** As a model may see it. */
  readonly text: string;
  /** The row that it begins in, by its place in the conversation. */
  readonly row: number;
  /** The tool's name, where it is a call or a result; as a model may see it. */
  readonly tool?: string | undefined;
}

/** A message as it is read: what of it was chosen, and what was left out. */
export interface Shown {
  readonly message: Message;
  /** Whose message it is, by what of it was chosen. */
  readonly speaker: Message["speaker"];
  readonly segments: readonly Segment[];
  readonly left: LeftOut;
  /** Of its first row. */
  readonly id: string | undefined;
  /** ISO 8601, to the minute; of its first row. */
  readonly time: string | undefined;
  readonly model: string | undefined;
  /** Characters of all segments. */
  readonly length: number;
}

/** How many parts were left out, by what leaves them out. */
export interface LeftOut {
  readonly roles: number;
  readonly thinking: number;
  readonly system: number;
  /** Thoughts that the API gave no text of. */
  readonly withheld: number;
  /** Messages with nothing in them. */
  readonly empty: number;
}

export const NOTHING_LEFT_OUT: LeftOut = { roles: 0, thinking: 0, system: 0, withheld: 0, empty: 0 };

/** Tool output is cut at so many characters on a page, and what a call was given at so many. */
const OUTPUT_UNITS = 1500;
const INPUT_UNITS = 300;

/** The message of that number, or only these rows of it, with what of it was chosen. */
export function showMessage(
  conversation: Conversation,
  number: number,
  choice: Choice,
  rows?: { readonly from: number; readonly to: number },
): Shown {
  const message = { ...conversation.message(number), ...rows };
  const left = { ...NOTHING_LEFT_OUT };
  let found = 0;
  const chosen: Chosen[] = [];
  let [time, model]: (string | undefined)[] = [];
  for (let row = message.from; row < message.to; row++) {
    const entry = conversation.open.entry(row);
    time ??= minuteOf(entry.message["timestamp"]);
    model ??= modelOf(entry.message.message);
    const parts = partsOf(entry, conversation.open);
    found += parts.length;
    for (const part of parts) {
      const by = leftOutBy(part, choice);
      if (by !== undefined) left[by]++;
      else chosen.push({ part, row, alone: parts.length === 1 });
    }
  }
  if (found === 0) left.empty++;
  const pairs = pairsOf(chosen);
  const paired = new Set(pairs.values());
  const single = chosen.length === 1;
  const segments: Segment[] = [];
  const whole = { input: choice.include.has("tool_input"), output: choice.include.has("tool_output") };
  for (const one of chosen) {
    const { part, row } = one;
    const from = { conversation, row, alone: one.alone && (single || row !== message.from) };
    if (part.kind === "call") {
      const result = pairs.get(one);
      const answer = result === undefined ? NO_RESULT : textOfResult(result, whole.output, conversation);
      segments.push({
        kind: "call",
        text: `${callText(part, whole.input, from)}\n${answer}`,
        row,
        tool: plainLine(part.name),
      });
    } else if (part.kind === "result") {
      // It stands with its call, unless that is in another message, or has a result already.
      if (paired.has(one)) continue;
      const text = `← result of a call in another message\n${resultText(part, whole.output, from)}`;
      segments.push({ kind: "result", text, row });
    } else {
      const text = partText(part, whole.output, from);
      if (text !== "") segments.push({ kind: part.kind, text, row });
    }
  }
  return {
    message,
    speaker: chosen.length === 0 ? message.speaker : speakerOf(chosen.map(({ part }) => part)),
    segments,
    left,
    id: conversation.shortId(message.from),
    time,
    model,
    length: segments.reduce((sum, { text }) => sum + text.length, 0),
  };
}

interface Chosen {
  readonly part: Part;
  readonly row: number;
  /** Its row holds nothing else. */
  readonly alone: boolean;
}

/** Each call with its result, where both are in the message. */
function pairsOf(chosen: readonly Chosen[]): Map<Chosen, Chosen> {
  const results = new Map<string, Chosen[]>();
  for (const one of chosen) {
    if (one.part.kind !== "result") continue;
    const same = results.get(one.part.id);
    if (same === undefined) results.set(one.part.id, [one]);
    else same.push(one);
  }
  const pairs = new Map<Chosen, Chosen>();
  for (const one of chosen) {
    const result = one.part.kind === "call" ? results.get(one.part.id)?.shift() : undefined;
    if (result !== undefined) pairs.set(one, result);
  }
  return pairs;
}

/** Where a text stands, so that the rest of it can be got. `alone`: get_message gives it and nothing else for that row. */
interface From {
  readonly conversation: Conversation;
  readonly row: number;
  readonly alone: boolean;
}

const NO_RESULT = "← no result in this message";

function partText(part: Exclude<Part, { kind: "call" | "result" }>, whole: boolean, from: From): string {
  switch (part.kind) {
    case "text":
      return plain(part.text).trim();
    case "thinking":
      return `[thinking] ${plain(part.text).trim()}`;
    case "command":
      return plain(`${part.name} ${part.args}`).trim();
    case "shell":
      return `! ${plain(part.command).trim()}`;
    case "output":
      return `${part.errors ? "← errors: " : "← "}${outputText(part.text, whole, from)}`;
    case "notice":
      return `[${part.level === "error" ? "error" : "note"}] ${plain(part.text).trim()}`;
    case "peer": {
      const about = part.summary === undefined ? "" : `: ${plainLine(part.summary)}`;
      return `[note from ${plainLine(part.from)}${about}] ${plain(part.text).trim()}`;
    }
    case "boundary":
      return `[${plain(part.text)}]`;
    case "summary":
      return `[summary of what was said before] ${plain(part.text).trim()}`;
    case "hidden":
      return `[said to the model only] ${plain(part.text).trim()}`;
    case "image":
    case "document":
    case "other":
      return `[${plain(mediaText(part))}]`;
    default:
      return part satisfies never;
  }
}

function callText({ name, input }: Call, whole: boolean, from: From): string {
  return `→ ${plain(name)} ${cut(plain(jsonText(input)), whole ? Infinity : INPUT_UNITS, { ...from, alone: false })}`;
}

const textOfResult = ({ part, row, alone }: Chosen, whole: boolean, conversation: Conversation): string =>
  part.kind === "result" ? resultText(part, whole, { conversation, row, alone }) : "";

function resultText(result: Result, whole: boolean, from: From): string {
  const { agentId } = result;
  const output = result.text === "" && result.media.length > 0 ? "" : outputText(result.text, whole, from);
  return [
    `${result.failed ? "← failed: " : "← "}${output}`,
    ...result.media.map((media) => `[${plain(mediaText(media))}]`),
    ...(agentId !== undefined && /^[\w-]{1,64}$/.test(agentId) ? [`[its conversation: agentId ${agentId}]`] : []),
  ].join("\n");
}

const outputText = (text: string, whole: boolean, from: From): string =>
  cut(plain(text).trimEnd(), whole ? Infinity : OUTPUT_UNITS, from) || "(nothing)";

/** A long text, with what is missing said, and the call that gets it. */
function cut(text: string, most: number, { conversation, row, alone }: From): string {
  // The notice would be longer than what it stands for.
  if (text.length <= most + SLACK) return text;
  const end = isHalf(text, most) ? most - 1 : most;
  const id = conversation.shortId(row);
  const offset = alone ? ` offset ${end}` : "";
  const how = id === undefined ? "include more to see it" : `the rest: get_message id ${id}${offset}`;
  return `${text.slice(0, end)}…\n[${text.length.toLocaleString("en")} characters in all; ${how}]`;
}

const SLACK = 100;

/** Whether a cut there would part a pair of surrogates. */
export const isHalf = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff;
};

function minuteOf(timestamp: unknown): string | undefined {
  const at = new Date(typeof timestamp === "string" ? timestamp : Number.NaN);
  return Number.isNaN(at.getTime()) ? undefined : `${at.toISOString().slice(0, 16)}Z`;
}

function modelOf(message: unknown): string | undefined {
  const model = typeof message === "object" && message !== null && "model" in message ? message.model : undefined;
  // The CLI's own words in the model's place have a name in brackets.
  return typeof model === "string" && /^[\w.:/@-]{1,64}$/.test(model) ? model : undefined;
}
