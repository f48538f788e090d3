import { changeJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Show archived sessions in the list again",
  usage: "unarchive ID… [--dry-run]",
  details: `Also works for sessions that are archived by a title that begins with "[archived] ".`,
  notes: changeJsonHelp('"archived": false'),
  options: DRY_RUN,
  positionals: "some",
  completes: "sessions",
  async run(invocation) {
    const { changeEach, sessionFinder } = await import("../changes/batch.ts");
    const { unarchiveSession } = await import("../../store/annotate/archive.ts");
    const { configDirs, positionals } = invocation;
    const sessions = sessionFinder(invocation);
    return changeEach(invocation, {
      action: "unarchive",
      given: positionals,
      find: sessions.find,
      async act({ value: copy }, dryRun) {
        const { sessionId } = copy;
        if (!dryRun) await unarchiveSession(sessionId, { configDirs });
        const done = dryRun ? "would unarchive" : "unarchived";
        return { line: `${done} ${sessions.name(copy)}`, facts: { sessionId, archived: false } };
      },
    });
  },
};
