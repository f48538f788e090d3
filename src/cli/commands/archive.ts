import { changeJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Hide sessions from the list",
  usage: "archive ID… [--dry-run]",
  details: `Nothing else about a session changes. It returns to the list when somebody prompts in it again, or with 'unarchive'.`,
  notes: changeJsonHelp('"archived": true'),
  options: DRY_RUN,
  positionals: "some",
  completes: "sessions",
  async run(invocation) {
    const { changeEach, sessionFinder } = await import("../changes/batch.ts");
    const { archiveSession } = await import("../../store/annotate/archive.ts");
    const { configDirs, positionals } = invocation;
    const sessions = sessionFinder(invocation);
    return changeEach(invocation, {
      action: "archive",
      given: positionals,
      find: sessions.find,
      async act({ value: copy }, dryRun) {
        const { sessionId } = copy;
        if (!dryRun) await archiveSession(sessionId, { configDirs });
        const done = dryRun ? "would archive" : "archived";
        return { line: `${done} ${sessions.name(copy)}`, facts: { sessionId, archived: true } };
      },
    });
  },
};
