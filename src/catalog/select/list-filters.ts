import type { ListFilters } from "../../store/list/filters.ts";
import type { SessionFilter } from "./session-filter.ts";

/** Returns the conditions that lists decide by themselves, but for the tags. */
export const listFilters = ({
  dir,
  includeWorktrees,
  since,
  until,
  branch,
  archived,
  programmatic,
}: SessionFilter): ListFilters => ({
  dir,
  includeWorktrees,
  since,
  until,
  branch,
  archived: archived === undefined ? "include" : archived ? "only" : "exclude",
  includeProgrammatic: programmatic !== false,
});
