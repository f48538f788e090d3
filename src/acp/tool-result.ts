import type { ToolCallContent, ToolCallLocation, ToolCallStatus } from "@agentclientprotocol/sdk/unstable";
import { blocksOf, note, showBlocks, textOf, withoutReminders } from "./content.ts";
import { META } from "./from-acp.ts";
import { type AnsweredCall, SPECIAL_RESULTS } from "./result-views.ts";
import { shellResult } from "./shell-result.ts";

type Json = Readonly<Record<string, unknown>>;

/** What a result changes about its tool call. Without `content` the call keeps what it showed. */
export interface ResultView {
  readonly status: ToolCallStatus;
  readonly title?: string;
  readonly content?: ToolCallContent[];
  readonly locations?: ToolCallLocation[];
  readonly rawOutput?: unknown;
  readonly _meta?: Record<string, unknown>;
}

/** The members of a call's input that its result is shown with; the rest need not be held until then. */
export function resultNeeds(name: string, input: Json): Json {
  const keys = NEEDED.get(name);
  if (keys === undefined) return NOTHING;
  return Object.fromEntries(keys.flatMap((key) => (key in input ? [[key, input[key]]] : [])));
}

const NOTHING: Json = {};

const NEEDED: ReadonlyMap<string, readonly string[]> = new Map([
  ["Grep", ["path"]],
  ["TaskCreate", ["subject", "activeForm"]],
  ["TaskUpdate", ["taskId", "status", "subject", "activeForm"]],
]);

/**
 * A tool result → how the call ends. `structured` is the row's `toolUseResult`, the CLI's own record beside the text
 * that the model got: it holds the hunks of an edit, the two streams of a command, the places of a search, where the
 * text has them mixed with words for the model.
 */
export function viewResult(call: AnsweredCall, block: Json, structured: Json, uri: string): ResultView {
  const output = block["content"];
  const failed = block["is_error"] === true;
  if (failed && textOf(output).startsWith(REJECTED))
    return { status: "failed", content: [rejection(textOf(output))], ...rawOutput(output) };
  if (SHELLS.has(call.name) && !hasOthers(output)) {
    const { content, exitCode, whole } = shellResult(textOf(output), structured, failed);
    const meta = exitCode === undefined ? {} : { _meta: { [META]: { exitCode } } };
    return { status: failed ? "failed" : "completed", content, ...(!whole && rawOutput(output)), ...meta };
  }
  const rest = isText(output) ? undefined : rawOutput(output);
  if (failed) return { status: "failed", content: showBlocks(withoutErrorTag(output), "", uri), ...rest };
  const { without = [], ...special } = SPECIAL_RESULTS.get(call.name)?.(call, output, structured) ?? {};
  if (special.content === undefined && !without.includes("content"))
    return { status: "completed", content: showBlocks(output, FENCED.get(call.name), uri), ...rest, ...special };
  return { status: "completed", ...(!without.includes("rawOutput") && rawOutput(output)), ...special };
}

/** What the model is told when a person says no; behind it, perhaps, what the person said. */
const REJECTED = "The user doesn't want to proceed with this tool use.";
const REASON = "the user said:\n";

function rejection(text: string): ToolCallContent {
  const at = text.indexOf(REASON);
  return note(at < 0 ? "Rejected by the user" : `Rejected by the user: ${text.slice(at + REASON.length)}`);
}

/** `<tool_use_error>…</tool_use_error>` is for the model, too. */
function withoutErrorTag(output: unknown): unknown {
  const [, inside] =
    typeof output === "string" ? (/^<tool_use_error>([^]*)<\/tool_use_error>$/.exec(output) ?? []) : [];
  return inside ?? output;
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

/** Whether `content` shows all that stands in an output. A result may be megabytes: once is enough. */
const isText = (output: unknown): boolean =>
  typeof output === "string" || blocksOf(output).every(({ type }) => type === "text");

/**
 * The output for the model, where `content` says the same in other words, or has kinds of blocks that ACP cannot show.
 * Pictures and documents are in `content`.
 */
function rawOutput(output: unknown): { rawOutput?: unknown } {
  if (output === undefined || output === null) return {};
  if (typeof output === "string") return { rawOutput: withoutReminders(output) };
  return hasOthers(output) ? {} : { rawOutput: output };
}

const hasOthers = (output: unknown): boolean =>
  typeof output !== "string" && blocksOf(output).some((block) => "source" in block);
