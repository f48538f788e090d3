import type { ToolCallContent, ToolCallLocation, ToolCallStatus } from "@agentclientprotocol/sdk/unstable";
import type { Beside } from "../../view/parts.ts";
import { readResult, textOfResult, type ToolResult } from "../../view/result.ts";
import { note, withoutReminders } from "../rim/content.ts";
import { type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { showPieces } from "../rim/content-blocks.ts";
import { META } from "../rim/from-acp.ts";
import { type AnsweredCall, SPECIAL_RESULTS } from "./result-views.ts";
import { withStoredOutput } from "./stored-output.ts";
import { shellResult } from "./shell-result.ts";

/** What a result changes about its tool call. Without `content` the call keeps what it showed. */
export interface ResultView {
  readonly status: ToolCallStatus;
  readonly title?: string;
  readonly content?: ToolCallContent[];
  readonly locations?: ToolCallLocation[];
  readonly rawOutput?: unknown;
  readonly _meta?: Record<string, unknown>;
  /** Where the whole output stands, if that is not the row. */
  readonly place?: string;
  /** The whole output should be in a file of its own, and is not. */
  readonly missing?: boolean;
}

/** The members of a call's input that its result is shown with; the rest need not be held until then. */
export function resultNeeds(name: string, input: JsonObject): JsonObject {
  const keys = NEEDED.get(name);
  if (keys === undefined) return NOTHING;
  return Object.fromEntries(keys.flatMap((key) => (key in input ? [[key, input[key]]] : [])));
}

const NOTHING: JsonObject = {};

const NEEDED: ReadonlyMap<string, readonly string[]> = new Map([
  ["Grep", ["path"]],
  ["TaskCreate", ["subject", "activeForm"]],
  ["TaskUpdate", ["taskId", "status", "subject", "activeForm"]],
]);

/**
 * A tool result → how the call ends. `structured` is the row's `toolUseResult`, the CLI's own record beside the text
 * that the model got: it holds the hunks of an edit, the two streams of a command, the places of a search, where the
 * text has them mixed with words for the model. `beside`: what stands in other files.
 */
export function viewResult(
  call: AnsweredCall,
  block: JsonObject,
  structured: JsonObject,
  uri: string,
  beside?: Beside,
): ResultView {
  const result = readResult(block);
  const [first] = result.pieces;
  // The CLI leaves one text in place of the output, which is all there is of nearly every result.
  const stored = first?.kind === "text" ? withStoredOutput(first.text, structured, beside) : undefined;
  if (stored === undefined) return viewRead(call, block, result, structured, uri, beside);
  const { text, output, note: words, facts, place, missing } = stored;
  const whole = { ...result, pieces: [{ kind: "text", text } as const, ...result.pieces.slice(1)] };
  // The record has what the command wrote to stderr apart.
  const record = typeof structured["stdout"] === "string" ? { ...structured, stdout: output } : structured;
  // The text for the model is the beginning of what is shown.
  const { rawOutput: _raw, _meta, ...view } = viewRead(call, block, whole, record, uri, beside);
  return {
    ...view,
    ...(view.content !== undefined && words !== undefined && { content: [...view.content, note(words)] }),
    ...((_meta !== undefined || "spilled" in facts) && {
      _meta: { [META]: { ...membersOf(_meta?.[META]), ...facts } },
    }),
    ...(place !== undefined && { place }),
    ...(missing && { missing }),
  };
}

function viewRead(
  call: AnsweredCall,
  block: JsonObject,
  result: ToolResult,
  structured: JsonObject,
  uri: string,
  beside: Beside | undefined,
): ResultView {
  const { failed } = result;
  const output = block["content"];
  const said = failed ? textOfResult(result) : "";
  if (said.startsWith(REJECTED)) return { status: "failed", content: [rejection(said)], ...rawOutput(result, output) };
  const isServers = block["type"] !== undefined && block["type"] !== "tool_result";
  // The names of tools that the API ran, itself or over MCP, are their own: such a "Read" is not Claude Code's.
  const name = isServers ? "" : call.name;
  if (SHELLS.has(name) && !hasMedia(result)) {
    const { content, exitCode, whole } = shellResult(textOfResult(result), structured, failed);
    const meta = exitCode === undefined ? {} : { _meta: { [META]: { exitCode } } };
    return { status: failed ? "failed" : "completed", content, ...(!whole && rawOutput(result, output)), ...meta };
  }
  const rest = isPlain(result, output) ? undefined : rawOutput(result, output);
  const language = isServers ? FENCED_SERVER.get(block["type"]) : FENCED.get(name);
  if (failed) return { status: "failed", content: showPieces(result, isServers ? language : "", uri), ...rest };
  const { without = [], ...special } = SPECIAL_RESULTS.get(name)?.(call, result, structured, beside) ?? {};
  if (special.content === undefined && !without.includes("content"))
    return { status: "completed", content: showPieces(result, language, uri), ...rest, ...special };
  return { status: "completed", ...(!without.includes("rawOutput") && rawOutput(result, output)), ...special };
}

/** What the model is told when a person says no; behind it, perhaps, what the person said. */
const REJECTED = "The user doesn't want to proceed with this tool use.";
const REASON = "the user said:\n";

function rejection(text: string): ToolCallContent {
  const at = text.indexOf(REASON);
  return note(at < 0 ? "Rejected by the user" : `Rejected by the user: ${text.slice(at + REASON.length)}`);
}

const SHELLS: ReadonlySet<string> = new Set(["Bash", "PowerShell"]);

/** Tools whose output is for a terminal or is source text: Markdown would mangle it, so it is fenced. */
const FENCED: ReadonlyMap<string, string> = new Map([
  ["Bash", "console"],
  ["PowerShell", "console"],
  ["BashOutput", "console"],
  ["Read", ""],
  ["Grep", ""],
  ["Glob", ""],
  ["LS", ""],
]);

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
 * The output for the model, where `content` says the same in other words, or has kinds of blocks that ACP cannot show.
 * Pictures and documents are in `content`.
 */
function rawOutput(result: ToolResult, output: unknown): { rawOutput?: unknown } {
  if (output === undefined || output === null) return {};
  if (typeof output === "string") return { rawOutput: withoutReminders(output) };
  return hasMedia(result) ? {} : { rawOutput: output };
}

const hasMedia = ({ pieces }: ToolResult): boolean => pieces.some(({ kind }) => kind === "media");
