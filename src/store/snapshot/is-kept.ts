import { sep } from "node:path";
import { type Stats, statLink } from "../disk/fs.ts";
import { isOurOwnName } from "../disk/temp-file.ts";
import { Walker } from "../disk/walk.ts";
import { attempt } from "../errors.ts";
import { projectDir, sidecarPath, transcriptPath } from "../layout/paths.ts";
import type { ListedSession, Skipped } from "../types.ts";

/** Whether a file of a snapshot was copied of a file as it is now: of the same size and time, to the microsecond. */
export function isCopyOf(stats: Stats, path: string): boolean {
  // What cannot be looked at is no copy.
  const there = attempt(() => statLink(path));
  return there?.isFile() === true && there.size === stats.size && Math.abs(there.mtimeMs - stats.mtimeMs) < 0.002;
}

/** Reports whether a snapshot has the transcript of a session, and all that stands next to it, as they are now. */
export function isKept(
  { configDir, projectKey, sessionId }: Pick<ListedSession, "configDir" | "projectKey" | "sessionId">,
  snapshot: string,
): boolean {
  const [project, copies] = [projectDir(configDir, projectKey), projectDir(snapshot, projectKey)];
  const transcript = attempt(() => statLink(transcriptPath(project, sessionId)));
  if (transcript === undefined || !isCopyOf(transcript, transcriptPath(copies, sessionId))) return false;
  const [dir, copy] = [sidecarPath(project, sessionId), sidecarPath(copies, sessionId)];
  const unread: Skipped[] = [];
  for (const { name, path, stats } of new Walker(unread).below(dir)) {
    if (!stats.isFile() || isOurOwnName(name)) continue;
    if (!isCopyOf(stats, `${copy}${sep}${path.slice(dir.length + 1)}`)) return false;
  }
  return unread.length === 0;
}
