import { basename, dirname, relative, sep } from "node:path";
import { projectDir, projectsPath, transcriptPath } from "../layout/paths.ts";
import { isAbsolutePath, normalizePath } from "../disk/platform.ts";
import { keyOfPath } from "../layout/project-key.ts";
import { sessionCwd } from "../projects/session-cwd.ts";
import { tryStat } from "../disk/walk.ts";

/** An item in a config dir that is named after a session. */
export interface NamedItem {
  readonly path: string;
  readonly sessionId: string;
  readonly bytes: number;
}

/** A transcript where no list looks: anywhere but directly in a project dir. */
export interface Misplaced extends NamedItem {
  /** The session's directory `<id>` is next to it, and has to be moved along. */
  readonly hasSidecars: boolean;
  /** The path to move it to; undefined if that is taken or not known. */
  readonly moveTo: string | undefined;
  /** The transcript that lists find under its id: it would be overwritten, or hidden. */
  readonly standsAt: string | undefined;
}

/** Finds where transcripts at the wrong depth belong. */
export class Places {
  readonly #configDir: string;
  readonly #standing: ReadonlyMap<string, string>;
  readonly #taken = new Set<string>();

  /** `standing`: paths of the transcripts that lists show, by their ids in lower case. */
  constructor(configDir: string, standing: ReadonlyMap<string, string>) {
    this.#configDir = configDir;
    this.#standing = standing;
  }

  /** Returns the place of one transcript. Each place is given only once: a second copy gets the first one's as `standsAt`. */
  of(path: string, sessionId: string, bytes: number): Misplaced {
    const hasSidecars = isThere(path.slice(0, -".jsonl".length));
    const key = this.#keyOf(path);
    const to = key === undefined ? undefined : transcriptPath(projectDir(this.#configDir, key), sessionId);
    const isTaken = to !== undefined && (this.#taken.has(to) || isThere(to));
    const standsAt = isTaken ? to : this.#standing.get(sessionId.toLowerCase());
    const moveTo = standsAt === undefined ? to : undefined;
    if (moveTo !== undefined) this.#taken.add(moveTo);
    return { path, sessionId, bytes, hasSidecars, moveTo, standsAt };
  }

  /**
   * Returns the key of the project that a transcript belongs to: that of the `cwd` in its rows; else the closest directory
   * above it that is named like a project; else the project dir that it is below.
   */
  #keyOf(path: string): string | undefined {
    const cwd = sessionCwd(path);
    if (cwd !== undefined && isAbsolutePath(cwd)) return keyOfPath(normalizePath(cwd));
    const projects = projectsPath(this.#configDir);
    for (let dir = dirname(path); dir.length > this.#configDir.length; dir = dirname(dir)) {
      if (KEY_OF_ABSOLUTE_PATH.test(basename(dir))) return basename(dir);
    }
    const [first, ...rest] = relative(projects, path).split(sep);
    return first === ".." || rest.length === 0 ? undefined : first;
  }
}

const isThere = (path: string): boolean => tryStat(path, []) !== undefined;

/** Matches keys of absolute paths, which begin with a separator, or with a drive, a colon and a separator. */
export const KEY_OF_ABSOLUTE_PATH = /^(?:-|[A-Za-z]--)/;
