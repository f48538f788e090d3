import { asString, type JsonObject, membersOf, objectsIn } from "../../transcript/rows/json-values.ts";
import { jsonText } from "../json-text.ts";
import { shown } from "./places.ts";
import type { InputEdit } from "./claude-tool.ts";

/** A whole number, or undefined. */
export const integer = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? Number(value) : undefined;

/** The lines that a Read asks for, from 1; without `last` to the end. Undefined: all lines. */
export function linesRead({
  offset,
  limit,
}: JsonObject): { readonly first: number; readonly last?: number } | undefined {
  const count = integer(limit);
  if (count === undefined && integer(offset) === undefined) return undefined;
  const first = Math.max(integer(offset) ?? 1, 1);
  return count === undefined ? { first } : { first, last: first + count - 1 };
}

/** The grep command line that would do the same. */
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

/** `a in src *.ts`: a pattern and where it is looked for. */
export function patternIn({ pattern, path, glob }: JsonObject, cwd: string | undefined): string {
  const where = [shown(path, cwd), asString(glob)].filter(Boolean).join(" ");
  return [asString(pattern), where].filter(Boolean).join(" in ");
}

/** Questions, each with the answers that are offered. */
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

/** A checklist of todos. */
export const checklist = (input: JsonObject): string =>
  objectsIn(input["todos"])
    .map(({ status, content }) => `${MARKS.get(status) ?? "[ ]"} ${asString(content) ?? ""}`)
    .join("\n");

/** The edits of an Edit or a MultiEdit. */
export const editsOf = (input: JsonObject): InputEdit[] =>
  (Array.isArray(input["edits"]) ? input["edits"].map(membersOf) : [input]).map((edit) => ({
    oldText: asString(edit["old_string"]),
    newText: asString(edit["new_string"]),
  }));

/** An input whose `leads` come first, for a reader that gets only the beginning of it. */
export function leadsFirst(input: JsonObject, leads: readonly string[]): JsonObject {
  const first = leads.filter((key) => key in input);
  return Object.keys(input)
    .slice(0, first.length)
    .every((key, i) => key === first[i])
    ? input
    : { ...Object.fromEntries(first.map((key) => [key, input[key]])), ...input };
}

const WORD_UNITS = 120;

/** An input without a form of its own: its members as they would be typed, each cut at `WORD_UNITS`. */
export function typed(input: JsonObject): string {
  const words = Object.entries(input).map(([key, value]) => {
    const text = typeof value === "string" ? value : jsonText(value);
    return `${key}: ${text.length > WORD_UNITS ? `${text.slice(0, WORD_UNITS)}…` : text}`;
  });
  return words.join(", ").replace(/\s+/g, " ");
}
