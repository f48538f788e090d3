import { changeJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import type { RestoreResult } from "../../store/trash/restore-session.ts";
import { asString } from "../../transcript/rows/json-values.ts";
import { closest } from "../terminal/closest.ts";
import { type Command, UsageError } from "../terminal/command.ts";

export const command: Command = {
  summary: "Show deleted sessions, or remove them for good",
  usage: "trash [--older-than SPAN]\ntrash empty [ID…] [--older-than SPAN] [--yes] [--dry-run]",
  details: `'trash' shows deleted sessions, the latest first; 'restore' brings one back. 'trash empty' removes them for good: all of
them, or the ones named. It keeps the files of a deletion that was cut short: 'delete' finishes such a deletion,
'restore' undoes it. An entry that cannot be restored is shown with the reason, and removed only if it is named.`,
  notes: `${changeJsonHelp('"trashId", "bytes"')} Entries that were kept: "kept": [{id, configDir, reason}].
  'trash' alone: {"trash": [{id, sessionId, configDir, path, deletedAt, summary, bytes, items, complete, replacedBy,
  worker, problem}], "bytes"}.`,
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

/** Maximum items named that could not be restored. */
const MAX_NAMED = 20;

export const restore: Command = {
  summary: "Restore deleted sessions",
  usage: "restore ID… [--dry-run]\nrestore --deleted-since TIME [--deleted-until TIME] [--dry-run]",
  details: `ID is a session id, which stands for that session's latest deletion, or the id of a trash entry, as shown by 'trash'. Nothing
is overwritten: if something is in the way, nothing changes. With --deleted-since, everything that was deleted since then.

The entry of a repair is exchanged for what is there now, which goes to the trash. Rows that were added since are kept.`,
  notes: changeJsonHelp(
    '"items": [{path, kind, bytes, configDir}], "bytes", "missing": [items that could not be restored], "otherTrashIds",\n  "replacedTrashId": of what was there, if that was an earlier version,\n  "gone": true with --deleted-since if another process has restored or removed it meanwhile',
  ),
  options: {
    "deleted-since": { type: "string", value: "TIME", help: "Restore every session that was deleted since then." },
    "deleted-until": {
      type: "string",
      value: "TIME",
      help: "With --deleted-since: not those that were deleted later.",
    },
    ...DRY_RUN,
  },
  positionals: "any",
  completes: "trash",
  async run(invocation) {
    const { applyToEach, named } = await import("../changes/batch.ts");
    const { isNotInTrash } = await import("../../store/errors.ts");
    const { resolveTrashEntry } = await import("../../store/resolve/by-prefix.ts");
    const { planRestoration, restoreSession } = await import("../../store/trash/restore-session.ts");
    const { amount } = await import("../../view/size.ts");
    const { configDirs, positionals, values } = invocation;
    const since = asString(values["deleted-since"]);
    const until = asString(values["deleted-until"]);
    if ((since === undefined) === (positionals.length === 0)) throw new UsageError("give ids, or --deleted-since TIME");
    if (until !== undefined && since === undefined)
      throw new UsageError("--deleted-until only applies with --deleted-since");
    const given = since === undefined ? positionals : await deletedBetween(since, until, configDirs);
    if (given.length === 0 && !invocation.json) await invocation.terminal.write("nothing to restore\n");
    return applyToEach(invocation, {
      action: "restore",
      given,
      find(given) {
        const id = since === undefined ? resolveTrashEntry(given, configDirs) : given;
        return { given, key: id, value: id };
      },
      async act({ value: id }, dryRun) {
        const restore = async (): Promise<RestoreResult & { readonly summary: string | undefined }> => {
          const plan = planRestoration(id, { configDirs });
          if (dryRun) return { ...plan, missing: [], otherTrashIds: [] };
          return { ...(await restoreSession(id, { configDirs })), summary: plan.summary };
        };
        const done = await restore().catch((error: unknown) => {
          if (since !== undefined && isNotInTrash(error)) return undefined;
          throw error;
        });
        if (done === undefined) {
          const nothing = { items: [], bytes: 0, missing: [], otherTrashIds: [] };
          const line = `another process has already restored or removed ${id}`;
          return { line, facts: { sessionId: id.slice(0, ID_UNITS), gone: true, ...nothing } };
        }
        const { sessionId, summary, items, bytes, missing, otherTrashIds, replacedTrashId } = done;
        const name = named(sessionId, summary);
        return {
          line: `${dryRun ? "would restore" : "restored"} ${name}: ${amount(items.length, bytes)}`,
          facts: { sessionId, items, bytes, missing, otherTrashIds, ...(replacedTrashId && { replacedTrashId }) },
          undo: replacedTrashId ? { command: "restore", sessionId: replacedTrashId } : { command: "delete", sessionId },
          notes: [
            ...missing
              .slice(0, MAX_NAMED)
              .map(({ path }) => `not restored, because it is missing from the trash: ${path}`),
            ...(missing.length > MAX_NAMED ? [`and ${missing.length - MAX_NAMED} more, which --json lists`] : []),
            ...(replacedTrashId ? [`note: what was there until now is in the trash: ${replacedTrashId}`] : []),
            ...otherTrashIds.map((other) => `note: an earlier deletion of it is still in the trash: ${other}`),
          ],
        };
      },
    });
  },
};

/** Of the id of a session, with which the name of an entry begins. */
const ID_UNITS = 36;

/** Returns the ids of the entries that were deleted since a time, and not after another one, the latest first. */
async function deletedBetween(
  since: string,
  until: string | undefined,
  configDirs: readonly string[] | undefined,
): Promise<string[]> {
  const { parseTime } = await import("../terminal/time.ts");
  const { listTrash } = await import("../../store/trash/trash-contents.ts");
  const from = parseTime(since, "--deleted-since");
  const to = until === undefined ? Infinity : parseTime(until, "--deleted-until", { edge: "end" });
  const entries = await listTrash({ configDirs });
  return entries
    .filter(({ replacedBy }) => replacedBy === undefined)
    .filter(({ deletedAt }) => deletedAt !== undefined && deletedAt >= from && deletedAt <= to)
    .map(({ id }) => id);
}
