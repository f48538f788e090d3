import { VERSION } from "../version.ts";
import { delimiter } from "node:path";
import { type Command, type Options, type OptionSpec, variableOf } from "./terminal/command.ts";
import { COMMANDS, COMMON_OPTIONS, loadCommand, optionsOf } from "./commands.ts";
import { wrap } from "./terminal/wrap.ts";

/** Maximum width: longer lines are hard to read, however wide the terminal. */
const MAX_COLUMNS = 100;
const MIN_COLUMNS = 60;
/** Columns for the names of options. The help of a longer name goes below it. */
const NAME_CELLS = 26;

/** Returns the text of `claude-transcripts --help`. */
export async function generalHelp(columns?: number): Promise<string> {
  const names = Object.keys(COMMANDS);
  const width = Math.max(...names.map((name) => name.length)) + 4;
  const commands = await Promise.all(names.map(loadCommand));
  const lines = commands.flatMap(({ summary }, at) => item(`  ${names[at] ?? ""}`, summary, width, columns));
  return `claude-transcripts ${VERSION}: Claude Code's sessions in your terminal, your editor and your agent

Usage
  claude-transcripts <command> [options]

Commands
${lines.join("\n")}

Options for every command
${optionLines(COMMON_OPTIONS, columns).join("\n")}

Name a session by its id or the first characters of it, as 'list' shows them.
Exit codes: 0 success, 1 failure, 2 usage error.
`;
}

/** Returns the text of `claude-transcripts <command> --help`. */
export function commandHelp(command: Command, columns?: number): string {
  const { summary, usage, details, notes = "", options } = command;
  const own = Object.keys(options).length === 0 ? "" : `Options\n${optionLines(options, columns).join("\n")}`;
  const elsewhere = Object.entries(options).filter(([, { explainedBy }]) => explainedBy !== undefined);
  const source = elsewhere[0]?.[1].explainedBy ?? "";
  const named = elsewhere.map(([name]) => `--${name}`).join(", ");
  const parts = [
    paragraphs(`${summary}.`, columns),
    `Usage\n${paragraphs(usage.replaceAll(/^ */gm, "  claude-transcripts "), columns)}`,
    paragraphs(details, columns),
    own,
    source === "" ? "" : paragraphs(`Filters, as for '${source}'\n  ${named}`, columns),
    variableLines(command, columns).join("\n"),
    paragraphs(notes, columns),
    `Options for every command\n${optionLines(COMMON_OPTIONS, columns).join("\n")}`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Writes options as `-n, --limit N`, with their help, without those that another command explains. */
const optionLines = (options: Options, columns?: number): string[] =>
  Object.entries(options).flatMap(([name, spec]) => {
    if (spec.explainedBy !== undefined) return [];
    const short = spec.short === undefined ? "    " : `-${spec.short}, `;
    return item(`  ${short}${longFlag(name, spec)}`, spec.help, NAME_CELLS, columns);
  });

const longFlag = (name: string, spec: OptionSpec): string =>
  `--${name}${spec.type === "string" ? ` ${spec.value}` : ""}`;

function variableLines(command: Command, columns?: number): string[] {
  const { variables = [] } = command;
  if (variables.length === 0) return [];
  const all = optionsOf(command);
  const width = Math.max(...variables.map((name) => variableOf(name).length)) + 4;
  return [
    "Environment (an option overrides its variable)",
    ...variables.flatMap((name) => item(`  ${variableOf(name)}`, variableText(name, all[name]), width, columns)),
  ];
}

function variableText(name: string, spec: OptionSpec | undefined): string {
  if (spec === undefined) return "";
  if (spec.type === "boolean") return `--${name}: 1 or 0.`;
  return longFlag(name, spec) + (spec.multiple === true ? `; '${delimiter}' separates several.` : ".");
}

/** Writes a name with its help next to it, or below it if it is too long. */
function item(name: string, text: string, cells: number, columns?: number): string[] {
  const lines = wrap(text, within(columns) - cells - 1);
  const indented = lines.map((line) => `${" ".repeat(cells)}${line}`);
  if (name.length + 2 > cells) return [name, ...indented];
  return [`${name.padEnd(cells)}${lines[0] ?? ""}`, ...indented.slice(1)];
}

/**
 * Wraps a text. Lines at the margin are one paragraph, up to an empty or indented line. An indented line is a paragraph of
 * its own, which lines that are indented further continue.
 */
function paragraphs(text: string, columns?: number): string {
  const found: { indent: number; text: string }[] = [];
  for (const line of text.trimEnd().split("\n")) {
    const indent = line.length - line.trimStart().length;
    const last = found.at(-1);
    const continues =
      last !== undefined &&
      last.text !== "" &&
      line !== "" &&
      (indent > 0 ? last.indent > 0 && indent > last.indent : last.indent === 0);
    if (continues) last.text += ` ${line.trim()}`;
    else found.push({ indent, text: line.trim() });
  }
  return found
    .flatMap(({ indent, text: line }) =>
      wrap(line, within(columns) - indent * 2 - 1).map((part, at) => " ".repeat(at === 0 ? indent : indent * 2) + part),
    )
    .join("\n");
}

const within = (columns: number = MAX_COLUMNS): number => Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, columns));
