import { sep } from "node:path";
import { pause, readNames, type Stats, statLink } from "./disk.ts";
import { errnoOf } from "./errors.ts";
import { isSessionId } from "./session-id.ts";
import type { ProjectDir, Skipped, TranscriptCopy } from "./types.ts";

/** A transcript as it was when it was looked at. */
export interface Candidate extends TranscriptCopy {
  readonly dev: number;
  readonly ino: number;
  /** Epoch ms, with fractions. */
  readonly ctimeMs: number;
  /** mtime as the official helpers round it, epoch ms. */
  readonly lastModified: number;
  /** Something stands beside the transcript under the session's id. */
  readonly hasSidecars: boolean;
  /** The directory that its project dir was found for. */
  readonly through: string | undefined;
}

/** A project dir whose sessions are asked for, and the directory it was found for; undefined when all are. */
export interface Place {
  readonly project: ProjectDir;
  readonly through?: string | undefined;
}

export interface Candidates {
  /** In the order of the places, and by bytes of their names in each. */
  readonly candidates: Candidate[];
  readonly skipped: Skipped[];
}

/** Files looked at before other work of the process gets its turn: some 3 ms. */
const FILES_PER_TURN = 1000;

/**
 * Every file that may be a session of these places: named by a session id, regular, not empty. It costs one listing of
 * each directory and one stat of each file. Links and other things under such a name are no sessions (sdk-spec §3);
 * they go into `skipped`, and so does what cannot be looked at. An empty file means "not here" and is nothing to report.
 */
export async function listCandidates(places: readonly Place[], signal?: AbortSignal): Promise<Candidates> {
  const candidates: Candidate[] = [];
  const skipped: Skipped[] = [];
  let looked = 0;
  for (const place of places) {
    const { ids, others } = namesIn(place.project, skipped);
    for (const id of ids) {
      if (++looked % FILES_PER_TURN === 0) {
        await pause();
        signal?.throwIfAborted();
      }
      const candidate = lookAt(place, id, others.has(id), skipped);
      if (candidate !== undefined) candidates.push(candidate);
    }
  }
  return { candidates, skipped };
}

/** The copy as a list would see it; undefined where a list leaves it out. */
export function candidateOf({ project, sessionId, through }: TranscriptCopy): Candidate | undefined {
  return lookAt({ project, through }, sessionId, true, []);
}

const EXTENSION = ".jsonl";

function namesIn(project: ProjectDir, skipped: Skipped[]): { ids: string[]; others: Set<string> } {
  const ids: string[] = [];
  const others = new Set<string>();
  let names: string[] = [];
  try {
    names = readNames(project.path);
  } catch (error) {
    skipped.push({ path: project.path, reason: errnoOf(error) ?? "unreadable" });
  }
  for (const name of names) {
    if (!name.endsWith(EXTENSION)) others.add(name);
    else if (isSessionId(name.slice(0, -EXTENSION.length))) ids.push(name.slice(0, -EXTENSION.length));
  }
  return { ids, others };
}

function lookAt(
  { project, through }: Place,
  sessionId: string,
  hasSidecars: boolean,
  skipped: Skipped[],
): Candidate | undefined {
  // As `transcriptPath` makes it, for a name that is known to be an id.
  const path = project.path + sep + sessionId + EXTENSION;
  let stats: Stats | undefined;
  try {
    stats = statLink(path);
  } catch (error) {
    skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
    return undefined;
  }
  if (stats === undefined) return undefined;
  if (!stats.isFile()) {
    skipped.push({ path, reason: stats.isSymbolicLink() ? "link" : "not_a_file" });
    return undefined;
  }
  const { size, mtimeMs, ctimeMs, dev, ino } = stats;
  if (size === 0) return undefined;
  const lastModified = Math.round(mtimeMs);
  return { sessionId, project, path, size, mtimeMs, lastModified, hasSidecars, through, dev, ino, ctimeMs };
}
