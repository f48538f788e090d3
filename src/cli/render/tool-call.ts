import type { JsonObject } from "../../transcript/rows/json-values.ts";
import type { Result } from "../../view/parts.ts";
import { trimLines } from "../../view/plain-text.ts";
import { hunksOf } from "../../view/tools/file-change.ts";
import { claudeTool } from "../../view/tools/claude-tools.ts";
import type { InputEdit } from "../../view/tools/claude-tool.ts";
import { type Lines, TextLines } from "./lines.ts";

/** Line of a call or result, and its meaning. */
export interface ToolLine {
  readonly text: string;
  readonly tone: "plain" | "added" | "removed" | "place" | "failed";
}

export interface CallView {
  /** One line, without the tool's name. */
  readonly title: string;
  /** Input that takes several lines. */
  readonly lines: Lines<ToolLine>;
  /** Language of the lines, for a fence of Markdown. */
  readonly language: string;
}

/** Returns the lines of a text without the space around it. */
export function textLines(text: string, tone: ToolLine["tone"] = "plain"): Lines<ToolLine> {
  const trimmed = text.trim();
  return trimmed === "" ? [] : new TextLines(trimmed, (line) => ({ text: line, tone }));
}

/** Makes the view of a tool call. `cwd`: paths below it are shown relative to it. */
export function viewCall(name: string, input: JsonObject, cwd: string | undefined): CallView {
  const tool = claudeTool(name);
  const [title = ""] = tool.line(input, cwd).split("\n", 1);
  return { title, lines: plain(tool.body(input) ?? ""), language: tool.bodyLanguage };
}

/** Returns the lines of a result: of an edit its change; of a checklist nothing, since its call shows it. */
export function viewResult(name: string, input: JsonObject, { failed, text, structured }: Result): Lines<ToolLine> {
  if (failed) return plain(text, "failed");
  const { output, edits } = claudeTool(name);
  if (output !== "confirmation") return plain(text);
  if (edits === undefined) return [];
  const change = changeOf(edits(input), structured);
  return change.length > 0 ? change : plain(text);
}

/** Returns the language of a result's lines, for a fence of Markdown. */
export function resultLanguage(name: string): string {
  const { output } = claudeTool(name);
  return output === "console" || output === "markdown" ? output : "";
}

function changeOf(edits: readonly InputEdit[], structured: JsonObject): ToolLine[] {
  const hunks = hunksOf(structured);
  if (hunks.length > 0) return hunks.flatMap(hunkLines);
  return edits.flatMap(({ oldText = "", newText, whole }) => {
    if (whole === true) return newText === undefined ? [] : numbered(newText);
    return [...changed(oldText, "- ", "removed"), ...changed(newText ?? "", "+ ", "added")];
  });
}

/** Returns the lines of a hunk with their numbers in the file: the old one for removed lines, else the new one. */
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

function plain(text: string, tone: ToolLine["tone"] = "plain"): Lines<ToolLine> {
  const trimmed = trimLines(text);
  if (trimmed === "") return [];
  const hasReturns = trimmed.includes("\r\n");
  return new TextLines(trimmed, (line) => ({
    text: hasReturns && line.endsWith("\r") ? line.slice(0, -1) : line,
    tone,
  }));
}

function linesOf(text: string): string[] {
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  return text.includes("\r\n") ? lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)) : lines;
}

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
