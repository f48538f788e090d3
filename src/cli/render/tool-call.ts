import { isAbsolute, relative } from "node:path";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { jsonText } from "../../view/json-text.ts";
import type { Result } from "../../view/parts.ts";

/** A line of what a tool did, and how it is meant. */
export interface ToolLine {
  readonly text: string;
  readonly tone: "plain" | "added" | "removed" | "place" | "failed";
}

/** What a call was about, in one line, without the tool's name; and what of it takes more lines. */
export interface CallView {
  readonly title: string;
  readonly lines: readonly ToolLine[];
  /** Language of the lines, for a fence of Markdown. */
  readonly language: string;
}

/** A tool call → what a person wants to know of it. `cwd`: paths below it are shown relative to it. */
export function viewCall(name: string, input: JsonObject, cwd: string | undefined): CallView {
  const view = VIEWS.get(name) ?? generic;
  const { title, text = "", language = "" } = view(input, cwd);
  return { title: title.split("\n", 1)[0] ?? "", lines: plain(text), language };
}

/**
 * What a call came to. An edit is shown by its change, as the CLI recorded it or else as the call says, not by the
 * tool's confirmation.
 */
export function viewResult(name: string, input: JsonObject, { failed, text, structured }: Result): readonly ToolLine[] {
  if (failed) return plain(text, "failed");
  if (EDITS.has(name)) {
    const change = changeOf(input, structured);
    if (change.length > 0) return change;
  }
  if (name === "TodoWrite") return [];
  return plain(text);
}

interface View {
  readonly title: string;
  readonly text?: string | undefined;
  readonly language?: string;
}

type Viewer = (input: JsonObject, cwd: string | undefined) => View;

const shell: Viewer = (input) => {
  const command = string(input["command"]).trim();
  const [first = ""] = command.split("\n", 1);
  return first === command
    ? { title: command }
    : { title: string(input["description"]) || first, text: command, language: "sh" };
};
const file: Viewer = (input, cwd) => ({ title: short(input["file_path"] ?? input["notebook_path"], cwd) });
const agent: Viewer = (input) => ({ title: string(input["description"]), text: string(input["prompt"]) });

/** A map, since the names of tools come from files: `constructor` is one, too. */
const VIEWS: ReadonlyMap<string, Viewer> = new Map(
  Object.entries<Viewer>({
    Bash: shell,
    PowerShell: shell,
    Read: (input, cwd) => {
      const [from, count] = [input["offset"], input["limit"]];
      const lines = typeof from === "number" || typeof count === "number" ? `:${range(from, count)}` : "";
      return { title: short(input["file_path"], cwd) + lines };
    },
    Write: file,
    Edit: file,
    MultiEdit: file,
    NotebookEdit: file,
    LS: (input, cwd) => ({ title: short(input["path"], cwd) }),
    Glob: (input, cwd) => ({
      title: [string(input["pattern"]), short(input["path"], cwd)].filter(Boolean).join(" in "),
    }),
    Grep: (input, cwd) => {
      const where = [short(input["path"], cwd), string(input["glob"])].filter(Boolean).join(" ");
      return { title: [string(input["pattern"]), where].filter(Boolean).join(" in ") };
    },
    Agent: agent,
    Task: agent,
    WebFetch: (input) => ({ title: string(input["url"]), text: string(input["prompt"]) }),
    WebSearch: (input) => ({ title: string(input["query"]) }),
    Skill: (input) => ({ title: [string(input["skill"]), string(input["args"])].filter(Boolean).join(" ") }),
    TodoWrite: (input) => ({ title: "", text: list(input["todos"]).map(todoLine).join("\n") }),
    TaskCreate: (input) => ({ title: string(input["subject"]) }),
    TaskUpdate: (input) => ({
      title: ["taskId", "status", "subject"].flatMap((key) => string(input[key]) || []).join(" "),
    }),
    ExitPlanMode: (input) => ({ title: "", text: string(input["plan"]), language: "markdown" }),
    AskUserQuestion: (input) => {
      const questions = list(input["questions"]).map((question) => {
        const options = list(question["options"]).map((option) => `  - ${string(option["label"])}`);
        return [string(question["question"]), ...options].join("\n");
      });
      return { title: "", text: questions.join("\n") };
    },
  }),
);

/** A tool that we do not know: what it was given, as it would be typed. */
function generic(input: JsonObject): View {
  const words = Object.entries(input).map(([key, value]) => {
    const text = typeof value === "string" ? value : jsonText(value);
    return `${key}: ${text.length > WORD_UNITS ? `${text.slice(0, WORD_UNITS)}…` : text}`;
  });
  return { title: words.join(", ").replace(/\s+/g, " ") };
}

const WORD_UNITS = 120;

const EDITS = new Set(["Edit", "MultiEdit", "Write", "NotebookEdit"]);

function changeOf(input: JsonObject, structured: JsonObject): ToolLine[] {
  const hunks = list(structured["structuredPatch"]);
  if (hunks.length > 0) return hunks.flatMap(hunkLines);
  const content = input["content"];
  if (typeof content === "string") return numbered(content);
  const edits = Array.isArray(input["edits"]) ? list(input["edits"]) : [input];
  return edits.flatMap((edit) => [
    ...changed(string(edit["old_string"]), "- ", "removed"),
    ...changed(string(edit["new_string"] ?? edit["new_source"]), "+ ", "added"),
  ]);
}

/** The lines of a hunk with their numbers in the file: the old one where a line went, the new one elsewhere. */
function hunkLines(hunk: JsonObject): ToolLine[] {
  let old = number(hunk["oldStart"]);
  let now = number(hunk["newStart"]);
  const lines = Array.isArray(hunk["lines"]) ? hunk["lines"].filter((line) => typeof line === "string") : [];
  const cells = String(Math.max(old, now) + lines.length).length;
  const head: ToolLine = { text: `@@ line ${now} @@`, tone: "place" };
  const shown = lines.map((line): ToolLine => {
    const sign = line[0];
    const at = sign === "-" ? old : now;
    if (sign !== "+") old++;
    if (sign !== "-") now++;
    const tone = sign === "+" ? "added" : sign === "-" ? "removed" : "plain";
    return { text: `${String(at).padStart(cells)} ${line}`, tone };
  });
  return [head, ...shown];
}

function numbered(content: string): ToolLine[] {
  const lines = linesOf(content);
  const cells = String(lines.length).length;
  return lines.map((line, i) => ({ text: `${String(i + 1).padStart(cells)} +${line}`, tone: "added" }));
}

const changed = (text: string, sign: string, tone: ToolLine["tone"]): ToolLine[] =>
  text === "" ? [] : linesOf(text).map((line) => ({ text: sign + line, tone }));

function plain(text: string, tone: ToolLine["tone"] = "plain"): ToolLine[] {
  const trimmed = text.trimEnd();
  let start = 0;
  while (trimmed[start] === "\n") start++;
  return trimmed === "" ? [] : linesOf(trimmed.slice(start)).map((line) => ({ text: line, tone }));
}

function linesOf(text: string): string[] {
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  return text.includes("\r\n") ? lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)) : lines;
}

const MARKS: Readonly<Record<string, string>> = { completed: "[x]", in_progress: "[>]" };
const todoLine = (todo: JsonObject): string => `${MARKS[string(todo["status"])] ?? "[ ]"} ${string(todo["content"])}`;

function range(from: unknown, count: unknown): string {
  const first = Math.max(number(from), 1);
  return typeof count === "number" ? `${first}-${first + count - 1}` : `${first}-`;
}

function short(path: unknown, cwd: string | undefined): string {
  if (typeof path !== "string") return "";
  if (cwd === undefined || !isAbsolute(path) || !isAbsolute(cwd)) return path;
  const below = relative(cwd, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const string = (value: unknown): string => asString(value) ?? "";
const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.map(membersOf) : []);
