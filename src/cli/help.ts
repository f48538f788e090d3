import { VERSION } from "../version.ts";
import type { Command, Options, OptionSpec } from "./terminal/command.ts";
import { COMMANDS, COMMON_OPTIONS, loadCommand } from "./commands.ts";
import { wrap } from "./terminal/wrap.ts";

/** Lines that are longer than this are hard to read, however wide the terminal. */
const MOST_COLUMNS = 100;
const LEAST_COLUMNS = 60;
/** Options whose names are longer have their help below them. */
const NAME_CELLS = 26;

/** The text of `claude-transcripts --help`. */
export async function generalHelp(columns: number = MOST_COLUMNS): Promise<string> {
  const names = Object.keys(COMMANDS);
  const width = Math.max(...names.map((name) => name.length)) + 4;
  const commands = await Promise.all(names.map(loadCommand));
  const lines = commands.flatMap(({ summary }, at) => item(`  ${names[at] ?? ""}`, summary, width, columns));
  return `claude-transcripts ${VERSION}: the sessions that Claude Code keeps, in your terminal and in your editor

Usage
  claude-transcripts <command> [options]

Commands
${lines.join("\n")}

Options of every command
${optionLines(COMMON_OPTIONS, columns).join("\n")}

A session is named by its id or the first characters of it, as 'list' shows them.
Exit codes: 0 done, 1 failed, 2 misused.
`;
}

/** The text of `claude-transcripts <command> --help`. */
export function commandHelp({ summary, usage, details, notes = "", options }: Command, columns?: number): string {
  const own = Object.keys(options).length === 0 ? "" : `Options\n${optionLines(options, columns).join("\n")}`;
  const parts = [
    paragraphs(`${summary}.`, columns),
    `Usage\n${paragraphs(usage.replaceAll(/^ */gm, "  claude-transcripts "), columns)}`,
    paragraphs(details, columns),
    own,
    paragraphs(notes, columns),
    `Options of every command\n${optionLines(COMMON_OPTIONS, columns).join("\n")}`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

const optionLines = (options: Options, columns: number = MOST_COLUMNS): string[] =>
  Object.entries(options).flatMap(([name, spec]) => item(`  ${flags(name, spec)}`, spec.help, NAME_CELLS, columns));

/** `-n, --limit N`. */
function flags(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? "    " : `-${spec.short}, `;
  return `${short}--${name}${spec.type === "string" ? ` ${spec.value}` : ""}`;
}

/** A name with what it means beside it, or below it where there is no room. */
function item(name: string, text: string, cells: number, columns: number): string[] {
  const lines = wrap(text, within(columns) - cells - 1);
  const indented = lines.map((line) => `${" ".repeat(cells)}${line}`);
  if (name.length + 2 > cells) return [name, ...indented];
  return [`${name.padEnd(cells)}${lines[0] ?? ""}`, ...indented.slice(1)];
}

/**
 * Wraps a text. Lines at the margin are one paragraph, up to an empty or indented line; an indented line is a paragraph of
 * its own, and lines that are indented further go on with it.
 */
function paragraphs(text: string, columns: number = MOST_COLUMNS): string {
  const found: { indent: number; text: string }[] = [];
  for (const line of text.trimEnd().split("\n")) {
    const indent = line.length - line.trimStart().length;
    const last = found.at(-1);
    const goesOn =
      last !== undefined &&
      last.text !== "" &&
      line !== "" &&
      (indent > 0 ? last.indent > 0 && indent > last.indent : last.indent === 0);
    if (goesOn) last.text += ` ${line.trim()}`;
    else found.push({ indent, text: line.trim() });
  }
  return found
    .flatMap(({ indent, text: line }) =>
      wrap(line, within(columns) - indent * 2 - 1).map((part, at) => " ".repeat(at === 0 ? indent : indent * 2) + part),
    )
    .join("\n");
}

const within = (columns: number): number => Math.min(MOST_COLUMNS, Math.max(LEAST_COLUMNS, columns));
