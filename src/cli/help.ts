import { VERSION } from "../version.ts";
import type { Command } from "./command.ts";
import { COMMANDS, loadCommand } from "./commands.ts";

const COMMON_OPTIONS = `  --config-dir DIR   Where the transcripts are; may be given several times.
                     Default: $CLAUDE_CONFIG_DIR, or ~/.claude.
  --json             One JSON document instead of text.
  --help             What a command does and takes.
`;

/** The text of `claude-transcripts --help`. */
export async function generalHelp(): Promise<string> {
  const names = Object.keys(COMMANDS);
  const width = Math.max(...names.map((name) => name.length));
  const commands = await Promise.all(names.map(loadCommand));
  const lines = commands.map(({ summary }, at) => `  ${(names[at] ?? "").padEnd(width)}  ${summary}\n`);
  return `claude-transcripts ${VERSION}: the sessions that Claude Code keeps, in your terminal and in your editor

Usage
  claude-transcripts <command> [options]

Commands
${lines.join("")}
Options of every command
${COMMON_OPTIONS}
  claude-transcripts --version

A session is named by its id or the first characters of it, as 'list' shows them.
Exit codes: 0 done, 1 failed, 2 misused.
`;
}

/** The text of `claude-transcripts <command> --help`. */
export function commandHelp({ summary, usage, details }: Command): string {
  const own = details === "" ? "" : `${details.trimEnd()}\n\n`;
  return `${summary}.

Usage
  claude-transcripts ${usage}

${own}Options of every command
${COMMON_OPTIONS}`;
}

/** A hint at the command that was meant, where one is only a letter or two away; else undefined. */
export function similarCommand(word: string): string | undefined {
  const [nearest] = Object.keys(COMMANDS)
    .map((name) => ({ name, distance: distance(word, name) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance);
  return nearest && `Did you mean '${nearest.name}'? Try 'claude-transcripts --help'.`;
}

/** Levenshtein's: letters put in, taken out or replaced. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
