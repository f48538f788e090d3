import { changeJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import { closest } from "../terminal/closest.ts";
import { type Command, UsageError } from "../terminal/command.ts";

export const command: Command = {
  summary: "Show deleted sessions, or remove them for good",
  usage: "trash [--older-than SPAN]\ntrash empty [ID…] [--older-than SPAN] [--yes] [--dry-run]",
  details: `'trash' shows deleted sessions, the latest first; 'restore' brings one back. 'trash empty' removes them for good: all of
them, or the ones named. It keeps the files of a deletion that was cut short: 'delete' finishes such a deletion,
'restore' undoes it. An entry that cannot be restored is shown with the reason, and removed only if it is named.`,
  notes: `${changeJsonHelp('"trashId", "bytes"')} Entries that were kept: "kept": [{id, configDir, reason}].
  'trash' alone: {"trash": [{id, sessionId, configDir, path, deletedAt, summary, bytes, items, complete, worker, problem}], "bytes"}.`,
  options: {
    "older-than": {
      type: "string",
      value: "SPAN",
      help: "Only sessions deleted at least this long ago: 12h, 30d, 4w.",
      completes: ["1d", "7d", "30d"],
    },
    ...DRY_RUN,
    yes: { type: "boolean", short: "y", help: "Do not ask for confirmation." },
  },
  positionals: "any",
  completes: ([verb]) => (verb === undefined ? ["list", "empty"] : verb === "empty" ? "trash" : undefined),
  async run(invocation) {
    const { positionals, values } = invocation;
    const [verb = "list", ...ids] = positionals;
    if (verb !== "list" && verb !== "empty") {
      const meant = closest(verb, ["list", "empty"]);
      throw new UsageError(
        `unexpected argument "${verb}", expected list or empty${meant === undefined ? "" : `. Did you mean "${meant}"?`}`,
      );
    }
    if (verb === "list" && ids.length > 0) throw new UsageError(`unexpected argument "${ids[0]}". Usage: trash list`);
    const { parseSpan } = await import("../terminal/time.ts");
    const span = values["older-than"];
    const olderThanMs = typeof span === "string" ? parseSpan(span, "--older-than") : 0;
    if (verb === "list") {
      for (const name of ["yes", "dry-run"]) {
        if (values[name] === true) throw new UsageError(`--${name} only applies to 'trash empty'`);
      }
      const { printTrash } = await import("../list/trash-list.ts");
      return printTrash(invocation, olderThanMs);
    }
    const { emptyTheTrash } = await import("../changes/trash-empty.ts");
    return emptyTheTrash(invocation, ids, olderThanMs);
  },
};
