/**
 * Types of the store's arguments and results. Types that the official Agent SDK (0.3.329) has too use its names and keys.
 * They are type aliases with the official optional keys and without `readonly`, so that a program compiles with either import.
 */

/** Options of `T`, each of which may also be `undefined`. */
export type OrUndefined<T> = { [K in keyof T]: T[K] | undefined };

/** The config dirs to use. Absent: the one that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
export interface StoreOptions {
  /** Config dirs, e.g. for work and private use. Relative paths are resolved against the current directory. */
  readonly configDirs?: readonly string[] | undefined;
  /**
   * Directory of a program's own, in place of `configDirs`: for sessions apart from those of Claude Code. It has the layout of a
   * config dir, so that `CLAUDE_CONFIG_DIR` can name it.
   */
  readonly storageDir?: string | undefined;
}

/** Options of all functions that look up one session. */
export type SessionOptions = Readonly<OrUndefined<SessionMutationOptions>>;

/** The official form of `SessionOptions`. */
export type SessionMutationOptions = {
  /** Project directory to find the session in, its git worktrees included. Absent: all projects. */
  dir?: string;
  /** Config dirs, e.g. for work and private use. Relative paths are resolved against the current directory. */
  configDirs?: readonly string[];
  /** Directory of a program's own, in place of `configDirs`: for sessions apart from those of Claude Code. */
  storageDir?: string;
};

export type GetSessionInfoOptions = SessionMutationOptions & {
  signal?: AbortSignal;
};

/**
 * One session as the official `listSessions` returns it, with keys in that order. Unknown facts are keys with the value
 * `undefined`, there and here, although the official type does not say so.
 */
export type SessionInfo = {
  sessionId: string;
  /** The first of: title, last prompt, summary, first prompt. */
  summary: string;
  /** mtime of the transcript, epoch ms. */
  lastModified: number;
  /** Size of the transcript, bytes. */
  fileSize?: number;
  customTitle?: string;
  /** At most 200 UTF-16 units and an ellipsis. */
  firstPrompt?: string;
  gitBranch?: string;
  cwd?: string;
  tag?: string;
  /** Epoch ms. */
  createdAt?: number;
  archived?: boolean;
};

/** `SessionInfo` with the further fields of a page of sessions. */
export interface ListedSession extends SessionInfo {
  /** Title for lists, one line of at most 100 UTF-16 units; empty without any title or prompt. */
  readonly title: string;
  /** Sort key of the page: min(timestamp of the last conversation row, mtime), epoch ms. */
  readonly activity: number;
  /** All tags; `tag` is the first, unless only an official helper removed it. */
  readonly tags: readonly string[];
  readonly description: string | undefined;
  readonly configDir: string;
  readonly projectKey: string;
  readonly transcriptPath: string;
  /** `cli`, `sdk-ts`, …, from the first row that has an entrypoint. */
  readonly entrypoint: string | undefined;
  /** Started by a program (SDK entrypoints, daemons), not by a person. */
  readonly programmatic: boolean;
  /** Model of the last assistant row in the tail. */
  readonly model: string | undefined;
  /** The session that this one was forked from, if its rows say so. */
  readonly forkedFrom: string | undefined;
  /** The teammate, in a team of agents, that this session belongs to; nobody typed in it. Absent for the lead's session. */
  readonly agentName: string | undefined;
  readonly teamName: string | undefined;
  /** Path of the worktree that the session was found for, unless that is the given directory itself. */
  readonly worktree: string | undefined;
}

/** A directory or file that could not be read: nothing is left out silently. */
export interface Skipped {
  readonly path: string;
  /** `EACCES`, `ELOOP`, …, or a word of ours. */
  readonly reason: string;
}

/** A directory under `projects/`. */
export interface ProjectDir {
  readonly configDir: string;
  /** The directory's name: a project key. */
  readonly key: string;
  /** `<configDir>/projects/<key>`. */
  readonly path: string;
}

/** One copy of a session's transcript. An id may appear in several project and config dirs. */
export interface TranscriptCopy {
  readonly sessionId: string;
  readonly project: ProjectDir;
  /** `<project.path>/<sessionId>.jsonl`. */
  readonly path: string;
  /** Bytes; never 0: an empty transcript means "not here". */
  readonly size: number;
  /** Epoch ms, with fractions. */
  readonly mtimeMs: number;
  /** The directory or worktree that its project dir was found for; undefined if all projects were searched. */
  readonly matchedDir?: string | undefined;
}
