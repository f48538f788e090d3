import type { LeftOut, Segment, Shown } from "./shown.ts";
import { jsonText } from "../../view/json-text.ts";
import { type Call, type Media, mediaText, type Part, type Result, speakerOf, visitParts } from "../../view/parts.ts";
import { claudeTool } from "../../view/tools/claude-tools.ts";
import { leadsFirst } from "../../view/tools/inputs.ts";
import { escaped, noted, notedLine } from "../../view/sanitise.ts";
import { nameText, OWN_MARK, shortened } from "../core/quote.ts";
import { timeText } from "../sessions/session-line.ts";
import type { StoredOutput } from "../../store/read/tool-results.ts";
import { type JoinedTexts, segmentsOf, spilledWords } from "../../view/spilled.ts";
import { type Selection, leftOutBy } from "./include.ts";
import type { Conversation } from "./row-names.ts";
import { type TextPiece, wholeAt } from "./long-text.ts";

export const NOTHING_LEFT_OUT: LeftOut = { roles: 0, thinking: 0, system: 0, withheld: 0, empty: 0, missing: 0 };

/** Maximum UTF-16 units of a tool's output and input on a page. */
const OUTPUT_UNITS = 1500;
const INPUT_UNITS = 300;
/** Maximum UTF-16 units of another agent's name, of its summary, and of a document's name. */
const NAME_UNITS = 64;
const SUMMARY_UNITS = 300;
const MEDIA_UNITS = 200;
/** Maximum length of tool names in the API. */
export const TOOL_UNITS = 128;

/** Returns the selected parts of a message, or only of these rows of it. */
export function showMessage(
  conversation: Conversation,
  number: number,
  selection: Selection,
  rows?: { readonly from: number; readonly to: number },
): Shown {
  const message = { ...conversation.messages.get(number), ...rows };
  const left = { ...NOTHING_LEFT_OUT };
  let found = 0;
  const chosen: Chosen[] = [];
  let [time, model]: (string | undefined)[] = [];
  for (let row = message.from; row < message.to; row++) {
    const entry = conversation.open.entry(row);
    const { timestamp } = entry.message;
    time ??= typeof timestamp === "string" ? timeText(Date.parse(timestamp)) : undefined;
    model ??= modelOf(entry.message.message);
    const [before, first] = [found, chosen.length];
    visitParts(entry, conversation.open, (part) => {
      found++;
      const by = leftOutBy(part, selection);
      if (by !== undefined) left[by]++;
      else {
        if ("spilled" in part) left.missing += part.spilled?.filter(({ file }) => file === undefined).length ?? 0;
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
  const whole = { input: selection.include.has("tool_input"), output: selection.include.has("tool_output") };
  for (const one of chosen) {
    // A result is shown with its call, unless that is in another message or already has one.
    if (paired.has(one)) continue;
    const { part, row } = one;
    const from = { conversation, row, alone: one.alone && (single || row !== message.from) };
    let said: Said;
    if (part.kind === "call") {
      const answer = answerOf(pairs.get(one), whole.output, conversation);
      said = prefixed(`${callText(part, whole.input, from)}\n`, answer);
    } else if (part.kind === "result") {
      const result = resultText(part, whole.output, from);
      said = prefixed(`${OWN_MARK}← result of a call in another message\n`, result);
    } else if (part.kind === "output") {
      said = prefixed(`${OWN_MARK}${part.errors ? "← errors: " : "← "}`, outputText(part, whole.output, from));
    } else {
      const text = partText(part);
      if (text === "") continue;
      // A further text must not look like part of a tool's output before it.
      said = { text: segments.length > 0 && !text.startsWith(OWN_MARK) ? OWN_MARK + text : text };
    }
    const tool = part.kind === "call" ? shortened(notedLine(part.name), TOOL_UNITS) : undefined;
    segments.push({ kind: part.kind, ...marked(said), row, resultRow: pairs.get(one)?.row, tool });
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

/** Takes `OWN_MARK` out of a text, and returns the offsets of the server's own words. */
export function withOwn(text: string): Pick<Segment, "text" | "own"> {
  // Mostly there is no mark, or only the first character is one; then a long text is not copied.
  const last = text.lastIndexOf(OWN_MARK);
  if (last <= 0) return { text: text.slice(last + 1), own: last < 0 ? [] : [0] };
  const own: number[] = [];
  let units = -1;
  const pieces = text.split(OWN_MARK);
  for (const piece of pieces) {
    if (units >= 0) own.push(units);
    units = Math.max(units, 0) + piece.length;
  }
  return { text: pieces.join(""), own };
}

/** Text with `OWN_MARK` before the server's own words. */
interface Said {
  /** As a page shows it. */
  readonly text: string;
  /** All of it, if some is in other files. */
  readonly whole?: readonly (string | StoredOutput)[] | undefined;
}

const prefixed = (before: string, { text, whole }: Said): Said => ({
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
  /** Whether its row contains nothing else. */
  alone: boolean;
}

/** Maps each call to its result, if both are in the message. */
function pairsOf(chosen: readonly Chosen[]): Map<Chosen, Chosen> {
  const results = new Map<string, Chosen[]>();
  // From the end, because `pop` takes from there.
  for (const one of chosen.toReversed()) {
    if (one.part.kind !== "result") continue;
    const same = results.get(one.part.id);
    if (same === undefined) results.set(one.part.id, [one]);
    else same.push(one);
  }
  const pairs = new Map<Chosen, Chosen>();
  for (const one of chosen) {
    const result = one.part.kind === "call" ? results.get(one.part.id)?.pop() : undefined;
    if (result !== undefined) pairs.set(one, result);
  }
  return pairs;
}

/** Origin of a text, by which the rest of it can be read. */
export interface From {
  readonly conversation: Conversation;
  readonly row: number;
  /** Whether get_message returns only this text for the row. */
  readonly alone: boolean;
}

function partText(part: Exclude<Part, { kind: "call" | "result" | "output" }>): string {
  switch (part.kind) {
    case "text":
      return noted(part.text).trim();
    case "thinking":
      return `${OWN_MARK}[thinking] ${noted(part.text).trim()}`;
    case "command":
      return noted(`${part.name} ${part.args}`).trim();
    case "shell":
      return `${OWN_MARK}! ${noted(part.command).trim()}`;
    case "notice":
      return `${OWN_MARK}[${part.level === "error" ? "error" : "note"}] ${noted(part.text).trim()}`;
    case "peer": {
      const about = part.summary === undefined ? "" : `: ${nameText(part.summary, SUMMARY_UNITS)}`;
      return `${OWN_MARK}[note from ${nameText(part.from, NAME_UNITS)}${about}] ${noted(part.text).trim()}`;
    }
    case "boundary":
      return `${OWN_MARK}[${notedLine(part.text)}]`;
    case "summary":
      return `${OWN_MARK}[summary of what was said before] ${noted(part.text).trim()}`;
    case "hidden":
      return `${OWN_MARK}[said to the model only] ${noted(part.text).trim()}`;
    case "image":
    case "document":
    case "other":
      return `${OWN_MARK}[${mediaWords(part)}]`;
    default:
      return part satisfies never;
  }
}

/** Describes media. A name that is not plain is in quotation marks. */
const mediaWords = (media: Media): string =>
  notedLine(mediaText({ ...media, name: media.name === "" ? "" : nameText(media.name, MEDIA_UNITS) }));

function callText({ name, input }: Call, whole: boolean, from: From): string {
  const max = whole ? Infinity : INPUT_UNITS;
  let text = escaped(jsonText(input));
  if (text.length > max + SLACK) {
    // The members that say what the call is about come first, before the cut.
    const ordered = leadsFirst(input, claudeTool(name).leads);
    if (ordered !== input) text = escaped(jsonText(ordered));
  }
  return `${OWN_MARK}→ ${nameText(name, TOOL_UNITS)} ${cut(text, max, { ...from, alone: false })}`;
}

const answerOf = (result: Chosen | undefined, whole: boolean, conversation: Conversation): Said =>
  result?.part.kind === "result"
    ? resultText(result.part, whole, { conversation, row: result.row, alone: result.alone })
    : { text: `${OWN_MARK}← no result in this message` };

function resultText(result: Result, whole: boolean, from: From): Said {
  const { agentId, failed, media } = result;
  const output = result.text === "" && media.length > 0 ? { text: "" } : outputText(result, whole, from);
  const said = prefixed(`${OWN_MARK}${failed ? "← failed: " : "← "}`, output);
  const more = [
    ...media.map((one) => `\n${OWN_MARK}[${mediaWords(one)}]`),
    ...(agentId !== undefined && /^[\w-]{1,64}$/.test(agentId)
      ? [`\n${OWN_MARK}[its conversation: agentId ${agentId}]`]
      : []),
  ].join("");
  return { text: said.text + more, whole: said.whole && [...said.whole, more] };
}

/** Returns a result as get_message shows it. */
export const wholeResult = (result: Result, from: From): readonly TextPiece[] => {
  const { text, own, whole } = marked(resultText(result, true, from));
  return whole ?? [{ text, own }];
};

/** Writes the output of a tool or a command. Of what has a file of its own, a page has its beginning and how to get the rest. */
function outputText(output: JoinedTexts, whole: boolean, from: From): Said {
  const max = whole ? Infinity : OUTPUT_UNITS;
  const { spilled } = output;
  if (spilled === undefined) return { text: cut(noted(output.text).trimEnd(), max, from) || "(nothing)" };
  const hasRest = spilled.some(({ file }) => file !== undefined);
  const { conversation, row } = from;
  const id = conversation.shortId(row) ?? String(conversation.messages.numberOf(row));
  let text = "";
  let room = max;
  for (const segment of segmentsOf(output)) {
    const clean = noted(segment.text).trimEnd();
    if (hasRest) {
      const end = clean.length <= room + SLACK ? clean.length : wholeAt(clean, room, -1);
      text += clean.slice(0, end) + (end < clean.length ? "…" : "");
    } else text += cut(clean, room, { ...from, alone: from.alone && text === "" });
    room = Math.max(0, room - clean.length);
    if (segment.spilled !== undefined) {
      text += `\n${OWN_MARK}[${spilledWords(segment.spilled, `get_message id ${id}`)}]`;
    }
  }
  return { text, whole: hasRest ? outputPieces(output) : undefined };
}

/** Returns the pieces of a text with all of its output. What is not in this store is said, in the server's own words. */
export function outputPieces(output: JoinedTexts): (string | StoredOutput)[] {
  const pieces = Array.from(segmentsOf(output), ({ text, spilled }) => {
    if (spilled?.file !== undefined) return spilled.file;
    const clean = noted(text);
    return spilled === undefined ? clean : `${clean.trimEnd()}\n${OWN_MARK}[${spilledWords(spilled, "")}]`;
  });
  const last = pieces.at(-1);
  return typeof last === "string" ? [...pieces.slice(0, -1), last.trimEnd()] : pieces;
}

/** Cuts a long text, and names the call that gets the rest. */
function cut(text: string, max: number, { conversation, row, alone }: From): string {
  // A notice would be longer than the text it replaces.
  if (text.length <= max + SLACK) return text;
  const end = wholeAt(text, max, -1);
  const id = conversation.shortId(row);
  const offset = alone ? ` offset ${end}` : "";
  const how = id === undefined ? "include more to see it" : `the rest: get_message id ${id}${offset}`;
  return `${text.slice(0, end)}…\n${OWN_MARK}[${text.length.toLocaleString("en")} characters in all; ${how}]`;
}

const SLACK = 100;

function modelOf(message: unknown): string | undefined {
  const model = typeof message === "object" && message !== null && "model" in message ? message.model : undefined;
  // Messages that the CLI itself wrote have a name in brackets as their model.
  return typeof model === "string" && /^[\w.:/@-]{1,64}$/.test(model) ? model : undefined;
}
