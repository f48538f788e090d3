import { InvalidArgumentError } from "../../store/errors.ts";
import type { SessionFilter } from "./session-filter.ts";

/** Conditions that only the index can decide: lists have no costs, and only some of the models and tags. */
export const COUNTED = ["tags", "project", "model", "minCost", "maxCost"] as const;

const TEXTS = ["dir", "branch", "query", "project", "model"] as const;
const FLAGS = ["empty", "archived", "programmatic"] as const;

/** All conditions: `includeWorktrees` alone is none. */
const CONDITIONS = [
  ...TEXTS,
  ...FLAGS,
  "since",
  "until",
  "larger",
  "tags",
  "minCost",
  "maxCost",
] as const satisfies readonly (keyof SessionFilter)[];

/** Reports whether a filter has any condition. A null, which JavaScript may give, is none. */
export const isFilter = (filter: SessionFilter): boolean =>
  CONDITIONS.some((name) => (filter[name] ?? undefined) !== undefined);

/**
 * Returns a filter without nulls. Throws `InvalidArgumentError` for a value that is no condition, such as an empty text:
 * a command would take every session.
 */
export function checkedFilter<Filter extends SessionFilter>(given: Filter): Filter {
  const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) as Filter;
  for (const name of TEXTS) {
    const value: unknown = filter[name];
    if (value !== undefined && (typeof value !== "string" || value === "")) throw mustBe(name, "a text", value);
  }
  for (const name of FLAGS) {
    const value: unknown = filter[name];
    if (value !== undefined && typeof value !== "boolean") throw mustBe(name, "true or false", value);
  }
  const tags: unknown = filter.tags;
  const larger: unknown = filter.larger;
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === "string" && tag.trim() !== "")))
    throw mustBe("tags", "a list of tags", tags);
  if (larger !== undefined && !(typeof larger === "number" && larger >= 0))
    throw mustBe("larger", "a number of bytes", larger);
  return filter;
}

const mustBe = (name: string, what: string, given: unknown): InvalidArgumentError =>
  new InvalidArgumentError(name, `${name} must be ${what}, got ${JSON.stringify(given) ?? typeof given}`);
