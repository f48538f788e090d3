import { PAGE_SESSIONS, PAGE_SESSIONS_MAX } from "../../transcript/rows/limits.ts";
import { foldText } from "../../transcript/text/fold-text.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { StoreOptions } from "../types.ts";

/** Which sessions a list is about. */
export interface ListFilters extends StoreOptions {
  /** Project directory; absent: all projects. */
  readonly dir?: string | undefined;
  /** With `dir`: the sessions of these directories as well, as of `dir`. */
  readonly moreDirs?: readonly string[] | undefined;
  /** With `dir`: also the sessions of its repository's other worktrees, deleted ones included. Default true. */
  readonly includeWorktrees?: boolean | undefined;
  /** Also sessions that a program started (SDK entrypoints, daemons). Default true. */
  readonly includeProgrammatic?: boolean | undefined;
  /** What to do with archived sessions. Default `exclude`. */
  readonly archived?: "exclude" | "include" | "only" | undefined;
  /** Only sessions in which something was said at or after this time, epoch ms. */
  readonly since?: number | undefined;
  /** Only sessions in which nothing was said after this time, epoch ms. */
  readonly until?: number | undefined;
  /** Only sessions whose `summary` or `title` has this text in it, whatever the case and the accents of its letters. */
  readonly title?: string | undefined;
  /** Only sessions with exactly this tag. It may stand anywhere, so `metadata` is then `full`. */
  readonly tag?: string | undefined;
  /** Only sessions whose last row with a branch names exactly this one. */
  readonly branch?: string | undefined;
  /** The only order there is: what was said last comes first. */
  readonly sort?: "activity" | undefined;
  /**
   * `windows` (default): titles, tag and first prompt as two windows of 64 KiB show them. `full`: wherever they stand, for
   * which every transcript that is looked at is read to its end.
   */
  readonly metadata?: "windows" | "full" | undefined;
  /** Called whenever a session has been looked at: how many so far, and how many there are in scope. */
  readonly progress?: ((looked: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Decided = "moreDirs" | "includeWorktrees" | "includeProgrammatic" | "archived" | "metadata";

/** The filters with their defaults; `title` is folded (fold-text.ts). */
export type ListQuery = ListFilters & { readonly [Name in Decided]: NonNullable<ListFilters[Name]> };

/** Throws `InvalidArgumentError`. */
export function checkedQuery(options: ListFilters): ListQuery {
  oneOf("sort", options.sort, ["activity"]);
  const metadata = oneOf("metadata", options.metadata, ["windows", "full"]);
  const title = options.title ?? undefined;
  const tag = options.tag ?? undefined;
  return {
    ...options,
    moreDirs: options.moreDirs ?? [],
    includeWorktrees: options.includeWorktrees ?? true,
    includeProgrammatic: options.includeProgrammatic ?? true,
    archived: oneOf("archived", options.archived, ["exclude", "include", "only"]),
    since: checkedTime("since", options.since),
    until: checkedTime("until", options.until),
    title: title === undefined ? undefined : foldText(title),
    tag,
    branch: options.branch ?? undefined,
    metadata: tag === undefined ? metadata : "full",
  };
}

/** Throws `InvalidArgumentError`. */
export function checkedLimit(limit: number = PAGE_SESSIONS): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_SESSIONS_MAX) {
    throw new InvalidArgumentError("limit", `limit must be an integer from 1 to ${PAGE_SESSIONS_MAX}`);
  }
  return limit;
}

function checkedTime(name: "since" | "until", given: number | undefined): number | undefined {
  const time = given ?? undefined;
  if (time !== undefined && !Number.isFinite(time)) {
    throw new InvalidArgumentError(name, `${name} must be a time in milliseconds since 1970`);
  }
  return time;
}

/** The value, or the first of the choices when it is absent. */
function oneOf<T extends string>(name: string, value: T | null | undefined, choices: readonly [T, ...T[]]): T {
  const chosen = value ?? choices[0];
  if (!choices.includes(chosen)) throw new InvalidArgumentError(name, `${name} must be one of: ${choices.join(", ")}`);
  return chosen;
}
