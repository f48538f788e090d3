import { basename, dirname, relative, sep } from "node:path";
import { projectDir, projectsPath, transcriptPath } from "../layout/paths.ts";
import { normalizePath } from "../disk/platform.ts";
import { keyOfPath } from "../layout/project-key.ts";
import { sessionCwd } from "../projects/session-cwd.ts";
import { tryStat } from "../disk/walk.ts";

/** A transcript where no list looks: anywhere but directly in a project dir. */
export interface Misplaced {
  readonly path: string;
  readonly sessionId: string;
  readonly bytes: number;
  /** Something of the session stands beside it, under its id, and has to go along. */
  readonly hasSidecars: boolean;
  /** Where it belongs; undefined when that is taken or not known. */
  readonly moveTo: string | undefined;
  /** What is under its id where lists look: it would be overwritten, or hidden. */
  readonly standsAt: string | undefined;
}

/** Says of transcripts at the wrong depth where they belong. */
export class Places {
  readonly #configDir: string;
  readonly #standing: ReadonlyMap<string, string>;
  readonly #taken = new Set<string>();

  /** `standing`: where the transcripts are that lists show, by their ids in lower case. */
  constructor(configDir: string, standing: ReadonlyMap<string, string>) {
    this.#configDir = configDir;
    this.#standing = standing;
  }

  /** A place is given once: of two copies the second is told where the first one would stand. */
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
   * The project that a transcript belongs to: that of the directory which its rows name; else the closest directory above
   * it that is named like a project; else the project dir that it is somewhere in.
   */
  #keyOf(path: string): string | undefined {
    const cwd = sessionCwd(path);
    if (cwd !== undefined && IS_ABSOLUTE.test(cwd)) return keyOfPath(normalizePath(cwd));
    const projects = projectsPath(this.#configDir);
    for (let dir = dirname(path); dir.length > this.#configDir.length; dir = dirname(dir)) {
      if (KEY_OF_ABSOLUTE_PATH.test(basename(dir))) return basename(dir);
    }
    const [first, ...rest] = relative(projects, path).split(sep);
    return first === ".." || rest.length === 0 ? undefined : first;
  }
}

const isThere = (path: string): boolean => tryStat(path, []) !== undefined;

const IS_ABSOLUTE = /^(?:[A-Za-z]:)?[\\/]/;
/** The key of an absolute path: it begins with the separator, or with a drive and its colon and separator. */
export const KEY_OF_ABSOLUTE_PATH = /^(?:-|[A-Za-z]--)/;
