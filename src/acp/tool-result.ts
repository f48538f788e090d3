import type { ToolCallContent, ToolCallLocation, ToolCallStatus } from "@agentclientprotocol/sdk/unstable";
import { blocksOf, fence, note, object, shorten, string, textOf, toContent, withoutReminders } from "./content.ts";
import { recordedChange } from "./diff.ts";
import { META } from "./from-acp.ts";
import { ID_UNITS, TOOL_TITLE_UNITS } from "./limits.ts";
import { foundPlaces, readPlace } from "./places.ts";
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

/** What is known of the call when its result comes: `input` has only the members that `resultNeeds` names. */
export interface AnsweredCall {
  readonly name: string;
  readonly input: Json;
  readonly cwd: string | undefined;
}

/** The members of a call's input that its result is shown with; the rest need not be held until then. */
export function resultNeeds(name: string, input: Json): Json {
  const keys = NEEDED.get(name) ?? [];
  return Object.fromEntries(keys.flatMap((key) => (key in input ? [[key, input[key]]] : [])));
}

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
  const raw = rawOutput(output);
  const failed = block["is_error"] === true;
  if (failed && textOf(output).startsWith(REJECTED))
    return { status: "failed", content: [rejection(textOf(output))], ...raw };
  if (SHELLS.has(call.name) && !hasOthers(output)) {
    const { content, exitCode } = shellResult(textOf(output), structured, failed);
    const meta = exitCode === undefined ? {} : { _meta: { [META]: { exitCode } } };
    return { status: failed ? "failed" : "completed", content, ...raw, ...meta };
  }
  if (failed) return { status: "failed", content: show(withoutErrorTag(output), "", uri), ...raw };
  const { without = [], ...special } = VIEWS.get(call.name)?.(call, output, structured) ?? {};
  const view = {
    status: "completed" as const,
    ...(special.content === undefined &&
      !without.includes("content") && { content: show(output, FENCED.get(call.name), uri) }),
    ...(without.includes("rawOutput") ? {} : raw),
  };
  return { ...view, ...special };
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

/** What a tool's result shows otherwise than as the text for the model. */
interface Special extends Partial<Omit<ResultView, "status" | "rawOutput">> {
  /** What is left out. Without `content` the call keeps what it showed. */
  readonly without?: readonly ("content" | "rawOutput")[];
}
type View = (call: AnsweredCall, output: unknown, structured: Json) => Special;

const edited: View = ({ name, cwd }, output, structured) => {
  const change = recordedChange(structured, cwd);
  const kind = name === "Write" ? (structured["type"] ?? writeOf(textOf(output))) : undefined;
  const meta = kind === "create" || kind === "update" ? { _meta: { [META]: { write: kind } } } : {};
  // The diff says it all; "The file … has been updated" is for the model.
  return { without: ["content"], ...change, ...meta };
};

/** Where a row has no record, its words say whether there was a file. */
const writeOf = (text: string): string | undefined =>
  text.startsWith("File created") ? "create" : /^The file .{1,4096} has been updated/.test(text) ? "update" : undefined;

const searched: View = ({ input, cwd }, _output, structured) => {
  const locations = foundPlaces(structured, string(input["path"]), cwd);
  return locations.length === 0 ? {} : { locations };
};

const delegated: View = (_call, output, structured) => {
  const { agentId, agentType, totalDurationMs, totalTokens, totalToolUseCount, isAsync, content } = structured;
  const about = { agentId, agentType, totalDurationMs, totalTokens, totalToolUseCount };
  const subagent = Object.fromEntries(Object.entries(about).filter(([, value]) => isPlain(value)));
  const meta = Object.keys(subagent).length === 0 ? {} : { _meta: { [META]: { subagent } } };
  // What follows the report (the agent's id, its usage, what not to tell the user) is for the model.
  if (isAsync === true) return { content: [note("Runs in the background.")], without: ["rawOutput"], ...meta };
  if (Array.isArray(content) && textOf(content) !== "")
    return { content: [note(textOf(content))], without: ["rawOutput"], ...meta };
  const texts = blocksOf(output).filter(({ text }) => !TRAILER.test(string(text) ?? ""));
  return { content: show(texts, undefined, ""), without: ["rawOutput"], ...meta };
};
const TRAILER = /^agentId: \S+ \(/;
const isPlain = (value: unknown): boolean =>
  typeof value === "number" || (typeof value === "string" && value.length <= ID_UNITS);

/** The CLI's own sentence, where the text has it in JSON. */
const told: View = (_call, _output, structured) => {
  const message = string(structured["message"]);
  return message === undefined ? {} : { content: [note(message)] };
};

const VIEWS: ReadonlyMap<string, View> = new Map<string, View>([
  ["Edit", edited],
  ["MultiEdit", edited],
  ["Write", edited],
  ["NotebookEdit", edited],
  ["Grep", searched],
  ["Glob", searched],
  ["Task", delegated],
  ["Agent", delegated],
  [
    "Read",
    ({ cwd }, _output, structured) => {
      const text = string(object(structured["file"])["content"]);
      if (structured["type"] !== "text" || text === undefined) return {};
      const content = text === "" ? [note("The file is empty")] : [note(fence(text))];
      return { content, ...readPlace(structured, cwd) };
    },
  ],
  ["ExitPlanMode", () => ({ title: "Exited Plan Mode", without: ["content"] })],
  [
    "AskUserQuestion",
    (_call, _output, structured) => {
      const answers = Object.entries(object(structured["answers"]));
      if (answers.length === 0) return {};
      return { content: [note(answers.map(([question, answer]) => `${question}\n→ ${String(answer)}`).join("\n\n"))] };
    },
  ],
  [
    "WebSearch",
    (_call, _output, structured) => {
      const results: unknown[] = Array.isArray(structured["results"]) ? structured["results"] : [];
      const parts = results.flatMap((result) =>
        typeof result === "string" ? [result.trim()] : [links(object(result))],
      );
      const text = parts.filter(Boolean).join("\n\n");
      return text === "" ? {} : { content: [note(text)] };
    },
  ],
  [
    "ToolSearch",
    (_call, output, structured) => {
      const matches: unknown[] = Array.isArray(structured["matches"])
        ? structured["matches"]
        : blocksOf(output).map((block) => block["tool_name"]);
      const names = matches.filter((name) => typeof name === "string");
      return names.length === 0 ? {} : { content: [note(names.join(", "))] };
    },
  ],
  [
    "TaskOutput",
    (_call, _output, structured) => {
      const { description, status, output } = object(structured["task"]);
      if (typeof status !== "string") return {};
      const about = string(description) === undefined ? status : `${String(description)}: ${status}`;
      const content = [note(about)];
      if (typeof output === "string" && output !== "") content.push(note(fence(output, "console")));
      return { content };
    },
  ],
  ["TaskStop", told],
  ["KillShell", told],
  [
    "Workflow",
    (_call, _output, structured) => {
      const summary = string(structured["summary"]);
      return summary === undefined ? {} : { title: shorten(summary, TOOL_TITLE_UNITS) };
    },
  ],
]);

const links = ({ content }: Json): string =>
  (Array.isArray(content) ? content.map(object) : [])
    .map(({ title, url }) => `- [${string(title) ?? ""}](${string(url) ?? ""})`)
    .join("\n");

/** The output as it stands in the transcript. Bytes of pictures and documents are in `content`: once is enough. */
function rawOutput(output: unknown): { rawOutput?: unknown } {
  if (output === undefined || output === null) return {};
  if (typeof output === "string") return { rawOutput: withoutReminders(output) };
  return hasOthers(output) ? {} : { rawOutput: output };
}

const hasOthers = (output: unknown): boolean => blocksOf(output).some((block) => "source" in block);

function show(output: unknown, language: string | undefined, uri: string): ToolCallContent[] {
  return blocksOf(output).flatMap((block, index): ToolCallContent[] => {
    const content = toContent(block, `${uri}/${index}`);
    if (content === undefined) return [];
    if (content.type !== "text") return [{ type: "content", content }];
    const text = withoutReminders(content.text);
    if (text === "") return [];
    return [note(language === undefined ? text : fence(text, language))];
  });
}
