import { changeJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Hide sessions from the list",
  usage: "archive ID… [--dry-run]",
  details: `Nothing else about a session changes. It returns to the list when somebody sends a prompt in it again, or with 'unarchive'.`,
  notes: changeJsonHelp('"archived": true'),
  options: DRY_RUN,
  positionals: "some",
  completes: "sessions",
  async run(invocation) {
    const { setArchived } = await import("../changes/set-archived.ts");
    return setArchived(invocation, true);
  },
};
