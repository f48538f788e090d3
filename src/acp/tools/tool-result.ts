import type { ToolCallContent, ToolCallLocation, ToolCallStatus } from "@agentclientprotocol/sdk/unstable";
import type { Sidecars } from "../../view/parts.ts";
import { fence, withoutReminders } from "../../view/plain-text.ts";
import { readResult, textOfResult, type ToolResult } from "../../view/result.ts";
import { shellResult } from "../../view/tools/shell-result.ts";
import { claudeTool, OTHER_TOOL } from "../../view/tools/claude-tools.ts";
import type { AnsweredCall, ClaudeTool, FileDiff, ResultLook, ShownText } from "../../view/tools/claude-tool.ts";
import { type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { note, shorten } from "../rim/content.ts";
import { showPieces } from "../rim/content-blocks.ts";
import { META } from "../rim/from-acp.ts";
import { TOOL_TITLE_UNITS } from "../rim/message-limits.ts";
import { withStoredOutput } from "./stored-output.ts";

/** What a result changes about its tool call. Without `content` the call keeps what it showed. */
export interface ResultView {
  status: ToolCallStatus;
  title?: string;
  content?: ToolCallContent[];
  locations?: ToolCallLocation[];
  rawOutput?: unknown;
  /** Facts of ours, for `_meta`. */
  facts?: JsonObject;
  /** Where the whole output stands, if that is not the row. */
  place?: string;
  /** The whole output should be in a file of its own, and is not. */
  missing?: boolean;
}

/** A call with the name of its tool. */
export interface NamedCall extends AnsweredCall {
  readonly name: string;
}

/** The members of a call's input that its result is shown with; the rest need not be held until then. */
export function resultNeeds(name: string, input: JsonObject): JsonObject {
  const { needs } = claudeTool(name);
  if (needs.length === 0) return NOTHING;
  return Object.fromEntries(needs.flatMap((key) => (key in input ? [[key, input[key]]] : [])));
}

const NOTHING: JsonObject = {};

/**
 * A tool result → how the call ends. `structured` is the row's `toolUseResult`, the CLI's own record beside the text
 * that the model got: it holds the hunks of an edit, the two streams of a command, the places of a search, where the
 * text has them mixed with words for the model. `sidecars`: what stands in other files.
 */
export function viewResult(
  call: NamedCall,
  block: JsonObject,
  structured: JsonObject,
  uri: string,
  sidecars?: Sidecars,
): ResultView {
  const result = readResult(block);
  const [first] = result.pieces;
  // The CLI leaves one text in place of the output, which is all there is of nearly every result.
  const stored = first?.kind === "text" ? withStoredOutput(first.text, structured, sidecars) : undefined;
  if (stored === undefined) return viewRead(call, block, result, structured, uri, sidecars);
  const { text, output, note: words, facts, place, missing } = stored;
  const whole = { ...result, pieces: [{ kind: "text", text } as const, ...result.pieces.slice(1)] };
  // The record has what the command wrote to stderr apart.
  const record = typeof structured["stdout"] === "string" ? { ...structured, stdout: output } : structured;
  // The text for the model is the beginning of what is shown.
  const view = viewRead(call, block, whole, record, uri, sidecars);
  delete view.rawOutput;
  if (view.content !== undefined && words !== undefined) view.content = [...view.content, note(words)];
  if (view.facts !== undefined || "spilled" in facts) view.facts = { ...view.facts, ...facts };
  if (place !== undefined) view.place = place;
  if (missing) view.missing = true;
  return view;
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
  // Member by member: a spread for each would take longer than the rest (bench: ACP load).
  const view: ResultView = { status: failed ? "failed" : "completed" };
  if (said.startsWith(REJECTED)) {
    view.content = [rejection(said)];
    addRawOutput(view, result, output);
    return view;
  }
  const isServers = block["type"] !== undefined && block["type"] !== "tool_result";
  // The names of tools that the API ran, itself or over MCP, are their own: such a "Read" is not Claude Code's.
  const tool = isServers ? OTHER_TOOL : claudeTool(call.name);
  if (tool.isShell && !hasMedia(result)) {
    const { texts, exitCode, whole } = shellResult(textOfResult(result), structured, failed);
    view.content = texts.map(toContent);
    if (!whole) addRawOutput(view, result, output);
    if (exitCode !== undefined) view.facts = { exitCode };
    return view;
  }
  const language = isServers ? FENCED_SERVER.get(block["type"]) : FENCES[tool.output];
  if (failed) {
    view.content = showPieces(result, isServers ? language : "", uri);
    if (!isPlain(result, output)) addRawOutput(view, result, output);
    return view;
  }
  const look = tool.result?.(call, result, structured, sidecars) ?? PLAIN;
  const content = contentOf(look);
  const { title, places, facts } = look;
  if (content !== undefined) view.content = content;
  else if (look.keepsCall !== true && tool.output !== "confirmation") view.content = showPieces(result, language, uri);
  const isShown = content === undefined && view.content !== undefined;
  if (isShown ? !isPlain(result, output) : look.complete !== true) addRawOutput(view, result, output);
  if (title !== undefined) view.title = shorten(title, TOOL_TITLE_UNITS);
  if (places !== undefined) view.locations = places;
  if (facts !== undefined) view.facts = facts;
  return view;
}

const PLAIN: ResultLook = {};

/** What a result shows in place of the output; undefined if it shows nothing of its own. */
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

/** What the model is told when a person says no; behind it, perhaps, what the person said. */
const REJECTED = "The user doesn't want to proceed with this tool use.";
const REASON = "the user said:\n";

function rejection(text: string): ToolCallContent {
  const at = text.indexOf(REASON);
  return note(at < 0 ? "Rejected by the user" : `Rejected by the user: ${text.slice(at + REASON.length)}`);
}

/** Output for a terminal and source text are fenced, since Markdown would mangle them. */
const FENCES: Readonly<Record<ClaudeTool["output"], string | undefined>> = {
  console: "console",
  source: "",
  markdown: undefined,
  words: undefined,
  confirmation: undefined,
};

/** The same of what the API ran in its sandbox, by the type of the result: names of such tools may be anything. */
const FENCED_SERVER: ReadonlyMap<unknown, string> = new Map([
  ["code_execution_tool_result", "console"],
  ["bash_code_execution_tool_result", "console"],
  ["text_editor_code_execution_tool_result", ""],
]);

/** Whether the texts are all that stands in an output. A result may be megabytes: once is enough. */
const isPlain = (result: ToolResult, output: unknown): boolean =>
  output === undefined ||
  typeof output === "string" ||
  (Array.isArray(output)
    ? output.every((piece) => typeof piece === "string" || membersOf(piece)["type"] === "text")
    : membersOf(output)["text"] === textOfResult(result));

/**
 * Adds the output for the model, where `content` says the same in other words, or has kinds of blocks that ACP cannot show.
 * Pictures and documents are in `content`.
 */
function addRawOutput(view: ResultView, result: ToolResult, output: unknown): void {
  if (typeof output === "string") view.rawOutput = withoutReminders(output);
  else if (output !== undefined && output !== null && !hasMedia(result)) view.rawOutput = output;
}

const hasMedia = ({ pieces }: ToolResult): boolean => pieces.some(({ kind }) => kind === "media");
