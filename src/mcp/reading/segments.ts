import type { LeftOut, Segment, Shown } from "./shown.ts";
import { jsonText } from "../../view/json-text.ts";
import { type Call, type Media, mediaText, type Part, type Result, speakerOf, visitParts } from "../../view/parts.ts";
import { claudeTool } from "../../view/tools/claude-tools.ts";
import { leadsFirst } from "../../view/tools/inputs.ts";
import { escaped, noted, notedLine } from "../../view/sanitise.ts";
import { nameText, OURS, shortened } from "../core/quote.ts";
import type { StoredOutput } from "../../store/read/tool-results.ts";
import { type Spilled, spilledWords } from "../../view/spilled.ts";
import { type Choice, leftOutBy } from "./include.ts";
import type { Conversation } from "./row-names.ts";
import { wholeAt } from "./long-text.ts";
import type { TextPiece } from "./long-text.ts";

export const NOTHING_LEFT_OUT: LeftOut = { roles: 0, thinking: 0, system: 0, withheld: 0, empty: 0, missing: 0 };

/** Tool output is cut at so many characters on a page, and what a call was given at so many. */
const OUTPUT_UNITS = 1500;
const INPUT_UNITS = 300;
/** The name of another agent, from which a note is. */
const NAME_UNITS = 64;
/** What it says that a note is about, and what a document is called. */
const SUMMARY_UNITS = 300;
const MEDIA_UNITS = 200;
/** The API knows no longer names of tools. */
export const TOOL_UNITS = 128;

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
    const [before, first] = [found, chosen.length];
    visitParts(entry, conversation.open, (part) => {
      found++;
      const by = leftOutBy(part, choice);
      if (by !== undefined) left[by]++;
      else {
        if ("spilled" in part && part.spilled?.file === undefined) left.missing++;
        chosen.push({ part, row, alone: false });
      }
    });
    const only = found - before === 1 ? chosen[first] : undefined;
    if (only !== undefined) only.alone = true;
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
      const answer = result === undefined ? NO_RESULT : answerOf(result, whole.output, conversation);
      const said = saidAfter(`${callText(part, whole.input, from)}\n`, answer);
      segments.push({ kind: "call", ...marked(said), row, tool: shortened(notedLine(part.name), TOOL_UNITS) });
    } else if (part.kind === "result") {
      // It stands with its call, unless that is in another message, or has a result already.
      if (paired.has(one)) continue;
      const result = resultText(part, whole.output, from);
      const said = saidAfter(`${OURS}← result of a call in another message\n`, result);
      segments.push({ kind: "result", ...marked(said), row });
    } else if (part.kind === "output") {
      const said = saidAfter(`${OURS}${part.errors ? "← errors: " : "← "}`, outputText(part, whole.output, from));
      segments.push({ kind: part.kind, ...marked(said), row });
    } else {
      const text = partText(part);
      // What a person or the model says next must not look like a part of what a tool printed before.
      const mark = segments.length > 0 && !text.startsWith(OURS) ? OURS : "";
      if (text !== "") segments.push({ kind: part.kind, ...withOwn(mark + text), row });
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

/** A text in which `OURS` stands before our own words, as a text without it and their places. */
export function withOwn(text: string): Pick<Segment, "text" | "own"> {
  // Mostly there is none, or it is the first character. The text may be long: it is not put together anew.
  const last = text.lastIndexOf(OURS);
  if (last <= 0) return { text: text.slice(last + 1), own: last < 0 ? [] : [0] };
  const own: number[] = [];
  let units = -1;
  const pieces = text.split(OURS);
  for (const piece of pieces) {
    if (units >= 0) own.push(units);
    units = Math.max(units, 0) + piece.length;
  }
  return { text: pieces.join(""), own };
}

/** A text as a page has it, and whole, where something of it stands in other files; with `OURS` before our own words. */
interface Said {
  readonly text: string;
  readonly whole?: readonly (string | StoredOutput)[] | undefined;
}

const saidAfter = (before: string, { text, whole }: Said): Said => ({
  text: before + text,
  whole: whole && [before, ...whole],
});

const marked = ({ text, whole }: Said): Pick<Segment, "text" | "own" | "whole"> => ({
  ...withOwn(text),
  whole: whole?.map((piece) => (typeof piece === "string" ? withOwn(piece) : piece)),
});

interface Chosen {
  readonly part: Part;
  readonly row: number;
  /** Its row holds nothing else. */
  alone: boolean;
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
  // The last one stands first, so that each is taken off the end.
  for (const same of results.values()) same.reverse();
  const pairs = new Map<Chosen, Chosen>();
  for (const one of chosen) {
    const result = one.part.kind === "call" ? results.get(one.part.id)?.pop() : undefined;
    if (result !== undefined) pairs.set(one, result);
  }
  return pairs;
}

/** Where a text stands, so that the rest of it can be got. `alone`: get_message gives it and nothing else for that row. */
export interface From {
  readonly conversation: Conversation;
  readonly row: number;
  readonly alone: boolean;
}

const NO_RESULT: Said = { text: `${OURS}← no result in this message` };

function partText(part: Exclude<Part, { kind: "call" | "result" | "output" }>): string {
  switch (part.kind) {
    case "text":
      return noted(part.text).trim();
    case "thinking":
      return `${OURS}[thinking] ${noted(part.text).trim()}`;
    case "command":
      return noted(`${part.name} ${part.args}`).trim();
    case "shell":
      return `${OURS}! ${noted(part.command).trim()}`;
    case "notice":
      return `${OURS}[${part.level === "error" ? "error" : "note"}] ${noted(part.text).trim()}`;
    case "peer": {
      const about = part.summary === undefined ? "" : `: ${nameText(part.summary, SUMMARY_UNITS)}`;
      return `${OURS}[note from ${nameText(part.from, NAME_UNITS)}${about}] ${noted(part.text).trim()}`;
    }
    case "boundary":
      return `${OURS}[${notedLine(part.text)}]`;
    case "summary":
      return `${OURS}[summary of what was said before] ${noted(part.text).trim()}`;
    case "hidden":
      return `${OURS}[said to the model only] ${noted(part.text).trim()}`;
    case "image":
    case "document":
    case "other":
      return `${OURS}[${mediaWords(part)}]`;
    default:
      return part satisfies never;
  }
}

/** What is called by somebody else stands in quotation marks within our words, unless it is a plain name. */
const mediaWords = (media: Media): string =>
  notedLine(mediaText({ ...media, name: media.name === "" ? "" : nameText(media.name, MEDIA_UNITS) }));

function callText({ name, input }: Call, whole: boolean, from: From): string {
  const most = whole ? Infinity : INPUT_UNITS;
  let text = escaped(jsonText(input));
  if (text.length > most + SLACK) {
    // Even a cut input says what the call is about.
    const ordered = leadsFirst(input, claudeTool(name).leads);
    if (ordered !== input) text = escaped(jsonText(ordered));
  }
  return `${OURS}→ ${nameText(name, TOOL_UNITS)} ${cut(text, most, { ...from, alone: false })}`;
}

const answerOf = ({ part, row, alone }: Chosen, whole: boolean, conversation: Conversation): Said =>
  part.kind === "result" ? resultText(part, whole, { conversation, row, alone }) : NO_RESULT;

function resultText(result: Result, whole: boolean, from: From): Said {
  const { agentId, failed, media } = result;
  const output = result.text === "" && media.length > 0 ? { text: "" } : outputText(result, whole, from);
  const said = saidAfter(`${OURS}${failed ? "← failed: " : "← "}`, output);
  const more = [
    ...media.map((one) => `\n${OURS}[${mediaWords(one)}]`),
    ...(agentId !== undefined && /^[\w-]{1,64}$/.test(agentId)
      ? [`\n${OURS}[its conversation: agentId ${agentId}]`]
      : []),
  ].join("");
  return { text: said.text + more, whole: said.whole && [...said.whole, more] };
}

/** A result as get_message gives it. */
export const wholeResult = (result: Result, from: From): readonly TextPiece[] => {
  const { text, own, whole } = marked(resultText(result, true, from));
  return whole ?? [{ text, own }];
};

/** What a tool or a command printed. Of output in a file of its own a page has the beginning, and how to get the rest. */
function outputText({ text, spilled }: Pick<Result, "text" | "spilled">, whole: boolean, from: From): Said {
  const most = whole ? Infinity : OUTPUT_UNITS;
  const clean = noted(text).trimEnd();
  if (spilled === undefined) return { text: cut(clean, most, from) || "(nothing)" };
  const { conversation, row } = from;
  const id = conversation.shortId(row) ?? String(conversation.numberOf(row));
  const line = `\n${OURS}[${spilledWords(spilled, `get_message id ${id}`)}]`;
  if (spilled.file === undefined) return { text: cut(clean, most, from) + line };
  const end = clean.length <= most + SLACK ? clean.length : wholeAt(clean, most, -1);
  return {
    text: clean.slice(0, end) + (end < clean.length ? "…" : "") + line,
    whole: outputPieces(text, spilled, spilled.file),
  };
}

/** A text with its output whole. */
export const outputPieces = (text: string, { to }: Spilled, file: StoredOutput): (string | StoredOutput)[] => [
  file,
  noted(text.slice(to)).trimEnd(),
];

/** A long text, with what is missing said, and the call that gets it. */
function cut(text: string, most: number, { conversation, row, alone }: From): string {
  // The notice would be longer than what it stands for.
  if (text.length <= most + SLACK) return text;
  const end = wholeAt(text, most, -1);
  const id = conversation.shortId(row);
  const offset = alone ? ` offset ${end}` : "";
  const how = id === undefined ? "include more to see it" : `the rest: get_message id ${id}${offset}`;
  return `${text.slice(0, end)}…\n${OURS}[${text.length.toLocaleString("en")} characters in all; ${how}]`;
}

const SLACK = 100;

function minuteOf(timestamp: unknown): string | undefined {
  const at = new Date(typeof timestamp === "string" ? timestamp : Number.NaN);
  return Number.isNaN(at.getTime()) ? undefined : `${at.toISOString().slice(0, 16)}Z`;
}

function modelOf(message: unknown): string | undefined {
  const model = typeof message === "object" && message !== null && "model" in message ? message.model : undefined;
  // The CLI's own words in the model's place have a name in brackets.
  return typeof model === "string" && /^[\w.:/@-]{1,64}$/.test(model) ? model : undefined;
}
