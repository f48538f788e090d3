import { dirname, join } from "node:path";
import { fileHistoryPath, sessionEnvPath, tasksPath, todosPath, uploadsPath } from "./paths.ts";
import { isSessionId } from "./session-id.ts";
import { COMPANIONS, firstSessionId, OLD_SUBAGENT } from "./sidecars.ts";
import type { ProjectDir, Skipped } from "./types.ts";
import { bytesBelow, entriesOf } from "./walk.ts";

/** Something named after a session that has no transcript: nothing shows it, and nothing will take it away. */
export interface Orphan {
  readonly path: string;
  readonly sessionId: string;
  readonly bytes: number;
}

/**
 * What belongs to no session of a config dir: beside the transcripts, and in the directories that the CLI keeps beside
 * `projects`. `known`: the ids (in lower case) of the sessions that there are, or that a running process has begun.
 */
export function findOrphans(
  configDir: string,
  projects: readonly ProjectDir[],
  known: ReadonlySet<string>,
  skipped: Skipped[],
): Orphan[] {
  const orphans: Orphan[] = [];
  const look = (dir: string, name: string, sessionId: string | undefined): void => {
    if (!isSessionId(sessionId) || known.has(sessionId.toLowerCase())) return;
    const path = join(dir, name);
    orphans.push({ path, sessionId, bytes: bytesBelow(path, skipped) });
  };
  for (const { path } of projects) {
    for (const entry of entriesOf(path, skipped)) look(path, entry.name, sessionOf(path, entry.name));
  }
  for (const dir of leftoverDirs(configDir)) {
    for (const { name } of entriesOf(dir, skipped)) look(dir, name, name);
  }
  const todos = todosPath(configDir);
  for (const { name } of entriesOf(todos, skipped)) look(todos, name, name.slice(0, ID_LENGTH));
  return orphans;
}

/** The session that an entry of a project dir is named after; of transcripts themselves none. */
function sessionOf(dir: string, name: string): string | undefined {
  if (name.length === ID_LENGTH) return name;
  if (COMPANIONS.some((ending) => name.endsWith(ending))) return name.slice(0, ID_LENGTH);
  return OLD_SUBAGENT.test(name) ? firstSessionId(join(dir, name)) : undefined;
}

const ID_LENGTH = 36;

/** The directories in which each entry is named after a session. The paths are asked for with an id, any will do. */
const leftoverDirs = (configDir: string): string[] =>
  [fileHistoryPath, sessionEnvPath, tasksPath, uploadsPath].map((path) => dirname(path(configDir, ANY_ID)));

const ANY_ID = "00000000-0000-0000-0000-000000000000";
