import type { ToolCallContent, ToolCallLocation } from "@agentclientprotocol/sdk/unstable";
import type { Beside } from "../../view/parts.ts";
import { textOfResult, type ToolResult } from "../../view/result.ts";
import { fence, note, shorten, textOf, withoutReminders } from "../rim/content.ts";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { showPieces } from "../rim/content-blocks.ts";
import { recordedChange } from "./diff.ts";
import { META } from "../rim/from-acp.ts";
import { ID_UNITS, TOOL_TITLE_UNITS } from "../rim/message-limits.ts";
import { foundPlaces, readPlace } from "./locations.ts";

/** What is known of the call when its result comes: `input` has only the members that `resultNeeds` (tool-result.ts) names. */
export interface AnsweredCall {
  readonly name: string;
  readonly input: JsonObject;
  readonly cwd: string | undefined;
}

/** What a tool's result shows otherwise than as the text for the model. */
interface SpecialResult {
  readonly title?: string;
  readonly content?: ToolCallContent[];
  readonly locations?: ToolCallLocation[];
  readonly _meta?: Record<string, unknown>;
  /** What is left out. Without `content` the call keeps what it showed. */
  readonly without?: readonly ("content" | "rawOutput")[];
}
type View = (
  call: AnsweredCall,
  result: ToolResult,
  structured: JsonObject,
  beside: Beside | undefined,
) => SpecialResult;

const edited: View = ({ name, cwd }, result, structured) => {
  const change = recordedChange(structured, cwd);
  const kind = name === "Write" ? (structured["type"] ?? writeOf(textOfResult(result))) : undefined;
  const meta = kind === "create" || kind === "update" ? { _meta: { [META]: { write: kind } } } : {};
  // The diff says it all; "The file … has been updated" is for the model.
  return { without: ["content"], ...change, ...meta };
};

/** Where a row has no record, its words say whether there was a file. */
const writeOf = (text: string): string | undefined =>
  text.startsWith("File created") ? "create" : /^The file .{1,4096} has been updated/.test(text) ? "update" : undefined;

const searched: View = ({ input, cwd }, _result, structured) => {
  const locations = foundPlaces(structured, asString(input["path"]), cwd);
  return locations.length === 0 ? {} : { locations };
};

const delegated: View = (_call, result, structured, beside) => {
  const { agentType, totalDurationMs, totalTokens, totalToolUseCount, isAsync, content } = structured;
  // Where there is no such transcript, the id leads nowhere.
  const agentId = beside?.hasSubagent(String(structured["agentId"])) === true ? structured["agentId"] : undefined;
  const about = { agentId, agentType, totalDurationMs, totalTokens, totalToolUseCount };
  const subagent = Object.fromEntries(Object.entries(about).filter(([, value]) => isPlain(value)));
  const meta = Object.keys(subagent).length === 0 ? {} : { _meta: { [META]: { subagent } } };
  // What follows the report (the agent's id, its usage, what not to tell the user) is for the model.
  if (isAsync === true) return { content: [note("Runs in the background.")], without: ["rawOutput"], ...meta };
  if (Array.isArray(content) && textOf(content) !== "")
    return { content: [note(textOf(content))], without: ["rawOutput"], ...meta };
  const pieces = result.pieces.filter((piece) => piece.kind !== "text" || !TRAILER.test(piece.text));
  return { content: showPieces({ pieces }, undefined, ""), without: ["rawOutput"], ...meta };
};
const TRAILER = /^agentId: \S+ \(/;
const isPlain = (value: unknown): boolean =>
  typeof value === "number" || (typeof value === "string" && value.length <= ID_UNITS);

/** The CLI's own sentence, where the text has it in JSON. */
const told: View = (_call, _result, structured) => {
  const message = asString(structured["message"]);
  return message === undefined ? {} : { content: [note(message)] };
};

/** The tools whose results are shown in their own way, when they succeed. */
export const SPECIAL_RESULTS: ReadonlyMap<string, View> = new Map<string, View>([
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
    ({ cwd }, result, structured) => {
      const text = asString(membersOf(structured["file"])["content"]);
      if (structured["type"] === "text" && text !== undefined) {
        const content = text === "" ? [note("The file is empty")] : [note(fence(text))];
        return { content, without: ["rawOutput"], ...readPlace(structured, cwd) };
      }
      // Subagents' rows have no record: only the text for the model, in which each line has its number.
      const [only, ...more] = result.pieces;
      const read = only?.kind === "text" && more.length === 0 ? withoutReminders(only.text) : undefined;
      const plain = read === undefined ? undefined : withoutLineNumbers(read);
      return plain === undefined ? {} : { content: [note(fence(plain))], without: ["rawOutput"] };
    },
  ],
  ["ExitPlanMode", () => ({ title: "Exited Plan Mode", without: ["content"] })],
  [
    "AskUserQuestion",
    (_call, _result, structured) => {
      const answers = Object.entries(membersOf(structured["answers"]));
      if (answers.length === 0) return {};
      const beside = membersOf(structured["annotations"]);
      const text = answers.map(([question, answer]) => {
        // What was written beside an answer, and the preview of the option that was chosen.
        const { notes, preview } = membersOf(beside[question]);
        const chosen = asString(preview) === undefined ? undefined : fence(String(preview));
        return [question, `→ ${String(answer)}`, asString(notes), chosen].filter(Boolean).join("\n");
      });
      return { content: [note(text.join("\n\n"))] };
    },
  ],
  [
    "WebSearch",
    (_call, _result, structured) => {
      const results: unknown[] = Array.isArray(structured["results"]) ? structured["results"] : [];
      const parts = results.flatMap((result) =>
        typeof result === "string" ? [result.trim()] : [links(membersOf(result))],
      );
      const text = parts.filter(Boolean).join("\n\n");
      return text === "" ? {} : { content: [note(text)] };
    },
  ],
  [
    "ToolSearch",
    (_call, result, structured) => {
      const { matches } = structured;
      const names = Array.isArray(matches)
        ? matches.filter((name) => typeof name === "string")
        : result.pieces.flatMap((piece) => (piece.kind === "text" ? [piece.text] : []));
      return names.length === 0 ? {} : { content: [note(names.join(", "))] };
    },
  ],
  [
    "TaskOutput",
    (_call, _result, structured) => {
      const { description, status, output } = membersOf(structured["task"]);
      if (typeof status !== "string") return {};
      const about = asString(description) === undefined ? status : `${String(description)}: ${status}`;
      const content = [note(about)];
      if (typeof output === "string" && output !== "") content.push(note(fence(output, "console")));
      return { content };
    },
  ],
  ["TaskStop", told],
  ["KillShell", told],
  [
    "Workflow",
    (_call, _result, structured) => {
      const summary = asString(structured["summary"]);
      return summary === undefined ? {} : { title: shorten(summary, TOOL_TITLE_UNITS) };
    },
  ],
]);

/** The text of a file without the numbers that the CLI puts before its lines; undefined where they are not as it does. */
function withoutLineNumbers(text: string): string | undefined {
  const [, first] = NUMBERED.exec(text) ?? [];
  if (first === undefined) return undefined;
  let plain = "";
  for (let at = 0, number = Number(first); at <= text.length; number++) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline + 1;
    while (text[at] === " ") at++;
    const digits = String(number);
    const mark = text[at + digits.length];
    if (!text.startsWith(digits, at) || (mark !== "\t" && mark !== "→")) return undefined;
    plain += text.slice(at + digits.length + 1, end);
    if (newline < 0) break;
    at = end;
  }
  return plain;
}
/** Older CLIs wrote an arrow behind the number, newer ones a tabulator. */
const NUMBERED = /^ {0,9}(\d{1,9})(?:→|\t)/;

const links = ({ content }: JsonObject): string =>
  (Array.isArray(content) ? content.map(membersOf) : [])
    .map(({ title, url }) => `- [${asString(title) ?? ""}](${asString(url) ?? ""})`)
    .join("\n");
