import type { ToolCallContent, ToolCallLocation, ToolKind } from "@agentclientprotocol/sdk/unstable";
import { note as noteOf, object, shorten, string } from "../rim/content.ts";
import { TOOL_TITLE_UNITS } from "../rim/message-limits.ts";
import { absolute, places, shown } from "./locations.ts";

type Json = Readonly<Record<string, unknown>>;

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
export function viewTool(name: string, input: Json, cwd: string | undefined): ToolView {
  const view = VIEWS.get(name)?.(input, cwd) ?? { title: name, kind: "other" };
  const title = shorten(view.title || name, TOOL_TITLE_UNITS);
  return title === view.title ? view : { ...view, title };
}

type View = (input: Json, cwd: string | undefined) => ToolView;

const shell: View = (input) => ({
  title: string(input["command"]) || "Terminal",
  kind: "execute",
  ...note(string(input["description"])),
});

const glob: View = (input, cwd) => ({
  title: ["Find", quoted(string(input["path"])), quoted(string(input["pattern"]))].filter(Boolean).join(" "),
  kind: "search",
  ...places(input["path"], cwd),
});

const subagent: View = (input) => ({
  title: string(input["description"]) || "Task",
  kind: "think",
  ...note(string(input["prompt"])),
});

const fetched: View = (input) => ({
  title: `Fetch ${string(input["url"]) ?? ""}`.trimEnd(),
  kind: "fetch",
  ...note(string(input["prompt"])),
});

const searched: View = (input) => ({ title: `Search "${string(input["query"]) ?? ""}"`, kind: "fetch" });

const edit: View = (input, cwd) => ({
  title: `Edit ${shown(input["file_path"] ?? input["notebook_path"], cwd)}`.trimEnd(),
  kind: "edit",
  ...diffs(input["file_path"], cwd, Array.isArray(input["edits"]) ? input["edits"].map(object) : [input]),
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
    ExitPlanMode: (input) => ({ title: "Approve Plan", kind: "switch_mode", ...note(string(input["plan"])) }),
    AskUserQuestion: (input) => {
      const questions = (Array.isArray(input["questions"]) ? input["questions"] : []).map(object);
      const [only] = questions.map(({ question }) => string(question));
      return {
        title: questions.length === 1 && only ? only : "Asking for your input",
        kind: "other",
        ...note(questions.map(asked).join("\n\n").trim()),
      };
    },
    TaskCreate: (input) => ({
      ...about("Create task:", "think", "subject")(input, undefined),
      ...note(string(input["description"])),
    }),
    TaskUpdate: (input) => {
      const { title } = about("Update task", "think", "taskId")(input, undefined);
      return {
        title: string(input["status"]) === undefined ? title : `${title}: ${String(input["status"])}`,
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
      ...note(string(input["reason"])),
    }),
    SendMessage: about("Message to", "other", "to"),
    ToolSearch: about("Search tools:", "search", "query"),
    Workflow: (input) => ({ title: string(input["name"]) ?? "Run a workflow", kind: "think" }),
    Skill: (input) => ({ title: `Load skill: ${string(input["skill"]) ?? ""}`.trimEnd(), kind: "other" }),
  }),
);

/** A question with what may be answered. */
function asked({ question, options }: Json): string {
  const choices = (Array.isArray(options) ? options : []).map(object).map(({ label, description }) => {
    const about = string(description);
    return `- ${string(label) ?? ""}${about ? `: ${about}` : ""}`;
  });
  return [string(question) ?? "", ...choices].join("\n");
}

const number = (value: unknown): number | undefined => (Number.isSafeInteger(value) ? Number(value) : undefined);
const quoted = (text: string | undefined): string => (text ? `\`${text}\`` : "");

const note = (text: string | undefined): { content?: ToolCallContent[] } => (text ? { content: [noteOf(text)] } : {});

function range(input: Json): string {
  const offset = number(input["offset"]);
  const limit = number(input["limit"]);
  if (limit !== undefined) return ` (${Math.max(offset ?? 1, 1)} - ${Math.max(offset ?? 1, 1) + limit - 1})`;
  return offset === undefined ? "" : ` (from line ${offset})`;
}

function diffs(path: unknown, cwd: string | undefined, edits: readonly Json[]): { content?: ToolCallContent[] } {
  const at = absolute(path, cwd);
  if (at === undefined) return {};
  const content = edits.flatMap((change): ToolCallContent[] => {
    const newText = string(change["new_string"]);
    return newText === undefined
      ? []
      : [{ type: "diff", path: at, oldText: string(change["old_string"]) || null, newText }];
  });
  return content.length === 0 ? {} : { content };
}

/** The grep command line that would do the same. */
function grepCommand(input: Json): string {
  const words = ["grep"];
  for (const flag of ["-i", "-n"]) if (input[flag] === true) words.push(flag);
  for (const flag of ["-A", "-B", "-C"]) if (number(input[flag]) !== undefined) words.push(flag, String(input[flag]));
  if (input["output_mode"] === "files_with_matches") words.push("-l");
  if (input["output_mode"] === "count") words.push("-c");
  if (string(input["glob"])) words.push(`--include="${String(input["glob"])}"`);
  if (string(input["type"])) words.push(`--type=${String(input["type"])}`);
  if (input["multiline"] === true) words.push("-P");
  words.push(`"${string(input["pattern"]) ?? ""}"`);
  const path = string(input["path"]);
  if (path) words.push(path);
  return words.join(" ");
}
