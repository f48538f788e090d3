import { resolve } from "node:path";
import type { SessionFilter } from "../../catalog/select/session-filter.ts";
import { asString } from "../../transcript/rows/json-values.ts";
import { mustBe, UsageError } from "../terminal/command.ts";
import { FILTER_OPTIONS } from "./filter-options.ts";
import { parseTime } from "../terminal/time.ts";

/** Reads the conditions. Throws `UsageError` that names the option. */
export function readFilter(values: Readonly<Record<string, unknown>>, now = Date.now()): SessionFilter {
  const text = (name: keyof typeof FILTER_OPTIONS): string | undefined => asString(values[name]);
  const [cwd, since, until, before] = [text("cwd"), text("since"), text("until"), text("before")];
  if (cwd === undefined && values["no-worktrees"] === true)
    throw new UsageError("--no-worktrees only applies with --cwd");
  const from = since === undefined ? undefined : parseTime(since, "--since", { now });
  const ends = [
    ...(until === undefined ? [] : [parseTime(until, "--until", { now, edge: "end" })]),
    ...(before === undefined ? [] : [parseTime(before, "--before", { now }) - 1]),
  ];
  const to = ends.length === 0 ? undefined : Math.min(...ends);
  if (from !== undefined && to !== undefined && from > to) {
    const end = until === undefined ? `--before "${before}"` : `--until "${until}"`;
    throw new UsageError(`--since "${since}" is later than ${end}`);
  }
  const tags = values["tag"];
  return {
    dir: cwd === undefined ? undefined : resolve(cwd),
    includeWorktrees: values["no-worktrees"] !== true,
    project: text("project"),
    since: from,
    until: to,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : undefined,
    branch: text("branch"),
    model: text("model"),
    minCost: microDollars("--min-cost", text("min-cost")),
    maxCost: microDollars("--max-cost", text("max-cost")),
    larger: readSize("--larger", text("larger")),
    empty: values["empty"] === true ? true : undefined,
    query: text("query"),
  };
}

/** Returns the conditions as the user typed them, `--tag a`. */
export const typedFilter = (values: Readonly<Record<string, unknown>>): string[] =>
  conditions(values).map((words) => words.join(" "));

/** Returns the conditions as words of a command line that mean the same in any directory. */
export const filterWords = (values: Readonly<Record<string, unknown>>): string[] =>
  conditions(values).flatMap(([option = "", value]) =>
    value === undefined ? [option] : [`${option}=${isRelative(option, value) ? resolve(value) : value}`],
  );

/** `--project` also takes the name of a directory, which is no path. */
const isRelative = (option: string, value: string): boolean =>
  option === "--cwd" || (option === "--project" && /^\.{1,2}(?:[/\\]|$)/.test(value));

function conditions(values: Readonly<Record<string, unknown>>): string[][] {
  return Object.keys(FILTER_OPTIONS).flatMap((name) => {
    const value = values[name];
    if (value === true) return [[`--${name}`]];
    return (Array.isArray(value) ? value : [value]).flatMap((one) =>
      typeof one === "string" ? [[`--${name}`, one]] : [],
    );
  });
}

function microDollars(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const amount = /^\$?(\d+(?:\.\d+)?|\.\d+)$/.exec(given)?.[1];
  if (amount === undefined) throw mustBe(option, "an amount in dollars such as 1.50", given);
  return Math.round(Number(amount) * 1e6);
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** Returns the bytes that a size such as `10MB` means. Throws `UsageError` that names the option. */
export function readSize(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(given) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (number === undefined || factor === undefined) throw mustBe(option, "a size such as 500kB or 10MB", given);
  return Math.round(Number(number) * factor);
}
