/**
 * Shapes that the store gives and takes. Names and keys of the official Agent SDK (0.3.329) where it has them. Those are
 * type aliases with the official optional keys and without `readonly`, so that a program compiles with either import.
 */

/** The same options, each of which may also be given as `undefined`. */
export type OrUndefined<T> = { [K in keyof T]: T[K] | undefined };

/** Which config dirs are meant. Absent: the one that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
export interface StoreOptions {
  /** Several config dirs at once, e.g. work and private. Relative paths count from the current directory. */
  readonly configDirs?: readonly string[] | undefined;
}

/** Options of everything that looks up one session. */
export interface SessionOptions extends StoreOptions {
  /** Project directory to find the session in, its git worktrees included. Absent: all projects. */
  readonly dir?: string | undefined;
}

/** The official name for the options that `SessionOptions` are. */
export type SessionMutationOptions = {
  /** Project directory to find the session in, its git worktrees included. Absent: all projects. */
  dir?: string;
  /** Several config dirs at once, e.g. work and private. Relative paths count from the current directory. */
  configDirs?: readonly string[];
};

export type GetSessionInfoOptions = SessionMutationOptions;

/**
 * One session as the official `listSessions` gives it, keys in that order. Absent facts are keys with the value `undefined`
 * there and here, which the official type does not say.
 */
export type SessionInfo = {
  sessionId: string;
  /** Title, last prompt, summary or first prompt: the first there is. */
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

/** What a page of sessions says beyond `SessionInfo`. */
export interface ListedSession extends SessionInfo {
  /**
   * What a list shows: one line of at most 100 UTF-16 units, from the title, the last prompt or the first. Empty if there is
   * nothing to call the session by.
   */
  readonly title: string;
  /** min(timestamp of the last conversation row, mtime), epoch ms: what the page is sorted by. */
  readonly activity: number;
  readonly configDir: string;
  readonly projectKey: string;
  readonly transcriptPath: string;
  /** `cli`, `sdk-ts`, …; from the first row that has one. */
  readonly entrypoint: string | undefined;
  /** Started by a program (SDK entrypoints, daemons), not by a person. */
  readonly programmatic: boolean;
  /** Model of the last assistant row in the tail. */
  readonly model: string | undefined;
  /** The session this one was forked from, where the rows say so. */
  readonly forkedFrom: string | undefined;
  /** The session is this teammate's own, in this team of agents: nobody typed in it. Absent for the lead's session. */
  readonly agentName: string | undefined;
  readonly teamName: string | undefined;
  /** The worktree (its path) the session was found through, when it is not the asked directory itself. */
  readonly worktree: string | undefined;
}

/** A directory or file that could not be read while listing. Nothing is left out silently. */
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

/** One copy of a session's transcript. The same id may stand in several project and config dirs. */
export interface TranscriptCopy {
  readonly sessionId: string;
  readonly project: ProjectDir;
  /** `<project.path>/<sessionId>.jsonl`. */
  readonly path: string;
  /** Bytes; never 0: an empty transcript means "not here". */
  readonly size: number;
  /** Epoch ms, with fractions. */
  readonly mtimeMs: number;
  /** The directory, or the worktree, that its project dir was found for; undefined when all projects were searched. */
  readonly through?: string | undefined;
}
