import type { StoreOptions } from "../../store/types.ts";

/** How the index is used. */
export interface IndexOptions extends StoreOptions {
  /** False to work without the index on the disk, which takes longer. Default true. */
  readonly index?: boolean | undefined;
  /** Maximum time for bringing the index up to date, ms. Default: no limit. */
  readonly waitMs?: number | undefined;
  /** Called while transcripts are read, with what was read so far and what is to be read. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Directories whose sessions count. */
export interface DirectoryOptions {
  /** Only sessions of this directory, and of the other worktrees of its repository. Absent: all projects. */
  readonly dir?: string | undefined;
  /** With `dir`: also sessions of these directories. */
  readonly moreDirs?: readonly string[] | undefined;
  /** With `dir`: includes sessions of its repository's other worktrees, also deleted ones. Default true. */
  readonly includeWorktrees?: boolean | undefined;
}
