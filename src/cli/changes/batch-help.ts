import type { Options } from "../terminal/command.ts";

/** What all changing commands take. */
export const DRY_RUN: Options = {
  "dry-run": { type: "boolean", short: "n", help: "Says what would be done, and does nothing." },
};

/** How a changing command answers with `--json`; `facts` are those of its own. */
export const changeJsonHelp = (facts: string): string => `JSON
  {"action", "dryRun", "results": [{"given", "sessionId", ${facts}} or {"given", "error": {"code", "message", "hint"}}]}, in the order of the arguments.`;
