import { readActivity, rememberedActivity } from "./activity-of-file.ts";
import { close, openReadNoFollow, type Stats, statLink, statOpen } from "../disk/fs.ts";
import { errnoOf } from "../errors.ts";
import { beginList, fileWhatWasSeen, rememberLater } from "./metadata-cache.ts";
import { listProjectDir, type Listing } from "../projects/dir-cache.ts";
import { transcriptPathOf } from "../layout/paths.ts";
import { canRefuseLinks } from "../disk/platform.ts";
import type { ProjectDir, Skipped, TranscriptCopy } from "../types.ts";
import type { Candidate } from "./candidate.ts";
import { yieldToEventLoop } from "../timing.ts";

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

export interface LookOptions {
  /** Find out in passing when the sessions were active, if most of the files have to be opened for that anyway. */
  readonly lookInside?: boolean | undefined;
  /** Files that were not written to since, epoch ms, are then of no interest. */
  readonly since?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Files looked at before other work of the process gets its turn, and of those that are read as well: some 15 ms. */
const FILES_PER_TURN = 4000;
const READ_PER_TURN = 1000;

/**
 * Every file that may be a session of these places: named by a session id, regular, not empty. It costs one look at
 * each directory and one stat of each file. Links and other things under such a name are no sessions (official-helpers.md §3);
 * they go into `skipped`, and so does what cannot be looked at. An empty file means "not here" and is nothing to report.
 */
export async function listCandidates(places: readonly Place[], options: LookOptions = {}): Promise<Candidates> {
  const candidates: Candidate[] = [];
  const skipped: Skipped[] = [];
  const inside = new LookingInside(options);
  beginList();
  let looked = 0;
  for (const place of places) {
    const { sessionIds, others } = listingOf(place.project, skipped);
    for (const id of sessionIds) {
      if (++looked % (inside.isOn ? READ_PER_TURN : FILES_PER_TURN) === 0) {
        await yieldToEventLoop();
        options.signal?.throwIfAborted();
      }
      const hasSidecars = others.has(id);
      const candidate =
        (inside.isOn ? inside.look(place, id, hasSidecars) : undefined) ?? lookAt(place, id, hasSidecars, skipped);
      if (candidate !== undefined && candidates.push(candidate) === SAMPLED_FILES) inside.decide(candidates);
    }
  }
  return { candidates, skipped };
}

/** The copy as a list would see it; undefined where a list leaves it out. */
export function candidateOf({
  project,
  sessionId,
  through,
}: Pick<TranscriptCopy, "project" | "sessionId" | "through">): Candidate | undefined {
  return lookAt({ project, through }, sessionId, true, []);
}

function listingOf(project: ProjectDir, skipped: Skipped[]): Listing {
  try {
    return listProjectDir(project.path);
  } catch (error) {
    skipped.push({ path: project.path, reason: errnoOf(error) ?? "unreadable" });
    return { sessionIds: [], others: new Set() };
  }
}

function lookAt(place: Place, id: string, hasSidecars: boolean, skipped: Skipped[]): Candidate | undefined {
  const path = transcriptPathOf(place.project, id);
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
  return stats.size === 0 ? undefined : new LookedAt(place, id, hasSidecars, stats, path);
}

/** Ten thousand of them are held at once: what follows from something else is no field. */
class LookedAt implements Candidate {
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

  /** `path`, where it was made already. */
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

  get through(): string | undefined {
    return this.#place.through;
  }

  get path(): string {
    return (this.#path ??= transcriptPathOf(this.project, this.sessionId));
  }

  get lastModified(): number {
    return Math.round(this.mtimeMs);
  }
}

/** So many files are looked at before it is decided how to go on; with fewer it does not matter. */
const SAMPLED_FILES = 16;
const SAMPLE_STEP = 2;

/**
 * Opens, stats and reads each file in one go if most have to be read to find the sessions that were active last: in a
 * store that was copied or restored. Worth 23 % of "copied sessions: first page, fresh process", 3 % of a normal store.
 */
class LookingInside {
  isOn = false;
  readonly #allowed: boolean;
  readonly #since: number;
  readonly #began = Date.now();
  /** The latest activity found: files that were not written to since may never have to be read. */
  #latest = -Infinity;
  #read = 0;
  #spared = 0;

  constructor({ lookInside = false, since = -Infinity }: LookOptions) {
    this.#allowed = lookInside && canRefuseLinks();
    this.#since = since;
  }

  /** Tries a few of the files that were looked at, until it shows that others need not be read. */
  decide(candidates: readonly Candidate[]): void {
    this.isOn = this.#allowed;
    if (this.isOn) fileWhatWasSeen();
    for (let i = 0; this.isOn && i < candidates.length; i += SAMPLE_STEP) {
      const candidate = candidates[i] as Candidate;
      const { sessionId, hasSidecars } = candidate;
      if (!Number.isNaN(rememberedActivity(candidate))) this.#spare();
      else candidate.activity = this.look(candidate, sessionId, hasSidecars)?.activity ?? NaN;
    }
  }

  /** What `lookAt` says of a file, from the open file. Undefined where that fails: `lookAt` says why. */
  look(place: Place, id: string, hasSidecars: boolean): Candidate | undefined {
    let fd: number | undefined;
    try {
      fd = openReadNoFollow(transcriptPathOf(place.project, id));
      const stats = statOpen(fd);
      if (!stats.isFile() || stats.size === 0) return undefined;
      const candidate = new LookedAt(place, id, hasSidecars, stats);
      const { lastModified } = candidate;
      if (lastModified <= this.#latest || lastModified < this.#since) {
        this.#spare();
        return candidate;
      }
      candidate.activity = readActivity(fd, stats.size, lastModified);
      this.#read++;
      this.#latest = Math.max(this.#latest, candidate.activity);
      rememberLater(candidate, this.#began);
      return candidate;
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) close(fd);
    }
  }

  /** A file more that need not be read; of too many the way is not the better one. */
  #spare(): void {
    this.#spared++;
    this.isOn = this.#spared <= 1 + this.#read / 8;
  }
}
