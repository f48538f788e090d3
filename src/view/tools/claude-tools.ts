import { asString, type JsonObject, membersOf, objectsIn } from "../../transcript/rows/json-values.ts";
import { checklist, editsOf, grepCommand, integer, linesRead, patternIn, questions, typed } from "./inputs.ts";
import { shown } from "./places.ts";
import {
  answered,
  edited,
  fileRead,
  found,
  leftPlanMode,
  reported,
  taskOutput,
  cliMessage,
  toolsFound,
  webFound,
  workflowRun,
  written,
} from "./results.ts";
import type { ClaudeTool, ToolKind } from "./claude-tool.ts";

const nothing = (): undefined => undefined;

/** Tool without an entry, such as one of an MCP server. Also the defaults of all entries. */
export const OTHER_TOOL: ClaudeTool = {
  kind: "other",
  title: () => "",
  detail: nothing,
  line: typed,
  body: nothing,
  bodyLanguage: "",
  leads: [],
  file: undefined,
  firstLine: undefined,
  edits: undefined,
  output: "words",
  isShell: false,
  needs: [],
  result: undefined,
  plan: undefined,
  subagents: "never",
};

type Entry = Partial<ClaudeTool>;

/** Entry of a tool that works on one file: "Edit src/a.ts". */
const onFile = (verb: string, kind: ToolKind, path: string): Entry => ({
  kind,
  title: (input, cwd) => `${verb} ${shown(input[path], cwd)}`.trimEnd(),
  line: (input, cwd) => shown(input[path], cwd),
  leads: [path],
  file: (input) => input[path],
});

/** Entry of a tool whose title names a thing or its number: "Stop task 7". */
const about = (words: string, kind: ToolKind, ...members: readonly string[]): Entry => ({
  kind,
  title(input) {
    const value = members.map((key) => input[key]).find((it) => typeof it === "string" || typeof it === "number");
    return value === undefined ? words : `${words} ${value}`;
  },
  leads: members,
});

/** Adds a text that is neither in the title nor in the line. */
const withText = (text: ClaudeTool["body"], bodyLanguage = ""): Entry => ({ detail: text, body: text, bodyLanguage });
const member =
  (key: string) =>
  (input: JsonObject): string | undefined =>
    asString(input[key]);

const quoted = (text: string | undefined): string => (text ? `\`${text}\`` : "");
const commandOf = (input: JsonObject): string => (asString(input["command"]) ?? "").trim();

const shell: Entry = {
  kind: "execute",
  title: (input) => asString(input["command"]) || "Terminal",
  detail: member("description"),
  line(input) {
    const command = commandOf(input);
    return (command.includes("\n") && asString(input["description"])) || command;
  },
  body(input) {
    const command = commandOf(input);
    return command.includes("\n") ? command : undefined;
  },
  bodyLanguage: "sh",
  leads: ["description", "command"],
  output: "console",
  isShell: true,
};

const subagent: Entry = {
  kind: "think",
  title: (input) => asString(input["description"]) || "Task",
  line: (input) => asString(input["description"]) ?? "",
  ...withText(member("prompt")),
  leads: ["description", "subagent_type"],
  output: "markdown",
  result: reported,
  subagents: "always",
};

const webFetch: Entry = {
  kind: "fetch",
  title: (input) => `Fetch ${asString(input["url"]) ?? ""}`.trimEnd(),
  line: (input) => asString(input["url"]) ?? "",
  ...withText(member("prompt")),
  leads: ["url"],
};

const webSearch: Entry = {
  kind: "fetch",
  title: (input) => `Search "${asString(input["query"]) ?? ""}"`,
  line: (input) => asString(input["query"]) ?? "",
  leads: ["query"],
  result: webFound,
};

const edit: Entry = {
  ...onFile("Edit", "edit", "file_path"),
  edits: editsOf,
  output: "confirmation",
  result: edited,
};

/** Each of Claude's tools, by its name. The fixture of an entry is fixtures/tools/NAME.json. */
const ENTRIES: Readonly<Record<string, Entry>> = {
  Bash: shell,
  PowerShell: shell,
  Read: {
    ...onFile("Read", "read", "file_path"),
    title(input, cwd) {
      const { first, last } = linesRead(input) ?? {};
      const lines = first === undefined ? "" : last === undefined ? ` (from line ${first})` : ` (${first} - ${last})`;
      return `Read ${shown(input["file_path"], cwd)}${lines}`.trimEnd();
    },
    line(input, cwd) {
      const lines = linesRead(input);
      return shown(input["file_path"], cwd) + (lines === undefined ? "" : `:${lines.first}-${lines.last ?? ""}`);
    },
    firstLine: (input) => linesRead(input)?.first ?? 1,
    output: "source",
    result: fileRead,
  },
  LS: { ...onFile("List", "read", "path"), output: "source" },
  Write: {
    ...onFile("Write", "edit", "file_path"),
    edits: (input) => [{ oldText: undefined, newText: asString(input["content"]), whole: true }],
    output: "confirmation",
    result: written,
  },
  Edit: edit,
  MultiEdit: edit,
  NotebookEdit: {
    ...onFile("Edit", "edit", "notebook_path"),
    // Only the result has the old text of the cell.
    edits: (input) =>
      input["edit_mode"] === "delete" ? [] : [{ oldText: undefined, newText: asString(input["new_source"]) }],
    output: "confirmation",
    result: edited,
  },
  NotebookRead: onFile("Read", "read", "notebook_path"),
  Glob: {
    kind: "search",
    title: ({ path, pattern }) => ["Find", quoted(asString(path)), quoted(asString(pattern))].filter(Boolean).join(" "),
    line: patternIn,
    leads: ["pattern", "path"],
    file: (input) => input["path"],
    output: "source",
    result: found,
  },
  Grep: {
    kind: "search",
    title: grepCommand,
    line: patternIn,
    leads: ["pattern", "path", "glob"],
    output: "source",
    needs: ["path"],
    result: found,
  },
  WebFetch: webFetch,
  WebSearch: webSearch,
  // Tools that the API runs itself.
  web_fetch: webFetch,
  web_search: webSearch,
  bash_code_execution: shell,
  advisor: { kind: "think", title: () => "Ask the advisor" },
  Task: subagent,
  Agent: subagent,
  TodoWrite: {
    kind: "think",
    title: () => "Update plan",
    line: () => "",
    body: checklist,
    output: "confirmation",
    plan: "todos",
  },
  EnterPlanMode: { kind: "switch_mode" },
  ExitPlanMode: {
    kind: "switch_mode",
    title: () => "Approve Plan",
    line: () => "",
    ...withText(member("plan"), "markdown"),
    result: leftPlanMode,
  },
  AskUserQuestion: {
    kind: "other",
    title(input) {
      const [only, ...more] = objectsIn(input["questions"]);
      return (more.length === 0 && asString(only?.["question"])) || "Asking for your input";
    },
    line: () => "",
    ...withText(questions),
    result: answered,
  },
  TaskCreate: {
    ...about("Create task:", "think", "subject"),
    line: (input) => asString(input["subject"]) ?? "",
    ...withText(member("description")),
    needs: ["subject", "activeForm"],
    plan: "create",
  },
  TaskUpdate: {
    kind: "think",
    title(input) {
      const { taskId, status } = input;
      const task = typeof taskId === "string" || typeof taskId === "number" ? `Update task ${taskId}` : "Update task";
      return asString(status) === undefined ? task : `${task}: ${String(status)}`;
    },
    line: ({ taskId, status, subject }) => [taskId, status, subject].flatMap((it) => asString(it) || []).join(" "),
    leads: ["taskId", "status", "subject"],
    needs: ["taskId", "status", "subject", "activeForm"],
    plan: "update",
  },
  TaskList: { ...about("List tasks", "think"), plan: "list" },
  TaskGet: about("Show task", "think", "taskId"),
  TaskOutput: { ...about("Read output of task", "read", "task_id"), result: taskOutput },
  TaskStop: { ...about("Stop task", "execute", "task_id", "shell_id"), result: cliMessage },
  BashOutput: { ...about("Read output of shell", "read", "bash_id"), output: "console" },
  KillShell: { ...about("Stop shell", "execute", "shell_id"), result: cliMessage },
  KillBash: about("Stop shell", "execute", "shell_id"),
  ScheduleWakeup: {
    kind: "other",
    title: ({ delaySeconds }) =>
      integer(delaySeconds) === undefined ? "Wake up later" : `Wake up in ${String(delaySeconds)} s`,
    detail: member("reason"),
    leads: ["delaySeconds", "reason"],
  },
  SendMessage: about("Message to", "other", "to"),
  ToolSearch: { ...about("Search tools:", "search", "query"), result: toolsFound },
  Workflow: {
    kind: "think",
    title: (input) => asString(input["name"]) ?? "Run a workflow",
    leads: ["name"],
    result: workflowRun,
    subagents: "always",
  },
  Skill: {
    kind: "other",
    title: (input) => `Load skill: ${asString(input["skill"]) ?? ""}`.trimEnd(),
    line: ({ skill, args }) => [asString(skill), asString(args)].filter(Boolean).join(" "),
    leads: ["skill"],
    subagents: "sometimes",
  },
};

/** Entries by name. A map, since a tool in a file may be named `constructor`. */
export const CLAUDE_TOOLS: ReadonlyMap<string, ClaudeTool> = new Map(
  Object.entries(ENTRIES).map(([name, entry]) => [name, { ...OTHER_TOOL, ...entry }]),
);

/** Returns the entry of a tool, or `OTHER_TOOL`. */
export const claudeTool = (name: string): ClaudeTool => CLAUDE_TOOLS.get(name) ?? OTHER_TOOL;

/** Guesses the tool of a result whose call is lost from the CLI's record. The name is empty if unknown. */
export function toolOfRecord(structured: JsonObject): { readonly name: string; readonly input: JsonObject } {
  const { filePath, structuredPatch, stdout } = structured;
  if (Array.isArray(structuredPatch)) {
    const name = typeof structured["content"] === "string" ? "Write" : "Edit";
    return { name, input: { file_path: filePath } };
  }
  const file = membersOf(structured["file"])["filePath"];
  if (file !== undefined) return { name: "Read", input: { file_path: file } };
  return { name: typeof stdout === "string" ? "Bash" : "", input: {} };
}
