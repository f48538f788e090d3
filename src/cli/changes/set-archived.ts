import { archiveSession, unarchiveSession } from "../../store/annotate/archive.ts";
import type { Invocation } from "../terminal/command.ts";
import { applyToEach, sessionFinder } from "./batch.ts";

/** Runs `archive` and `unarchive`. Returns the exit code. */
export function setArchived(invocation: Invocation, archived: boolean): Promise<number> {
  const { configDirs } = invocation;
  const action = archived ? "archive" : "unarchive";
  const sessions = sessionFinder(invocation);
  return applyToEach(invocation, {
    action,
    find: sessions.find,
    async act({ value: copy }, dryRun) {
      const { sessionId } = copy;
      if (!dryRun) await (archived ? archiveSession : unarchiveSession)(sessionId, { configDirs });
      const done = dryRun ? `would ${action}` : `${action}d`;
      return { line: `${done} ${sessions.name(copy)}`, facts: { sessionId, archived } };
    },
  });
}
