import { dirname, join } from "node:path";
import { idIn, OLD_SUBAGENT, ownerOf } from "../layout/belongs.ts";
import { sessionOfJob } from "../projects/jobs.ts";
import type { NamedItem } from "./misplaced.ts";
import { namedThings } from "../projects/named-things.ts";
import { jobPath } from "../layout/paths.ts";
import { isSessionId, sessionIdOfFile } from "../layout/session-id.ts";
import { firstSessionId } from "../projects/sidecars.ts";
import { isAsideName } from "../disk/temp-file.ts";
import { cutShort } from "../trash/trash-entries.ts";
import type { ProjectDir, Skipped } from "../types.ts";
import { bytesBelow, entriesOf } from "../disk/walk.ts";

/**
 * Returns items that belong to no session of a config dir (belongs.ts): nothing shows them, and nothing will remove
 * them. `known`: ids (in lower case) of the sessions that exist, or that a running process has begun.
 */
export function findOrphans(
  configDir: string,
  projects: readonly ProjectDir[],
  known: ReadonlySet<string>,
  skipped: Skipped[],
): NamedItem[] {
  const orphans: NamedItem[] = [];
  const look = (path: string, sessionId: string | undefined): void => {
    if (!isSessionId(sessionId) || known.has(sessionId.toLowerCase())) return;
    orphans.push({ path, sessionId, bytes: bytesBelow(path, skipped) });
  };
  for (const { key, path } of projects) {
    for (const { name } of entriesOf(path, skipped)) {
      const sessionId = isAsideName(name) ? forgotten(configDir, name) : besideTranscripts(key, path, name);
      look(join(path, name), sessionId);
    }
  }
  for (const { path, owner } of namedThings(configDir, skipped)) look(path, owner);
  const jobs = dirname(jobPath(configDir, ANY_ID));
  for (const entry of entriesOf(jobs, skipped)) {
    if (!entry.isDirectory()) continue;
    const path = join(jobs, entry.name);
    const sessionId = sessionOfJob(path);
    if (sessionId !== undefined && jobPath(configDir, sessionId) === path) look(path, sessionId);
  }
  return orphans;
}

/** Returns the session of an item that a deletion put aside, if the trash no longer has that deletion. */
function forgotten(configDir: string, name: string): string | undefined {
  const sessionId = idIn(name);
  return sessionId !== undefined && cutShort(configDir, sessionId) === undefined ? sessionId : undefined;
}

/** Returns the session that an entry of a project dir belongs to; undefined for transcripts themselves. */
function besideTranscripts(key: string, dir: string, name: string): string | undefined {
  if (sessionIdOfFile(name) !== undefined) return undefined;
  return OLD_SUBAGENT.test(name) ? firstSessionId(join(dir, name)) : ownerOf(["projects", key, name]);
}

const ANY_ID = "00000000-0000-0000-0000-000000000000";
