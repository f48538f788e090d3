import { snapshotPath } from "../../store/layout/paths.ts";
import { deletedFrom, projectRetention, readRetention, type Retention } from "../../store/retention/retention.ts";
import { isKept } from "../../store/snapshot/is-kept.ts";
import { isSnapshot } from "../../store/snapshot/snapshot-dir.ts";
import type { ListedSession } from "../../store/types.ts";
import { SOON_DAYS } from "../terminal/time.ts";

const SOON_MS = SOON_DAYS * 24 * 60 * 60 * 1000;

/**
 * Finds the sessions that Claude Code will delete soon, by the settings of the user, the organisation and the session's own
 * directory. `retention` also asks those of other directories, which takes a list of all sessions.
 */
export class Deadlines {
  readonly #now: number;
  readonly #retentions = new Map<string, Retention | undefined>();
  readonly #projects = new Map<string, Retention["projects"]>();

  constructor(now: number) {
    this.#now = now;
  }

  /** Returns when a session goes (epoch ms); undefined if that is not soon, or a snapshot has all of it. */
  of(session: ListedSession): number | undefined {
    const { configDir, cwd = "", entrypoint, lastModified: mtimeMs } = session;
    const retention = this.#retentionOf(configDir);
    if (retention === undefined) return undefined;
    const projects = retention.why === "managed" ? [] : this.#projectsOf(cwd);
    const entrypoints = entrypoint === undefined ? [] : [entrypoint];
    const from = deletedFrom({ ...retention, projects }, { mtimeMs, entrypoints });
    if (from === undefined || from >= this.#now + SOON_MS) return undefined;
    return isKept(session, snapshotPath(configDir)) ? undefined : from;
  }

  /** Claude Code deletes nothing in a snapshot. */
  #retentionOf(configDir: string): Retention | undefined {
    if (!this.#retentions.has(configDir))
      this.#retentions.set(configDir, isSnapshot(configDir) ? undefined : readRetention(configDir));
    return this.#retentions.get(configDir);
  }

  #projectsOf(directory: string): Retention["projects"] {
    let projects = this.#projects.get(directory);
    if (projects === undefined) {
      // Transcripts can name any directory, so only a limited number is looked up on the disk.
      const own = this.#projects.size < MAX_LOOKUPS ? projectRetention(directory) : undefined;
      projects = own === undefined ? [] : [own];
      this.#projects.set(directory, projects);
    }
    return projects;
  }
}

const MAX_LOOKUPS = 1000;
