/** What is asked of sessions that are selected, apart from the code: a program that uses the library compiles these only. */
import type { ListedSession, Skipped } from "../../store/types.ts";
import type { IndexOptions } from "../refresh/index-options.ts";

/** Conditions on sessions, which must all hold. Times are epoch ms, costs are micro-dollars: millionths of a dollar. */
export interface SessionFilter {
  /** Only sessions of this directory, and of the other worktrees of its repository. */
  readonly dir?: string | undefined;
  /** With `dir`: includes sessions of its repository's other worktrees, also deleted ones. Default true. */
  readonly includeWorktrees?: boolean | undefined;
  /** A path: sessions of that directory, those below it and the worktrees of its repository. Or the name of a directory. */
  readonly project?: string | undefined;
  /** Only sessions last active at or after this time. */
  readonly since?: number | undefined;
  /** Only sessions last active at or before this time. */
  readonly until?: number | undefined;
  /** Only sessions with one of these tags. */
  readonly tags?: readonly string[] | undefined;
  /** Only sessions that were last on exactly this git branch. */
  readonly branch?: string | undefined;
  /** Only sessions with a request to a model that has this text in its name, ignoring case. */
  readonly model?: string | undefined;
  /** Only sessions that cost at least, and at most, this much. A session that is not counted completely never matches. */
  readonly minCost?: number | undefined;
  readonly maxCost?: number | undefined;
  /** Only sessions whose transcript is larger than this, bytes. */
  readonly larger?: number | undefined;
  /** Only sessions without any message. */
  readonly empty?: boolean | undefined;
  /** Only sessions that match this text, in the language of `searchTranscripts`. A part that is not understood is an error. */
  readonly query?: string | undefined;
  /** Only archived sessions, or only others. */
  readonly archived?: boolean | undefined;
  /** Only sessions that programs started, or only others. */
  readonly programmatic?: boolean | undefined;
}

export interface Selection {
  /** The latest active first. */
  readonly sessions: readonly ListedSession[];
  /** Sentences about what could not be decided. */
  readonly notes: readonly string[];
  /** Directories and files that could not be read. */
  readonly skipped: readonly Skipped[];
}

export type SelectionOptions = SessionFilter & IndexOptions;
