import { asString, type JsonObject, membersOf, objectsIn } from "../../transcript/rows/json-values.ts";
import { jsonText } from "../json-text.ts";
import { shown } from "./places.ts";
import type { InputEdit } from "./claude-tool.ts";

/** Returns the value if it is a safe integer. */
export const integer = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? Number(value) : undefined;

/** Returns the lines that a Read requests, from 1; without `last`, to the end. Undefined: all lines. */
export function linesRead({ offset, limit }: JsonObject): Readonly<{ first: number; last?: number }> | undefined {
  const count = integer(limit);
  if (count === undefined && integer(offset) === undefined) return undefined;
  const first = Math.max(integer(offset) ?? 1, 1);
  return count === undefined ? { first } : { first, last: first + count - 1 };
}

/** Returns the equivalent grep command line. */
export function grepCommand(input: JsonObject): string {
  const words = ["grep"];
  for (const flag of ["-i", "-n"]) if (input[flag] === true) words.push(flag);
  for (const flag of ["-A", "-B", "-C"]) if (integer(input[flag]) !== undefined) words.push(flag, String(input[flag]));
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

/** Describes a search as `a in src *.ts`: a pattern and where to search. */
export function patternIn({ pattern, path, glob }: JsonObject, cwd: string | undefined): string {
  const where = [shown(path, cwd), asString(glob)].filter(Boolean).join(" ");
  return [asString(pattern), where].filter(Boolean).join(" in ");
}

/** Formats questions, each with its options. */
export const questions = (input: JsonObject): string =>
  objectsIn(input["questions"])
    .map(({ question, options }) => {
      const choices = objectsIn(options).map(({ label, description }) => {
        const about = asString(description);
        return `- ${asString(label) ?? ""}${about ? `: ${about}` : ""}`;
      });
      return [asString(question) ?? "", ...choices].join("\n");
    })
    .join("\n\n")
    .trim();

const MARKS: ReadonlyMap<unknown, string> = new Map([
  ["completed", "[x]"],
  ["in_progress", "[>]"],
]);

/** Formats todos as a checklist. */
export const checklist = (input: JsonObject): string =>
  objectsIn(input["todos"])
    .map(({ status, content }) => `${MARKS.get(status) ?? "[ ]"} ${asString(content) ?? ""}`)
    .join("\n");

/** Returns the edits of an Edit or a MultiEdit. */
export const editsOf = (input: JsonObject): InputEdit[] =>
  (Array.isArray(input["edits"]) ? input["edits"].map(membersOf) : [input]).map((edit) => ({
    oldText: asString(edit["old_string"]),
    newText: asString(edit["new_string"]),
  }));

/** Moves the `leads` of an input to the front, for a reader that gets only its beginning. */
export function leadsFirst(input: JsonObject, leads: readonly string[]): JsonObject {
  const first = leads.filter((key) => key in input);
  return Object.keys(input)
    .slice(0, first.length)
    .every((key, i) => key === first[i])
    ? input
    : { ...Object.fromEntries(first.map((key) => [key, input[key]])), ...input };
}

/** Maximum length of a value in a line, in UTF-16 units. */
const WORD_UNITS = 120;

/** Formats an input as `name: value` pairs on one line, each value cut at `WORD_UNITS`. */
export function typed(input: JsonObject): string {
  const words = Object.entries(input).map(([key, value]) => {
    const text = typeof value === "string" ? value : jsonText(value);
    return `${key}: ${text.length > WORD_UNITS ? `${text.slice(0, WORD_UNITS)}…` : text}`;
  });
  return words.join(", ").replace(/\s+/g, " ");
}
