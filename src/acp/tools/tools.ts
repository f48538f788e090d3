import type { ToolCallContent, ToolCallLocation, ToolKind } from "@agentclientprotocol/sdk/unstable";
import { note as noteOf, shorten } from "../rim/content.ts";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { TOOL_TITLE_UNITS } from "../rim/message-limits.ts";
import { absolute, places, shown } from "./locations.ts";

/** How a tool call looks before its result is known. */
export interface ToolView {
  readonly title: string;
  readonly kind: ToolKind;
  readonly content?: ToolCallContent[];
  readonly locations?: ToolCallLocation[];
}

/**
 * A tool call → title, kind, places and first content, as claude-agent-acp shows them (acp-replay.md, "Tool calls"). `cwd` is the
 * directory of the row: paths below it are shown relative to it, while locations stay absolute.
 */
export function viewTool(name: string, input: JsonObject, cwd: string | undefined): ToolView {
  const view = VIEWS.get(name)?.(input, cwd) ?? { title: name, kind: "other" };
  const title = shorten(view.title || name, TOOL_TITLE_UNITS);
  return title === view.title ? view : { ...view, title };
}

type View = (input: JsonObject, cwd: string | undefined) => ToolView;

const shell: View = (input) => ({
  title: asString(input["command"]) || "Terminal",
  kind: "execute",
  ...note(asString(input["description"])),
});

const glob: View = (input, cwd) => ({
  title: ["Find", quoted(asString(input["path"])), quoted(asString(input["pattern"]))].filter(Boolean).join(" "),
  kind: "search",
  ...places(input["path"], cwd),
});

const subagent: View = (input) => ({
  title: asString(input["description"]) || "Task",
  kind: "think",
  ...note(asString(input["prompt"])),
});

const fetched: View = (input) => ({
  title: `Fetch ${asString(input["url"]) ?? ""}`.trimEnd(),
  kind: "fetch",
  ...note(asString(input["prompt"])),
});

const searched: View = (input) => ({ title: `Search "${asString(input["query"]) ?? ""}"`, kind: "fetch" });

const edit: View = (input, cwd) => ({
  title: `Edit ${shown(input["file_path"] ?? input["notebook_path"], cwd)}`.trimEnd(),
  kind: "edit",
  ...diffs(input["file_path"], cwd, Array.isArray(input["edits"]) ? input["edits"].map(membersOf) : [input]),
  ...places(input["file_path"] ?? input["notebook_path"], cwd),
});

/** What a cell held is known with the result only. */
const notebookEdit: View = (input, cwd) => ({
  ...edit(input, cwd),
  ...(input["edit_mode"] !== "delete" && diffs(input["notebook_path"], cwd, [{ new_string: input["new_source"] }])),
});

/** A tool that is about one thing with a name or a number: "Stop task 7". */
const about =
  (words: string, kind: ToolKind, ...keys: readonly string[]): View =>
  (input) => {
    const value = keys.map((key) => input[key]).find((it) => typeof it === "string" || typeof it === "number");
    return { title: value === undefined ? words : `${words} ${value}`, kind };
  };

/** A map, since tool names come from files: `constructor` is one, too. */
const VIEWS: ReadonlyMap<string, View> = new Map(
  Object.entries<View>({
    Bash: shell,
    PowerShell: shell,
    Read: (input, cwd) => ({
      title: `Read ${shown(input["file_path"], cwd)}${range(input)}`.trimEnd(),
      kind: "read",
      ...places(input["file_path"], cwd, Math.max(number(input["offset"]) ?? 1, 1)),
    }),
    LS: (input, cwd) => ({
      title: `List ${shown(input["path"], cwd)}`.trimEnd(),
      kind: "read",
      ...places(input["path"], cwd),
    }),
    Write: (input, cwd) => ({
      title: `Write ${shown(input["file_path"], cwd)}`.trimEnd(),
      kind: "edit",
      ...diffs(input["file_path"], cwd, [{ new_string: input["content"] }]),
      ...places(input["file_path"], cwd),
    }),
    Edit: edit,
    MultiEdit: edit,
    NotebookEdit: notebookEdit,
    NotebookRead: (input, cwd) => ({
      title: `Read ${shown(input["notebook_path"], cwd)}`.trimEnd(),
      kind: "read",
      ...places(input["notebook_path"], cwd),
    }),
    Glob: glob,
    Grep: (input) => ({ title: grepCommand(input), kind: "search" }),
    WebFetch: fetched,
    WebSearch: searched,
    // The tools that the API runs itself.
    web_fetch: fetched,
    web_search: searched,
    bash_code_execution: shell,
    advisor: () => ({ title: "Ask the advisor", kind: "think" }),
    Task: subagent,
    Agent: subagent,
    TodoWrite: () => ({ title: "Update plan", kind: "think" }),
    EnterPlanMode: () => ({ title: "EnterPlanMode", kind: "switch_mode" }),
    ExitPlanMode: (input) => ({ title: "Approve Plan", kind: "switch_mode", ...note(asString(input["plan"])) }),
    AskUserQuestion: (input) => {
      const questions = (Array.isArray(input["questions"]) ? input["questions"] : []).map(membersOf);
      const [only] = questions.map(({ question }) => asString(question));
      return {
        title: questions.length === 1 && only ? only : "Asking for your input",
        kind: "other",
        ...note(questions.map(asked).join("\n\n").trim()),
      };
    },
    TaskCreate: (input) => ({
      ...about("Create task:", "think", "subject")(input, undefined),
      ...note(asString(input["description"])),
    }),
    TaskUpdate: (input) => {
      const { title } = about("Update task", "think", "taskId")(input, undefined);
      return {
        title: asString(input["status"]) === undefined ? title : `${title}: ${String(input["status"])}`,
        kind: "think",
      };
    },
    TaskList: about("List tasks", "think"),
    TaskGet: about("Show task", "think", "taskId"),
    TaskOutput: about("Read output of task", "read", "task_id"),
    TaskStop: about("Stop task", "execute", "task_id", "shell_id"),
    BashOutput: about("Read output of shell", "read", "bash_id"),
    KillShell: about("Stop shell", "execute", "shell_id"),
    KillBash: about("Stop shell", "execute", "shell_id"),
    ScheduleWakeup: (input) => ({
      title:
        number(input["delaySeconds"]) === undefined ? "Wake up later" : `Wake up in ${String(input["delaySeconds"])} s`,
      kind: "other",
      ...note(asString(input["reason"])),
    }),
    SendMessage: about("Message to", "other", "to"),
    ToolSearch: about("Search tools:", "search", "query"),
    Workflow: (input) => ({ title: asString(input["name"]) ?? "Run a workflow", kind: "think" }),
    Skill: (input) => ({ title: `Load skill: ${asString(input["skill"]) ?? ""}`.trimEnd(), kind: "other" }),
  }),
);

/** A question with what may be answered. */
function asked({ question, options }: JsonObject): string {
  const choices = (Array.isArray(options) ? options : []).map(membersOf).map(({ label, description }) => {
    const about = asString(description);
    return `- ${asString(label) ?? ""}${about ? `: ${about}` : ""}`;
  });
  return [asString(question) ?? "", ...choices].join("\n");
}

const number = (value: unknown): number | undefined => (Number.isSafeInteger(value) ? Number(value) : undefined);
const quoted = (text: string | undefined): string => (text ? `\`${text}\`` : "");

const note = (text: string | undefined): { content?: ToolCallContent[] } => (text ? { content: [noteOf(text)] } : {});

function range(input: JsonObject): string {
  const offset = number(input["offset"]);
  const limit = number(input["limit"]);
  if (limit !== undefined) return ` (${Math.max(offset ?? 1, 1)} - ${Math.max(offset ?? 1, 1) + limit - 1})`;
  return offset === undefined ? "" : ` (from line ${offset})`;
}

function diffs(path: unknown, cwd: string | undefined, edits: readonly JsonObject[]): { content?: ToolCallContent[] } {
  const at = absolute(path, cwd);
  if (at === undefined) return {};
  const content = edits.flatMap((change): ToolCallContent[] => {
    const newText = asString(change["new_string"]);
    return newText === undefined
      ? []
      : [{ type: "diff", path: at, oldText: asString(change["old_string"]) || null, newText }];
  });
  return content.length === 0 ? {} : { content };
}

/** The grep command line that would do the same. */
function grepCommand(input: JsonObject): string {
  const words = ["grep"];
  for (const flag of ["-i", "-n"]) if (input[flag] === true) words.push(flag);
  for (const flag of ["-A", "-B", "-C"]) if (number(input[flag]) !== undefined) words.push(flag, String(input[flag]));
  if (input["output_mode"] === "files_with_matches") words.push("-l");
  if (input["output_mode"] === "count") words.push("-c");
  if (asString(input["glob"])) words.push(`--include="${String(input["glob"])}"`);
  if (asString(input["type"])) words.push(`--type=${String(input["type"])}`);
  if (input["multiline"] === true) words.push("-P");
  words.push(`"${asString(input["pattern"]) ?? ""}"`);
  const path = asString(input["path"]);
  if (path) words.push(path);
  return words.join(" ");
}
