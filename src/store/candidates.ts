import { pause, type Stats, statLink } from "./disk.ts";
import { errnoOf } from "./errors.ts";
import { type ListedFile, listProjectDir } from "./listing.ts";
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
 * Every file that may be a session of these places: named by a session id, regular, not empty. It costs one look at
 * each directory and one stat of each file. Links and other things under such a name are no sessions (sdk-spec §3);
 * they go into `skipped`, and so does what cannot be looked at. An empty file means "not here" and is nothing to report.
 */
export async function listCandidates(places: readonly Place[], signal?: AbortSignal): Promise<Candidates> {
  const candidates: Candidate[] = [];
  const skipped: Skipped[] = [];
  let looked = 0;
  for (const place of places) {
    for (const file of filesOf(place.project, skipped)) {
      if (++looked % FILES_PER_TURN === 0) {
        await pause();
        signal?.throwIfAborted();
      }
      const candidate = lookAt(place, file, skipped);
      if (candidate !== undefined) candidates.push(candidate);
    }
  }
  return { candidates, skipped };
}

/** The copy as a list would see it; undefined where a list leaves it out. */
export function candidateOf({ project, path, sessionId, through }: TranscriptCopy): Candidate | undefined {
  return lookAt({ project, through }, { sessionId, path, hasSidecars: true }, []);
}

function filesOf(project: ProjectDir, skipped: Skipped[]): readonly ListedFile[] {
  try {
    return listProjectDir(project.path);
  } catch (error) {
    skipped.push({ path: project.path, reason: errnoOf(error) ?? "unreadable" });
    return [];
  }
}

function lookAt(
  { project, through }: Place,
  { sessionId, path, hasSidecars }: ListedFile,
  skipped: Skipped[],
): Candidate | undefined {
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
