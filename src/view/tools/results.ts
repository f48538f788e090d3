import { asString, type JsonObject, membersOf, objectsIn } from "../../transcript/rows/json-values.ts";
import { fence, withoutReminders } from "../plain-text.ts";
import { textOfResult } from "../result.ts";
import { recordedChange } from "./file-change.ts";
import { foundPlaces, readPlace } from "./places.ts";
import type { ResultLook, ResultView, ShownText } from "./claude-tool.ts";

export const edited: ResultView = ({ cwd }, _result, structured) => recordedChange(structured, cwd) ?? {};

export const written: ResultView = (call, result, structured, sidecars) => {
  const look = edited(call, result, structured, sidecars);
  const write = structured["type"] ?? writeOf(textOfResult(result));
  return write === "create" || write === "update" ? { ...look, facts: { write } } : look;
};

/** Reads from the text whether a Write created or updated the file, for rows without a record. */
const writeOf = (text: string): string | undefined =>
  text.startsWith("File created") ? "create" : /^The file .{1,4096} has been updated/.test(text) ? "update" : undefined;

export const found: ResultView = ({ input, cwd }, _result, structured) => {
  const places = foundPlaces(structured, asString(input["path"]), cwd);
  return places.length === 0 ? {} : { places };
};

export const fileRead: ResultView = ({ cwd }, result, structured) => {
  const text = asString(membersOf(structured["file"])["content"]);
  if (structured["type"] === "text" && text !== undefined) {
    const places = readPlace(structured, cwd);
    const texts = [text === "" ? { text: "The file is empty" } : { text, language: "" }];
    return { texts, complete: true, ...(places !== undefined && { places }) };
  }
  // Rows of subagents have no record, only the text for the model, with a number on each line.
  const [only, ...more] = result.pieces;
  const read = only?.kind === "text" && more.length === 0 ? withoutReminders(only.text) : undefined;
  const plain = read === undefined ? undefined : withoutLineNumbers(read);
  return plain === undefined ? {} : { texts: [{ text: plain, language: "" }], complete: true };
};

export const reported: ResultView = (_call, result, structured, sidecars) => {
  const { agentType, totalDurationMs, totalTokens, totalToolUseCount, isAsync, content } = structured;
  // Without a transcript the id would lead nowhere.
  const agentId = sidecars?.hasSubagent(String(structured["agentId"])) === true ? structured["agentId"] : undefined;
  const about = { agentId, agentType, totalDurationMs, totalTokens, totalToolUseCount };
  const subagent = Object.fromEntries(Object.entries(about).filter(([, value]) => isPlain(value)));
  const facts = Object.keys(subagent).length === 0 ? {} : { facts: { subagent } };
  // The text after the report (the agent's id, its usage, instructions) is for the model.
  if (isAsync === true) return { texts: [{ text: "Runs in the background." }], complete: true, ...facts };
  const report = objectsIn(content)
    .flatMap((block) => (block["type"] === "text" ? [asString(block["text"]) ?? ""] : []))
    .join("\n");
  if (report !== "") return { texts: [{ text: report }], complete: true, ...facts };
  const pieces = result.pieces.filter((piece) => piece.kind !== "text" || !TRAILER.test(piece.text));
  return { pieces, complete: true, ...facts };
};
const TRAILER = /^agentId: \S+ \(/;
const isPlain = (value: unknown): boolean =>
  typeof value === "number" || (typeof value === "string" && value.length <= FACT_UNITS);
/** Maximum length of an id or a type, in UTF-16 units; longer values are not facts. */
const FACT_UNITS = 256;

const shownAs = (text: string | undefined): ResultLook => (text ? { texts: [{ text }] } : {});

/** Shows the CLI's own sentence, which the text has only in JSON. */
export const cliMessage: ResultView = (_call, _result, structured) => {
  const text = asString(structured["message"]);
  return text === undefined ? {} : { texts: [{ text }] };
};

export const leftPlanMode: ResultView = () => ({ title: "Exited Plan Mode", keepsCall: true });

export const answered: ResultView = (_call, _result, structured) => {
  const about = membersOf(structured["annotations"]);
  const answers = Object.entries(membersOf(structured["answers"])).map(([question, answer]) => {
    // A comment on the answer, and the preview of the chosen option.
    const { notes, preview } = membersOf(about[question]);
    const chosen = asString(preview) === undefined ? undefined : fence(String(preview));
    return [question, `→ ${String(answer)}`, asString(notes), chosen].filter(Boolean).join("\n");
  });
  return shownAs(answers.join("\n\n"));
};

export const webFound: ResultView = (_call, _result, structured) => {
  const results: unknown[] = Array.isArray(structured["results"]) ? structured["results"] : [];
  const parts = results.map((result) => (typeof result === "string" ? result.trim() : links(membersOf(result))));
  return shownAs(parts.filter(Boolean).join("\n\n"));
};

export const toolsFound: ResultView = (_call, result, structured) => {
  const { matches } = structured;
  const names = Array.isArray(matches)
    ? matches.filter((name) => typeof name === "string")
    : result.pieces.flatMap((piece) => (piece.kind === "text" ? [piece.text] : []));
  return names.length === 0 ? {} : { texts: [{ text: names.join(", ") }] };
};

export const taskOutput: ResultView = (_call, _result, structured) => {
  const { description, status, output } = membersOf(structured["task"]);
  if (typeof status !== "string") return {};
  const texts: ShownText[] = [{ text: [asString(description), status].filter((it) => it !== undefined).join(": ") }];
  if (typeof output === "string" && output !== "") texts.push({ text: output, language: "console" });
  return { texts };
};

export const workflowRun: ResultView = (_call, _result, structured) => {
  const title = asString(structured["summary"]);
  return title === undefined ? {} : { title };
};

/** Removes the line numbers that the CLI adds to a file; undefined if they are not consecutive. */
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
/** Older CLIs wrote an arrow after the number, newer ones a tab. */
const NUMBERED = /^ {0,9}(\d{1,9})(?:→|\t)/;

const links = ({ content }: JsonObject): string =>
  objectsIn(content)
    .map(({ title, url }) => `- [${asString(title) ?? ""}](${asString(url) ?? ""})`)
    .join("\n");
