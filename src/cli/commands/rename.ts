import { changeJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import { type Command, UsageError } from "../terminal/command.ts";

export const command: Command = {
  summary: "Give a session a title",
  usage: "rename ID TITLE… [--dry-run]",
  details: `Appends the same row as /rename does. The words of the title need no quotes.`,
  notes: changeJsonHelp('"title"'),
  options: DRY_RUN,
  positionals: "some",
  completes: (before) => (before.length === 0 ? "sessions" : undefined),
  async run(invocation) {
    const { applyToEach, dashes, named, sessionFinder } = await import("../changes/batch.ts");
    const { renameSession } = await import("../../store/annotate/annotate.ts");
    const { wholeTitleOf } = await import("../../store/facts/title-of.ts");
    const { configDirs } = invocation;
    const [id = "", ...words] = invocation.positionals;
    const title = words.join(" ").trim();
    if (title === "") throw new UsageError("a title is missing. Usage: rename ID TITLE…");
    const sessions = sessionFinder(invocation);
    return applyToEach(invocation, {
      action: "rename",
      given: [id],
      find: sessions.find,
      async act({ value: copy }, dryRun) {
        const { sessionId } = copy;
        const before = sessions.name(copy);
        const old = wholeTitleOf(copy);
        const notes = sessions.warnings(copy, "the title");
        if (!dryRun) await renameSession(sessionId, title, { configDirs });
        return {
          line: named(`${dryRun ? "would rename" : "renamed"} ${before} to`, title),
          facts: { sessionId, title },
          notes,
          undo: old === undefined ? undefined : { command: "rename", sessionId, words: [...dashes(old), old] },
        };
      },
    });
  },
};
