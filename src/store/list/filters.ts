import { PAGE_SESSIONS, PAGE_SESSIONS_MAX } from "../../transcript/rows/limits.ts";
import { foldText } from "../../transcript/text/fold-text.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { StoreOptions } from "../types.ts";

/** Filters of a list of sessions. */
export interface ListFilters extends StoreOptions {
  /** Project directory; absent: all projects. */
  readonly dir?: string | undefined;
  /** With `dir`: further directories, handled like `dir`. */
  readonly moreDirs?: readonly string[] | undefined;
  /** With `dir`: includes sessions of its repository's other worktrees, also deleted ones. Default true. */
  readonly includeWorktrees?: boolean | undefined;
  /** Includes sessions that a program started (SDK entrypoints, daemons). Default true. */
  readonly includeProgrammatic?: boolean | undefined;
  /** Handling of archived sessions. Default `exclude`. */
  readonly archived?: "exclude" | "include" | "only" | undefined;
  /** Only sessions whose last activity is at or after this time, epoch ms. */
  readonly since?: number | undefined;
  /** Only sessions whose last activity is at or before this time, epoch ms. */
  readonly until?: number | undefined;
  /** Only sessions whose `summary` or `title` contains this text, ignoring case and accents. */
  readonly title?: string | undefined;
  /** Only sessions that have exactly this tag among theirs. It may be anywhere in the file, so `metadata` is then `full`. */
  readonly tag?: string | undefined;
  /** Only sessions whose last row with a branch names exactly this one. */
  readonly branch?: string | undefined;
  /** The only order: latest activity first. */
  readonly sort?: "activity" | undefined;
  /**
   * `windows` (default): titles, tags, description and first prompt from the first and last 64 KiB. `full`: from anywhere in the file, for
   * which every examined transcript is read completely.
   */
  readonly metadata?: "windows" | "full" | undefined;
  /** Called after each examined session with the number so far, and the number in scope. */
  readonly progress?: ((looked: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Decided = "moreDirs" | "includeWorktrees" | "includeProgrammatic" | "archived" | "metadata";

/** The filters with their defaults; `title` is folded (fold-text.ts). */
export type ListQuery = ListFilters & { readonly [Name in Decided]: NonNullable<ListFilters[Name]> };

/** Validates the filters and fills in defaults. Throws `InvalidArgumentError`. */
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

/** Validates the limit. Throws `InvalidArgumentError`. */
export function checkedLimit(limit: number = PAGE_SESSIONS): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_SESSIONS_MAX) {
    throw new InvalidArgumentError("limit", `limit must be an integer from 1 to ${PAGE_SESSIONS_MAX}, got "${limit}"`);
  }
  return limit;
}

function checkedTime(name: "since" | "until", given: number | undefined): number | undefined {
  const time = given ?? undefined;
  if (time !== undefined && !Number.isFinite(time)) {
    throw new InvalidArgumentError(name, `${name} must be a time in milliseconds since 1970, got "${time}"`);
  }
  return time;
}

/** Returns the value, or the first choice if it is absent. */
function oneOf<T extends string>(name: string, value: T | null | undefined, choices: readonly [T, ...T[]]): T {
  const chosen = value ?? choices[0];
  if (!choices.includes(chosen))
    throw new InvalidArgumentError(name, `${name} must be one of ${choices.join(", ")}, got "${chosen}"`);
  return chosen;
}
