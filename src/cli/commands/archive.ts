import { choiceJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import { CHOICE_OPTIONS } from "../filter/filter-options.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Hide sessions from the list",
  usage: "archive ID… [--dry-run]\narchive FILTER… [--dry-run] [--yes]",
  details: `Nothing else about a session changes. It returns to the list when somebody sends a prompt in it again, or with 'unarchive'.`,
  notes: choiceJsonHelp('"archived": true'),
  options: { ...CHOICE_OPTIONS, ...DRY_RUN },
  positionals: "any",
  completes: "sessions",
  async run(invocation) {
    const { setArchived } = await import("../changes/set-archived.ts");
    return setArchived(invocation, true);
  },
};

export const unarchive: Command = {
  summary: "Show archived sessions in the list again",
  usage: "unarchive ID… [--dry-run]\nunarchive FILTER… [--dry-run] [--yes]",
  details: `Also works for sessions that are archived by a title that begins with "[archived] ".`,
  notes: choiceJsonHelp('"archived": false'),
  options: { ...CHOICE_OPTIONS, ...DRY_RUN },
  positionals: "any",
  completes: "sessions",
  async run(invocation) {
    const { setArchived } = await import("../changes/set-archived.ts");
    return setArchived(invocation, false);
  },
};
