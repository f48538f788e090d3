import { basename, dirname } from "node:path";
import { normalizeTag } from "../../store/annotate/normalize-tag.ts";
import { errnoOf, InvalidArgumentError, isMissing } from "../../store/errors.ts";
import { projectDir } from "../../store/layout/paths.ts";
import { shownSession } from "../../store/list/listed-session.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import type { ListedSession, Skipped } from "../../store/types.ts";
import { projectTest } from "../query/fact-conditions.ts";
import type { UsageSession } from "../stats/usage-rows.ts";
import {
  SESSION_SORTS,
  type SessionSearch,
  type SessionSearchOptions,
  type SessionSort,
  type SessionUsage,
  type SessionWithUsage,
} from "./session-facts.ts";
import { usageOfSessions } from "./session-usage.ts";

/** Finds sessions by facts, see `searchSessions` in library.ts. */
export async function searchSessions(options: SessionSearchOptions = {}): Promise<SessionSearch> {
  const { signal } = options;
  const [sort, limit] = [checkedSort(options.sort), checkedLimit(options.limit)];
  const mayMatch = indexTest(options);
  const matches = listTest(options);
  const { usage, sessions, pending, prices, notes, skipped: unread } = await usageOfSessions(options);
  const skipped = [...unread];
  const found: SessionWithUsage[] = [];
  for (const [id, known] of sessions) {
    if (isTurnOver()) await yieldToEventLoop(signal);
    const counted = usage.get(id);
    if (counted === undefined || !mayMatch(known, counted)) continue;
    const session = listed(known, skipped);
    if (session !== undefined && matches(session)) found.push({ session, usage: counted });
  }
  const valueOf = ({ session, usage: counts }: SessionWithUsage): number =>
    sort === "activity" ? 0 : sort === "size" ? (session.fileSize ?? 0) : counts[sort];
  found.sort(
    (a, b) =>
      valueOf(b) - valueOf(a) ||
      b.session.activity - a.session.activity ||
      (a.session.sessionId > b.session.sessionId ? -1 : 1),
  );
  return { sessions: found.slice(0, limit), total: found.length, pending, prices, notes, skipped };
}

/** Returns a test of what the index knows. */
function indexTest(options: SessionSearchOptions): (session: UsageSession, usage: SessionUsage) => boolean {
  const { tags, branch } = options;
  for (const name of ["project", "model", "branch"] as const) {
    const value: unknown = options[name] ?? "";
    if (typeof value !== "string")
      throw new InvalidArgumentError(name, `${name} must be a text, got "${String(value)}"`);
  }
  const wanted = tags && new Set(tags.map(normalizeTag));
  const isOfProject = options.project ? projectTest(options.project) : undefined;
  const model = options.model?.toLowerCase();
  const [after, minCost, minMessages] = (["after", "minCost", "minMessages"] as const).map((name) =>
    checkedNumber(name, options, -Infinity),
  ) as [number, number, number];
  const [maxCost, maxMessages] = (["maxCost", "maxMessages"] as const).map((name) =>
    checkedNumber(name, options, Infinity),
  ) as [number, number];
  return (session, { cost, messages, models }) =>
    cost >= minCost &&
    cost <= maxCost &&
    messages >= minMessages &&
    messages <= maxMessages &&
    (session.active ?? Infinity) >= after &&
    (wanted === undefined || session.tags.some((tag) => wanted.has(normalizeTag(tag)))) &&
    (branch === undefined || session.branch === branch) &&
    (model === undefined || models.some((name) => name.toLowerCase().includes(model))) &&
    (isOfProject === undefined || isOfProject(session.cwd ?? ""));
}

/** Returns a test of what only lists know. */
function listTest(options: SessionSearchOptions): (session: ListedSession) => boolean {
  const { archived, programmatic } = options;
  const before = checkedNumber("before", options, Infinity);
  return (session) =>
    (session.createdAt ?? session.activity) <= before &&
    (archived === undefined || (session.archived === true) === archived) &&
    (programmatic === undefined || session.programmatic === programmatic);
}

function listed({ id, path }: UsageSession, skipped: Skipped[]): ListedSession | undefined {
  const dir = dirname(path);
  try {
    return shownSession({ sessionId: id, project: projectDir(dirname(dirname(dir)), basename(dir)) });
  } catch (error) {
    if (!isMissing(error)) skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
    return undefined;
  }
}

type NumberName = "after" | "before" | "minCost" | "maxCost" | "minMessages" | "maxMessages";

function checkedNumber(name: NumberName, options: SessionSearchOptions, usual: number): number {
  const value = options[name] ?? usual;
  if (typeof value !== "number" || Number.isNaN(value))
    throw new InvalidArgumentError(name, `${name} must be a number, got "${String(value)}"`);
  return value;
}

function checkedSort(given: SessionSearchOptions["sort"]): SessionSort {
  const sort = given ?? SESSION_SORTS[0];
  if (!SESSION_SORTS.includes(sort))
    throw new InvalidArgumentError("sort", `sort must be one of ${SESSION_SORTS.join(", ")}, got "${sort as string}"`);
  return sort;
}

function checkedLimit(given: number | undefined): number {
  const limit = given ?? Infinity;
  if (limit !== Infinity && (!Number.isInteger(limit) || limit < 1))
    throw new InvalidArgumentError("limit", `limit must be a positive integer, got "${String(limit)}"`);
  return limit;
}
