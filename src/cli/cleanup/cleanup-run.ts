import {
  type CleanedSession,
  clean,
  type CleanupPlan,
  type CleanupOptions,
  planCleanup,
} from "../../catalog/select/cleanup-sessions.ts";
import { isFilter } from "../../catalog/select/checked-filter.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import type { ListedSession } from "../../store/types.ts";
import { asString } from "../../transcript/rows/json-values.ts";
import { amount } from "../../view/size.ts";
import { applyToEach, type Done, named } from "../changes/batch.ts";
import { ownCommand } from "../changes/own-command.ts";
import { canAsk, confirm } from "../changes/confirm.ts";
import { type Invocation, UsageError } from "../terminal/command.ts";
import { startProgress } from "../terminal/progress.ts";
import { chosenLines } from "../changes/chosen-table.ts";
import { readFilter } from "../filter/read-filter.ts";
import { scheduleText } from "./schedule.ts";

/** Runs `cleanup`. Returns the exit code. */
export async function cleanUp(invocation: Invocation): Promise<number> {
  const { configDirs, json, terminal, values } = invocation;
  const dryRun = values["dry-run"] === true;
  const options = readOptions(invocation);
  const scheduler = asString(values["schedule"]);
  if (scheduler !== undefined) {
    await terminal.write(scheduleText(invocation, scheduler));
    return 0;
  }
  const asks = !dryRun && values["yes"] !== true;
  if (asks && !canAsk()) {
    throw new UsageError("there is no terminal to ask on: add --yes to clean up, or --dry-run to see what would go");
  }
  const plan = await makePlan(options);
  const { deleted, kept, gone, notes, skipped } = plan;
  const idOf = shortIds(configDirs);
  const nameOf = ({ sessionId, title }: ListedSession): string => named(idOf(sessionId), title);
  const goneLine = (session: ListedSession): string => `another process has already deleted ${nameOf(session)}`;
  for (const { path, reason } of skipped) terminal.warn(`skipped ${path}: ${reason}`);
  for (const note of notes) terminal.warn(note);
  for (const { session, reason } of kept) terminal.warn(`kept ${nameOf(session)}: ${reason}`);
  for (const session of gone) terminal.warn(goneLine(session));
  if (deleted.length === 0 && !json) await terminal.write("nothing to clean up\n");
  if (asks && deleted.length > 0) {
    for (const line of chosenLines(deleted, { terminal, idOf })) terminal.warn(line);
    if (!(await confirm(`Move ${sessionsAndBytes(deleted)} to the trash?`))) {
      terminal.warn("Nothing was deleted.");
      return 1;
    }
  }
  const byId = new Map(deleted.map((one) => [one.session.sessionId, one]));
  const began = new Date().toISOString();
  // Bounded, so that it does not bring back what somebody deletes later.
  const undo = (): string =>
    ownCommand(["restore", "--deleted-since", began, "--deleted-until", new Date().toISOString()], configDirs);
  const done: CleanedSession[] = [];
  const tellUndo = (): void => terminal.warn(`To undo: ${undo()}`);
  const interrupted = (): void => {
    if (!dryRun) tellUndo();
    process.kill(process.pid, "SIGINT");
  };
  process.once("SIGINT", interrupted);
  const code = await applyToEach(invocation, {
    action: "cleanup",
    given: [...byId.keys()],
    find: (given) => ({ given, key: given, value: byId.get(given) as CleanedSession }),
    async act({ value: planned }): Promise<Done> {
      const { session } = planned;
      const result = dryRun ? planned : await clean(session, options);
      if (result === undefined) {
        const nothing = { trashIds: [], items: [], bytes: 0, skipped: [] };
        return { line: goneLine(session), facts: { sessionId: session.sessionId, gone: true, ...nothing } };
      }
      const { trashIds, items, bytes, skipped: left } = result;
      done.push({ session, trashIds, items, bytes, skipped: left });
      return {
        line: `${dryRun ? "would delete" : "deleted"} ${nameOf(session)}: ${amount(items.length, bytes)}`,
        facts: { sessionId: session.sessionId, trashIds, items, bytes, skipped: left },
        notes: left.map(({ path, reason }) => `${dryRun ? "would leave" : "left"} ${path}: ${reason}`),
      };
    },
    more: () => ({
      kept: kept.map(({ session: { sessionId, title }, reason }) => ({ sessionId, title, reason })),
      gone: gone.map(({ sessionId, title }) => ({ sessionId, title })),
      bytes: done.reduce((sum, { bytes }) => sum + bytes, 0),
      ...(!dryRun && done.length > 0 && { undo: undo() }),
      notes,
      skipped,
    }),
  }).finally(() => process.off("SIGINT", interrupted));
  if (done.length > 0 && !json) {
    await terminal.write(`${dryRun ? "in all" : "moved to the trash:"} ${sessionsAndBytes(done)}\n`);
    if (!dryRun) tellUndo();
  }
  return code;
}

function readOptions({ configDirs, values }: Invocation): CleanupOptions {
  const is = (name: string): true | undefined => (values[name] === true ? true : undefined);
  const filter = { ...readFilter(values), archived: is("archived"), programmatic: is("programmatic") };
  if (!isFilter(filter)) {
    throw new UsageError("a condition is missing: it says which sessions go, such as --before 90d or --empty");
  }
  return {
    ...filter,
    configDirs,
    includeInUse: is("force"),
    includeTagged: is("include-tagged"),
    includeTitled: is("include-titled"),
  };
}

async function makePlan(options: CleanupOptions): Promise<CleanupPlan> {
  const progress = startProgress("Looking for sessions");
  try {
    return await planCleanup({ ...options, progress: progress.report });
  } finally {
    progress.stop();
  }
}

function sessionsAndBytes(deleted: readonly CleanedSession[]): string {
  const bytes = deleted.reduce((sum, one) => sum + one.bytes, 0);
  return amount(deleted.length, bytes).replace("item", "session");
}
