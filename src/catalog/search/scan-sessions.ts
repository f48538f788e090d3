import { windowFacts } from "../../store/facts/metadata.ts";
import { activityOf } from "../../store/facts/activity-of-file.ts";
import type { Candidate } from "../../store/facts/candidate.ts";
import { errnoOf, isMissing } from "../../store/errors.ts";
import { toListedSession } from "../../store/list/listed-session.ts";
import type { ListScope } from "../../store/list/list-scope.ts";
import type { ListedSession, Skipped } from "../../store/types.ts";
import type { Database } from "../engine/sqlite.ts";
import type { Facts } from "../extract/extracted.ts";
import { tagsFound } from "../extract/session-tags.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import { jsonPages } from "../engine/json-pages.ts";
import { listStoreFiles } from "../refresh/store-files.ts";
import { FileKind } from "../schema/schema.ts";
import { modelTest, projectTest, valueTest } from "../query/fact-conditions.ts";
import { type FactTerm, isTextTerm, type Query } from "../query/query.ts";
import type { ScanSession } from "../scan/scan-session.ts";
import { querySets, type SessionSet } from "./session-sets.ts";
import { TextScope } from "../query/text-scope.ts";

export interface SessionsInFiles {
  /** Those to search, if not all. */
  readonly scope: ListScope | undefined;
  /** Their ids, if not all. */
  readonly only?: ReadonlySet<string>;
  readonly signal: AbortSignal | undefined;
}

/** Returns sessions of a config dir, without an index. `skipped`: receives what cannot be read. */
export async function sessionsInFiles(
  configDir: string,
  { scope, only, signal }: SessionsInFiles,
  skipped: Skipped[],
): Promise<ScanSession[]> {
  const store = await listStoreFiles(configDir, { signal });
  for (const skip of store.skipped) skipped.push(skip);
  const files = new Map<string, ScanSession["files"][number][]>();
  const bytes = new Map<string, number>();
  for (const { path, kind, sessionId, agent, size } of store.files) {
    if (isTurnOver()) await yieldToEventLoop(signal);
    bytes.set(sessionId, (bytes.get(sessionId) ?? 0) + size);
    const file = { path, kind, agentId: kind === FileKind.subagent ? agent : undefined };
    const others = files.get(sessionId);
    if (others === undefined) files.set(sessionId, [file]);
    else others.push(file);
  }
  const isWanted = scopeTest(scope);
  const sessions: ScanSession[] = [];
  for (const [uuid, { candidate, path }] of store.sessions) {
    if (only?.has(uuid) === false) continue;
    if (isTurnOver()) await yieldToEventLoop(signal);
    try {
      const facts = new LazyFacts(candidate);
      if (!isWanted(uuid, () => facts.value?.cwd)) continue;
      const active = activityOf(candidate);
      sessions.push({
        uuid,
        path,
        active,
        files: files.get(uuid) ?? [],
        bytes: bytes.get(uuid) ?? 0,
        holds: (...term) => facts.holds(...term),
      });
    } catch (error) {
      if (!isMissing(error)) skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
    }
  }
  return sessions;
}

/** Leaves out the sessions that a build has read whole meanwhile. */
export async function notIndexed(
  database: Database,
  sessions: readonly ScanSession[],
): Promise<readonly ScanSession[]> {
  if (sessions.length === 0) return sessions;
  const sql = `SELECT f.session, s.uuid, count(*) AS files, sum(f.size) AS bytes, min(f.size) >= 0 AS whole
    FROM file f JOIN session s ON s.id = f.session WHERE f.session > ? GROUP BY f.session ORDER BY f.session LIMIT ?`;
  const whole = new Map<string, WholeRow>();
  for await (const rows of jsonPages<WholeRow>(database, "session, uuid, files, bytes, whole", sql))
    for (const row of rows) if (row[4] === 1) whole.set(row[1], row);
  return sessions.filter(({ uuid, files, bytes }) => {
    const [, , count, size] = whole.get(uuid) ?? [];
    return count !== files.length || size !== bytes;
  });
}

type WholeRow = [session: number, uuid: string, files: number, bytes: number, whole: 0 | 1];

/** Returns a test of whether a session is in scope. */
export function scopeTest(scope: ListScope | undefined): (sessionId: string, cwd: () => string | undefined) => boolean {
  if (scope === undefined) return () => true;
  const { candidates, foreign } = scope;
  const matched = new Map(candidates.map(({ sessionId, matchedDir }) => [sessionId, matchedDir]));
  return (sessionId, cwd) => matched.has(sessionId) && !foreign.isForeign(cwd(), matched.get(sessionId));
}

/** Facts of a session, read when a condition first asks for them. */
class LazyFacts {
  readonly #copy: Candidate;
  #value: ListedSession | undefined | null = null;

  constructor(copy: Candidate) {
    this.#copy = copy;
  }

  get value(): ListedSession | undefined {
    if (this.#value === null) {
      const facts = windowFacts(this.#copy);
      activityOf(this.#copy);
      this.#value = facts && toListedSession(this.#copy, facts, undefined);
    }
    return this.#value;
  }

  /** `read`: facts from anywhere in the file, once it was read. */
  holds(term: FactTerm, read?: Facts): boolean | undefined {
    if (term.kind === "file" || term.kind === "tool") return undefined;
    if (read === undefined && (term.kind === "tag" || term.kind === "model")) return undefined;
    const session = this.value;
    if (session === undefined) return false;
    const { cwd, gitBranch, activity, createdAt = activity } = session;
    const tags = tagsFound(read ?? {}, session);
    const model = read?.model ?? session.model;
    switch (term.kind) {
      case "after":
        return activity >= term.time;
      case "before":
        return createdAt <= term.time;
      case "archived":
        return (session.archived === true) === term.value;
      case "programmatic":
        return session.programmatic === term.value;
      case "project":
        return cwd !== undefined && projectTest(term.value)(cwd);
      case "branch":
        return gitBranch !== undefined && valueTest(term.value)(gitBranch);
      case "tag":
        return tags.some(valueTest(term.value));
      case "model":
        return model !== undefined && modelTest(term.value)(model);
    }
  }
}

/** Returns the sessions that may match a query, to be scanned for what the index does not have. `within`: those to search. */
export function sessionsInIndex(database: Database, within: SessionSet | undefined, query: Query): ScanSession[] {
  const set = querySets(database, { query, scope: new TextScope(query.scope), within }).possible;
  const files = new Map<number, ScanSession["files"][number][]>();
  const bytes = new Map<number, number>();
  const sql = `SELECT session, path, kind, agent, size FROM file WHERE session IN (${set.sql}) ORDER BY kind, id`;
  for (const { session, path, kind, agent, size } of database.prepare(sql).all(...set.values)) {
    bytes.set(Number(session), (bytes.get(Number(session)) ?? 0) + Number(size));
    const file = {
      path: String(path),
      kind: Number(kind) as FileKind,
      agentId: kind === FileKind.subagent ? String(agent) : undefined,
    };
    const others = files.get(Number(session));
    if (others === undefined) files.set(Number(session), [file]);
    else others.push(file);
  }
  const facts = factsInIndex(database, query);
  const rows = database
    .prepare(`SELECT id, uuid, path, active FROM session WHERE id IN (${set.sql})`)
    .all(...set.values);
  return rows.map(({ id, uuid, path, active }) => ({
    uuid: String(uuid),
    path: String(path),
    active: Number(active),
    files: files.get(Number(id)) ?? [],
    bytes: bytes.get(Number(id)) ?? 0,
    holds: (term) => facts.get(term)?.has(Number(id)),
  }));
}

/** Returns the sessions for which each condition of a query holds. */
function factsInIndex(database: Database, query: Query): Map<FactTerm, ReadonlySet<number>> {
  const scope = new TextScope(query.scope);
  const facts = new Map<FactTerm, ReadonlySet<number>>();
  for (const { term } of query.clauses.flat()) {
    if (isTextTerm(term)) continue;
    const { sql, values } = querySets(database, {
      query: { ...query, clauses: [[{ term, not: false }]] },
      scope,
    }).possible;
    const rows = database.prepare(`SELECT id FROM session WHERE id IN (${sql})`).all(...values);
    facts.set(term, new Set(rows.map(({ id }) => Number(id))));
  }
  return facts;
}
