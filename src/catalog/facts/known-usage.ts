import { statLink } from "../../store/disk/fs.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import { schemaState } from "../schema/schema.ts";
import { findCatalog, openCatalogAt } from "../schema/open-catalog.ts";
import { usageRows } from "../stats/usage-rows.ts";
import type { SessionUsage } from "./session-facts.ts";
import { sumSessions } from "./sum-sessions.ts";

/**
 * Returns what an index that is there knows of a session, without bringing it up to date; undefined if there is none, or it
 * does not have the session. `isComplete` says whether the files have changed since. Never throws.
 */
export async function knownUsage({
  sessionId,
  project: { configDir },
}: Pick<TranscriptCopy, "sessionId" | "project">): Promise<SessionUsage | undefined> {
  const found = findCatalog(configDir);
  if (found === undefined) return undefined;
  try {
    const catalog = await openCatalogAt(found.path, configDir);
    try {
      const { database } = catalog;
      if (schemaState(database) !== "ours") return undefined;
      const row = database.prepare("SELECT id FROM session WHERE uuid = ?").get(sessionId);
      if (row === undefined) return undefined;
      const only = Number(row["id"]);
      const files = database.prepare("SELECT path, size, mtime FROM file WHERE session = ?").all(only);
      const isCurrent = files.every(({ path, size, mtime }) => {
        const stats = statLink(String(path));
        return stats?.size === size && String(stats?.mtimeMs) === mtime;
      });
      return (await sumSessions([usageRows(database, { tools: false, only })], () => isCurrent)).usage.get(sessionId);
    } finally {
      catalog.close();
    }
  } catch {
    // A conversation is shown with or without them.
    return undefined;
  }
}
