import type { ToolCallContent, ToolCallLocation, ToolCallStatus } from "@agentclientprotocol/sdk/unstable";
import type { Sidecars } from "../../view/parts.ts";
import { fence, withoutReminders, shorten } from "../../view/plain-text.ts";
import { isServerSide, readResult, textOfResult, textsOfResult, type ToolResult } from "../../view/result.ts";
import { shellResult } from "../../view/tools/shell-result.ts";
import { claudeTool, OTHER_TOOL } from "../../view/tools/claude-tools.ts";
import type { AnsweredCall, ClaudeTool, FileDiff, ResultLook, ShownText } from "../../view/tools/claude-tool.ts";
import { type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { note, showPieces } from "../rim/content-blocks.ts";
import { META } from "../rim/from-acp.ts";
import { TOOL_TITLE_UNITS } from "../rim/message-limits.ts";
import { readTexts, type SpilledText } from "../../view/spilled.ts";
import { roomOfUpdate, type StoredText, withStoredOutput } from "./stored-output.ts";

/** Changes that a result makes to its tool call. Without `content` the call keeps its own. */
export interface ResultView {
  status: ToolCallStatus;
  title?: string;
  content?: ToolCallContent[];
  locations?: ToolCallLocation[];
  rawOutput?: unknown;
  /** Our facts, for `_meta`. */
  facts?: JsonObject;
  /** Where the whole output is, if not in the row. */
  place?: string;
  /** Number of whole outputs whose files are missing. */
  missing?: number;
}

export interface NamedCall extends AnsweredCall {
  readonly name: string;
}

/** Returns the members of a call's input that its result needs, so that the rest can be released. */
export function resultNeeds(name: string, input: JsonObject): JsonObject {
  const { needs } = claudeTool(name);
  if (needs.length === 0) return NOTHING;
  return Object.fromEntries(needs.flatMap((key) => (key in input ? [[key, input[key]]] : [])));
}

const NOTHING: JsonObject = {};

/**
 * Converts a tool result. `structured` is the row's `toolUseResult`, the CLI's own record: it has the hunks of an edit, the
 * two streams of a command and the places of a search, which the text mixes with words for the model.
 */
export function viewResult(
  call: NamedCall,
  block: JsonObject,
  structured: JsonObject,
  uri: string,
  sidecars?: Sidecars,
): ResultView {
  const result = readResult(block);
  const read = readTexts(textsOfResult(result), structured, sidecars?.toolResult);
  if (read.every((text) => text === undefined)) return viewRead(call, block, result, structured, uri, sidecars);
  const { pieces, outputs, stored } = withStored(result, read);
  const only = pieces.length === 1 ? stored[0] : undefined;
  // The record has stderr separately.
  const record = typeof structured["stdout"] === "string" ? { ...structured, stdout: outputs.join("\n") } : structured;
  const whole = { ...result, pieces };
  const view = viewRead(call, { ...block, content: textOfResult(whole) }, whole, record, uri, sidecars);
  // All that a command printed is in its content.
  if (claudeTool(call.name).isShell) delete view.rawOutput;
  if (only?.note !== undefined) {
    if (view.content !== undefined) view.content = [...view.content, note(only.note)];
    else if (typeof view.rawOutput === "string") view.rawOutput += `\n${only.note}`;
  }
  const facts = factsOf(stored);
  if (view.facts !== undefined || "spilled" in facts) view.facts = { ...view.facts, ...facts };
  const places = new Set(stored.flatMap(({ place }) => place ?? []));
  const [place] = places;
  if (place !== undefined) view.place = places.size === 1 ? place : "tool-results/ of the session";
  const missing = stored.filter((one) => one.missing).length;
  if (missing > 0) view.missing = missing;
  return view;
}

/** Returns the pieces of a result with stored output in the place of its stubs, and the texts of the pieces that are output. */
function withStored(
  { pieces }: ToolResult,
  read: readonly (SpilledText | undefined)[],
): { pieces: ToolResult["pieces"]; outputs: readonly string[]; stored: readonly StoredText[] } {
  const shown: ToolResult["pieces"][number][] = [];
  const outputs: string[] = [];
  const stored: StoredText[] = [];
  const room = roomOfUpdate();
  let next = 0;
  for (const piece of pieces) {
    const stub = piece.kind === "text" ? read[next++] : undefined;
    if (stub === undefined) {
      shown.push(piece);
      if (piece.kind === "text") outputs.push(piece.text);
      continue;
    }
    const one = withStoredOutput(stub, room);
    stored.push(one);
    outputs.push(one.output);
    shown.push({ kind: "text", text: one.text });
    // The note about a result's only text stands below all of it.
    if (one.note === undefined || pieces.length === 1) continue;
    outputs.push(one.note);
    shown.push({ kind: "text", text: one.note });
  }
  return { pieces: shown, outputs, stored };
}

/** Joins the facts about stored outputs: those of several are lists. */
function factsOf(stored: readonly StoredText[]): JsonObject {
  const [first, ...more] = stored.map(({ facts }) => facts).filter((facts) => "spilled" in facts);
  if (first === undefined || more.length === 0) return first ?? {};
  const all = [first, ...more];
  const cut = all.flatMap(({ length }) => (typeof length === "number" ? [length] : []));
  return {
    spilled: all.map(({ spilled }) => spilled),
    ...(cut.length > 0 && { omitted: ["content"], length: cut.reduce((sum, bytes) => sum + bytes) }),
  };
}

function viewRead(
  call: NamedCall,
  block: JsonObject,
  result: ToolResult,
  structured: JsonObject,
  uri: string,
  sidecars: Sidecars | undefined,
): ResultView {
  const { failed } = result;
  const output = block["content"];
  const said = failed ? textOfResult(result) : "";
  // Set member by member: spreads would take longer than the rest (bench: ACP load).
  const view: ResultView = { status: failed ? "failed" : "completed" };
  if (said.startsWith(REJECTED)) {
    view.content = [rejection(said)];
    addRawOutput(view, result, output);
    return view;
  }
  const serverSide = isServerSide(block);
  // A tool that the API ran, itself or over MCP, may have the name of one of Claude Code's.
  const tool = serverSide ? OTHER_TOOL : claudeTool(call.name);
  if (tool.isShell && !hasMedia(result)) {
    const { texts, exitCode, whole } = shellResult(textOfResult(result), structured, failed);
    view.content = texts.map(toContent);
    if (!whole) addRawOutput(view, result, output);
    if (exitCode !== undefined) view.facts = { exitCode };
    return view;
  }
  const language = serverSide ? SERVER_FENCES.get(block["type"]) : FENCES[tool.output];
  if (failed) {
    view.content = showPieces(result, serverSide ? language : "", uri);
    if (!isPlain(result, output)) addRawOutput(view, result, output);
    return view;
  }
  const look = tool.result?.(call, result, structured, sidecars) ?? PLAIN;
  const content = contentOf(look);
  const { title, places, facts } = look;
  if (content !== undefined) view.content = content;
  else if (hasMedia(result) || (look.keepsCall !== true && tool.output !== "confirmation")) {
    view.content = showPieces(result, language, uri);
  }
  const isShown = content === undefined && view.content !== undefined;
  // Images are nowhere else.
  const isBeside = content !== undefined && look.pieces === undefined && hasMedia(result);
  if (isBeside) view.content = [...content, ...showPieces({ pieces: result.pieces.filter(isMedia) }, language, uri)];
  if (isShown ? !isPlain(result, output) : look.complete !== true) {
    addRawOutput(view, result, isBeside ? textOfResult(result) || undefined : output);
  }
  if (title !== undefined) view.title = shorten(title, TOOL_TITLE_UNITS);
  if (places !== undefined) view.locations = places;
  if (facts !== undefined) view.facts = facts;
  return view;
}

const PLAIN: ResultLook = {};

/** Returns the content that a result shows instead of the output; undefined if it has none. */
function contentOf({ texts, diffs, pieces }: ResultLook): ToolCallContent[] | undefined {
  if (texts !== undefined) return texts.map(toContent);
  if (diffs !== undefined) return diffs.map(toDiff);
  return pieces === undefined ? undefined : showPieces({ pieces }, undefined, "");
}

const toContent = ({ text, language }: ShownText): ToolCallContent =>
  note(language === undefined ? text : fence(text, language));

const toDiff = ({ path, oldText, newText, numbers }: FileDiff): ToolCallContent => ({
  type: "diff",
  path,
  oldText,
  newText,
  ...(numbers !== undefined && { _meta: { [META]: numbers } }),
});

/** Text for the model when the person rejects a call; the person's reason may follow. */
const REJECTED = "The user doesn't want to proceed with this tool use.";
const REASON = "the user said:\n";

function rejection(text: string): ToolCallContent {
  const at = text.indexOf(REASON);
  return note(at < 0 ? "Rejected by the user" : `Rejected by the user: ${text.slice(at + REASON.length)}`);
}

/** Languages of fences for output that Markdown would mangle. */
const FENCES: Readonly<Record<ClaudeTool["output"], string | undefined>> = {
  console: "console",
  source: "",
  markdown: undefined,
  words: undefined,
  confirmation: undefined,
};

/** Languages of fences for results of the API's sandbox, by type, since names of such tools may be anything. */
const SERVER_FENCES: ReadonlyMap<unknown, string> = new Map([
  ["code_execution_tool_result", "console"],
  ["bash_code_execution_tool_result", "console"],
  ["text_editor_code_execution_tool_result", ""],
]);

/** Returns whether an output is only the texts shown. They may be megabytes and need not be sent twice. */
const isPlain = (result: ToolResult, output: unknown): boolean =>
  output === undefined ||
  typeof output === "string" ||
  (Array.isArray(output)
    ? output.every((piece) => typeof piece === "string" || membersOf(piece)["type"] === "text")
    : membersOf(output)["text"] === textOfResult(result));

/** Adds the output for the model, if `content` differs from it. Images and documents are in `content` only. */
function addRawOutput(view: ResultView, result: ToolResult, output: unknown): void {
  if (typeof output === "string") view.rawOutput = withoutReminders(output);
  else if (output !== undefined && output !== null && !hasMedia(result)) view.rawOutput = output;
}

const isMedia = ({ kind }: ToolResult["pieces"][number]): boolean => kind === "media";
const hasMedia = ({ pieces }: ToolResult): boolean => pieces.some(isMedia);
