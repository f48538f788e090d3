import type { Options } from "../terminal/command.ts";

/** Option of all commands that change something. */
export const DRY_RUN: Options = {
  "dry-run": { type: "boolean", short: "n", help: "Show what would be done, and change nothing." },
};

/** Returns help on the `--json` output of a command that changes something. `facts`: members of its own. */
export const changeJsonHelp = (facts: string): string => `JSON
  {"action", "dryRun", "results": [{"given", "sessionId", ${facts}} or {"given", "error": {"code", "message", "hint"}}]}, in the order of the arguments.
  "undo": the command that undoes all of it; in each result instead, if they need different ones.`;

/** The same, for a command that takes ids or a filter. */
export const choiceJsonHelp = (facts: string): string =>
  `${changeJsonHelp(facts)}
  With a filter also "notes" and "skipped" [{path, reason}]: what was left out, and why.`;
