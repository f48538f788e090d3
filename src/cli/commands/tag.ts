import { changeJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import { type Command, UsageError } from "../terminal/command.ts";

export const command: Command = {
  summary: "Tag sessions, or remove their tag",
  usage: "tag ID… TAG | tag ID… --clear [--dry-run]",
  details: `A session has at most one tag; a new tag replaces the old one.`,
  notes: changeJsonHelp('"tag" (null if it was removed)'),
  options: { clear: { type: "boolean", help: "Remove the tag." }, ...DRY_RUN },
  positionals: "some",
  completes: "sessions",
  async run(invocation) {
    const { applyToEach, sessionFinder } = await import("../changes/batch.ts");
    const { tagSession } = await import("../../store/annotate/annotate.ts");
    const { normalizeTag } = await import("../../store/annotate/normalize-tag.ts");
    const { printable } = await import("../terminal/terminal.ts");
    const { configDirs, positionals, values } = invocation;
    const clear = values["clear"] === true;
    const tag = clear ? null : normalizeTag(positionals.at(-1) ?? "");
    const given = clear ? positionals : positionals.slice(0, -1);
    if (given.length === 0)
      throw new UsageError("a tag is missing. Usage: tag ID… TAG, or tag ID… --clear to remove it");
    if (tag === "") throw new UsageError("the tag is empty; --clear removes a tag");
    const sessions = sessionFinder(invocation);
    return applyToEach(invocation, {
      action: "tag",
      given,
      find: sessions.find,
      async act({ value: copy }, dryRun) {
        const { sessionId } = copy;
        const notes = sessions.warnings(copy, "the tag");
        if (!dryRun) await tagSession(sessionId, tag, { configDirs });
        const done = clear ? ["would untag", "untagged"] : ["would tag", "tagged"];
        const mark = tag === null ? "" : ` #${printable(tag)}`;
        return { line: `${done[dryRun ? 0 : 1]} ${sessions.name(copy)}${mark}`, facts: { sessionId, tag }, notes };
      },
    });
  },
};
