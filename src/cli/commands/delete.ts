import type { Done, Subject } from "../changes/batch.ts";
import { choiceJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import { CHOICE_OPTIONS } from "../filter/filter-options.ts";
import { type Command, UsageError } from "../terminal/command.ts";

export const command: Command = {
  summary: "Move sessions, and everything that belongs to them, to the trash",
  usage: "delete ID… [--dry-run] [--force] [--permanently [--yes]]\ndelete FILTER… [--dry-run] [--yes]",
  details: `Moves every copy of the transcript and everything that is named after the session's id: subagents, tool results, file
history, to-dos. 'restore' brings all of it back. Copies that you made (ID.jsonl.bak) stay. history.jsonl, which also has
the prompts that you typed, never changes. 'cleanup' does the same for a filter, and keeps sessions that somebody marked.`,
  notes: choiceJsonHelp(
    '"permanent", "trashIds", "items": [{path, kind, bytes, configDir}], "bytes", "skipped": [{path, reason}],\n    "gone": true if another process has deleted it since the filter found it',
  ),
  options: {
    ...CHOICE_OPTIONS,
    ...DRY_RUN,
    force: { type: "boolean", short: "f", help: "Delete a session even if it is in use." },
    permanently: { type: "boolean", help: "Delete for good, without the trash. Asks for confirmation." },
    yes: { type: "boolean", short: "y", help: "Do not ask for confirmation." },
  },
  positionals: "any",
  completes: "sessions",
  async run(invocation) {
    const { chooseSessions } = await import("../changes/choose-sessions.ts");
    const { applyToEach, named, sessionFinder } = await import("../changes/batch.ts");
    const { isGone, TranscriptError } = await import("../../store/errors.ts");
    const { resolveCutShort } = await import("../../store/resolve/by-prefix.ts");
    const { deleteSession } = await import("../../store/trash/delete-session.ts");
    const { planDeletion } = await import("../../store/trash/plan-delete.ts");
    const { requireAsSelected } = await import("../../catalog/select/selected-copy.ts");
    const { canAsk, confirm } = await import("../changes/confirm.ts");
    const { shortIds } = await import("../../store/resolve/short-ids.ts");
    const { amount } = await import("../../view/size.ts");
    const { configDirs, values, json, terminal } = invocation;
    const permanent = values["permanently"] === true;
    const force = values["force"] === true;
    if (values["yes"] === true && !permanent && invocation.positionals.length > 0)
      throw new UsageError("--yes only applies with --permanently or a filter; nothing else asks for confirmation");
    // What is deleted for good is asked for below, with all that belongs to it.
    const choosing = permanent ? { ...invocation, values: { ...values, yes: true } } : invocation;
    const question = (what: string): string => `Move ${what} to the trash?`;
    const chosen = await chooseSessions(choosing, { question, given: invocation.positionals });
    if (chosen === undefined) return 1;
    const where = permanent ? " for good" : " into the trash";
    const sessions = sessionFinder(invocation);
    // After a deletion that was cut short, only the trash knows the session.
    const idOf = shortIds(configDirs);
    const find = (given: string): Subject<string> => {
      const selected = chosen.selected.get(given);
      if (selected !== undefined) return { given, key: given, value: named(idOf(given), selected.title) };
      try {
        const { key, value } = sessions.find(given);
        return { given, key, value: sessions.name(value) };
      } catch (error) {
        const isMissing = error instanceof TranscriptError && error.code === "SessionNotFound";
        const cut = isMissing ? resolveCutShort(given, configDirs) : undefined;
        if (cut === undefined) throw error;
        return { given, key: cut.sessionId, value: named(cut.sessionId, cut.summary) };
      }
    };
    const change = {
      action: "delete",
      given: chosen.given,
      more: () => chosen.more ?? {},
      find,
      async act({ key: sessionId, value: name }: Subject<string>, dryRun: boolean): Promise<Done> {
        const selected = chosen.selected.get(sessionId);
        if (selected !== undefined) requireAsSelected(selected, { configDirs });
        const result = await (
          dryRun
            ? planDeletion(sessionId, { configDirs, force })
            : deleteSession(sessionId, { configDirs, force, permanent })
        ).catch((error: unknown) => {
          if (selected !== undefined && isGone(error)) return undefined;
          throw error;
        });
        if (result === undefined) {
          const nothing = { permanent, trashIds: [], items: [], bytes: 0, skipped: [] };
          return { line: `another process has already deleted ${name}`, facts: { sessionId, gone: true, ...nothing } };
        }
        const { items, bytes, skipped } = result;
        const trashIds = "trashIds" in result ? result.trashIds : [];
        return {
          line: `${dryRun ? "would delete" : "deleted"} ${name}${where}: ${amount(items.length, bytes)}`,
          facts: { sessionId, permanent, trashIds, items, bytes, skipped },
          undo: permanent ? undefined : { command: "restore", sessionId },
          notes: skipped.map(({ path, reason }) => `${dryRun ? "would leave" : "left"} ${path}: ${reason}`),
        };
      },
    };
    const dryRun = values["dry-run"] === true;
    if (permanent && !dryRun && values["yes"] !== true) {
      const rehearsal = { ...invocation, json: false, values: { ...values, "dry-run": true } };
      // Shows what would be deleted before asking.
      const print = (line: string): void => terminal.warn(line);
      const wouldWork = !canAsk() || (await applyToEach(rehearsal, { ...change, print })) === 0;
      if (!wouldWork || !(await confirm("Delete for good? This cannot be undone."))) {
        terminal.warn("Nothing was deleted.");
        return 1;
      }
    }
    const code = await applyToEach(invocation, change);
    if (permanent && !dryRun && !json) {
      terminal.warn("note: prompts typed in a session remain in history.jsonl, which this program never changes");
      const { existingSnapshots } = await import("../../store/snapshot/snapshot-dir.ts");
      for (const place of existingSnapshots(configDirs)) terminal.warn(`note: copies in the snapshot ${place} remain`);
    }
    return code;
  },
};
