import type { Options } from "../terminal/command.ts";

/** The option of all commands that change something. */
export const DRY_RUN: Options = {
  "dry-run": { type: "boolean", short: "n", help: "Show what would be done, and change nothing." },
};

/** The help on the `--json` output of a command that changes something. `facts`: its own members. */
export const changeJsonHelp = (facts: string): string => `JSON
  {"action", "dryRun", "results": [{"given", "sessionId", ${facts}} or {"given", "error": {"code", "message", "hint"}}]}, in the order of the arguments.`;
