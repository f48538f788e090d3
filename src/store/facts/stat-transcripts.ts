import { readActivity, cachedActivity } from "./activity-of-file.ts";
import { close, openReadNoFollow, type Stats, statOpen } from "../disk/fs.ts";
import { tryStat } from "../disk/walk.ts";
import { errnoOf } from "../errors.ts";
import { beginList, cachePending, cacheLater } from "./metadata-cache.ts";
import { listProjectDir, type Listing } from "../projects/dir-cache.ts";
import { transcriptPathOf } from "../layout/paths.ts";
import { canRefuseLinks } from "../disk/platform.ts";
import type { ProjectDir, Skipped, TranscriptCopy } from "../types.ts";
import type { Candidate } from "./candidate.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";

/** A project dir to list, and the directory that it was found for. */
export type Place = Pick<TranscriptCopy, "project" | "matchedDir">;

export interface Candidates {
  /** In the order of the places; within each, by the bytes of their names. */
  readonly candidates: Candidate[];
  readonly skipped: Skipped[];
}

export interface LookOptions {
  /** Reads the activity of sessions in the same pass, if most files would be opened for it later anyway. */
  readonly lookInside?: boolean | undefined;
  /** With `lookInside`: files with an older mtime, epoch ms, are not read. */
  readonly since?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns every file in these places that may be a session: named by a session id, regular, not empty. Costs one read
 * of each directory and one stat of each file. `skipped`: unreadable files, links and other entries with such a name
 * (official-helpers.md §3), but no empty ones.
 */
export async function listCandidates(places: readonly Place[], options: LookOptions = {}): Promise<Candidates> {
  const candidates: Candidate[] = [];
  const skipped: Skipped[] = [];
  const onePass = new OnePassReader(options);
  beginList();
  for (const place of places) {
    if (isTurnOver()) await yieldToEventLoop(options.signal);
    const { sessionIds, others } = listingOf(place.project, skipped);
    for (const id of sessionIds) {
      if (isTurnOver()) await yieldToEventLoop(options.signal);
      const hasSidecars = others.has(id);
      const candidate =
        (onePass.isOn ? onePass.look(place, id, hasSidecars) : undefined) ??
        statCandidate(place, id, hasSidecars, skipped);
      if (candidate !== undefined && candidates.push(candidate) === SAMPLED_FILES) onePass.decide(candidates);
    }
  }
  return { candidates, skipped };
}

/** Returns a copy as a list sees it; undefined if lists leave it out. */
export function candidateOf(copy: Place & Pick<TranscriptCopy, "sessionId">): Candidate | undefined {
  const { project, matchedDir } = copy;
  return statCandidate({ project, matchedDir }, copy.sessionId, true, []);
}

function listingOf(project: ProjectDir, skipped: Skipped[]): Listing {
  try {
    return listProjectDir(project.path);
  } catch (error) {
    skipped.push({ path: project.path, reason: errnoOf(error) ?? "unreadable" });
    return { sessionIds: [], others: new Set() };
  }
}

function statCandidate(place: Place, id: string, hasSidecars: boolean, skipped: Skipped[]): Candidate | undefined {
  const path = transcriptPathOf(place.project, id);
  const stats = tryStat(path, skipped);
  if (stats === undefined) return undefined;
  if (!stats.isFile()) {
    skipped.push({ path, reason: stats.isSymbolicLink() ? "link" : "not_a_file" });
    return undefined;
  }
  return stats.size === 0 ? undefined : new StatCandidate(place, id, hasSidecars, stats, path);
}

/** A candidate from stats. Derived values are getters, not fields: 10,000 of these are held. */
class StatCandidate implements Candidate {
  readonly sessionId: string;
  readonly hasSidecars: boolean;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly dev: number;
  readonly ino: number;
  activity = NaN;
  readonly #place: Place;
  #path: string | undefined;

  /** `path`: if the caller has it already. */
  constructor(place: Place, sessionId: string, hasSidecars: boolean, stats: Stats, path?: string) {
    this.sessionId = sessionId;
    this.hasSidecars = hasSidecars;
    this.size = stats.size;
    this.mtimeMs = stats.mtimeMs;
    this.ctimeMs = stats.ctimeMs;
    this.dev = stats.dev;
    this.ino = stats.ino;
    this.#place = place;
    this.#path = path;
  }

  get project(): ProjectDir {
    return this.#place.project;
  }

  get matchedDir(): string | undefined {
    return this.#place.matchedDir;
  }

  get path(): string {
    return (this.#path ??= transcriptPathOf(this.project, this.sessionId));
  }

  get lastModified(): number {
    return Math.round(this.mtimeMs);
  }
}

/** Number of files before the decision whether to read them in one pass; with fewer it does not matter. */
const SAMPLED_FILES = 16;
const SAMPLE_STEP = 2;

/**
 * Opens, stats and reads each file in one pass if most must be read to find the sessions that were active last: in a store
 * that was copied or restored. Saves 23 % of "copied sessions: first page, fresh process", 3 % in a normal store.
 */
class OnePassReader {
  isOn = false;
  readonly #allowed: boolean;
  readonly #since: number;
  readonly #began = Date.now();
  /** Latest activity found: files with an older mtime may never have to be read. */
  #latest = -Infinity;
  #read = 0;
  #skipped = 0;

  constructor({ lookInside = false, since = -Infinity }: LookOptions) {
    this.#allowed = lookInside && canRefuseLinks();
    this.#since = since;
  }

  /** Samples the files seen so far, until too many turn out not to need reading. */
  decide(candidates: readonly Candidate[]): void {
    this.isOn = this.#allowed;
    if (this.isOn) cachePending();
    for (let i = 0; this.isOn && i < candidates.length; i += SAMPLE_STEP) {
      const candidate = candidates[i] as Candidate;
      const { sessionId, hasSidecars } = candidate;
      if (!Number.isNaN(cachedActivity(candidate))) this.#skip();
      else candidate.activity = this.look(candidate, sessionId, hasSidecars)?.activity ?? NaN;
    }
  }

  /** Like `statCandidate`, from the open file, with its activity. Undefined on failure, whose reason `statCandidate` then reports. */
  look(place: Place, id: string, hasSidecars: boolean): Candidate | undefined {
    let fd: number | undefined;
    try {
      fd = openReadNoFollow(transcriptPathOf(place.project, id));
      const stats = statOpen(fd);
      if (!stats.isFile() || stats.size === 0) return undefined;
      const candidate = new StatCandidate(place, id, hasSidecars, stats);
      const { lastModified } = candidate;
      if (lastModified <= this.#latest || lastModified < this.#since) {
        this.#skip();
        return candidate;
      }
      candidate.activity = readActivity(fd, stats.size, lastModified);
      this.#read++;
      this.#latest = Math.max(this.#latest, candidate.activity);
      cacheLater(candidate, this.#began);
      return candidate;
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) close(fd);
    }
  }

  /** Counts a file that did not need reading; after too many, one pass no longer pays off. */
  #skip(): void {
    this.#skipped++;
    this.isOn = this.#skipped <= 1 + this.#read / 8;
  }
}
