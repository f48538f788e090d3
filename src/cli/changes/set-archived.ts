import { archiveSession, unarchiveSession } from "../../store/annotate/archive.ts";
import type { Invocation } from "../terminal/command.ts";
import { applyToEach, sessionFinder } from "./batch.ts";
import { chooseSessions } from "./choose-sessions.ts";

/** Runs `archive` and `unarchive`. Returns the exit code. */
export async function setArchived(invocation: Invocation, archived: boolean): Promise<number> {
  const { configDirs } = invocation;
  const action = archived ? "archive" : "unarchive";
  const chosen = await chooseSessions(invocation, {
    question: (what) => `${archived ? "Archive" : "Unarchive"} ${what}?`,
    given: invocation.positionals,
    also: { archived: !archived },
  });
  if (chosen === undefined) return 1;
  const sessions = sessionFinder(invocation);
  return applyToEach(invocation, {
    action,
    given: chosen.given,
    more: () => chosen.more ?? {},
    find: sessions.find,
    async act({ value: copy }, dryRun) {
      const { sessionId } = copy;
      if (!dryRun) await (archived ? archiveSession : unarchiveSession)(sessionId, { configDirs });
      const done = dryRun ? `would ${action}` : `${action}d`;
      const undo = { command: archived ? "unarchive" : "archive", sessionId };
      return { line: `${done} ${sessions.name(copy)}`, facts: { sessionId, archived }, undo };
    },
  });
}
