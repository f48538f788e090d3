import type { Database } from "../engine/sqlite.ts";

/** Session that others are counted for. */
export interface UsageSession {
  readonly id: string;
  /** Path of the transcript that lists show. */
  readonly path: string;
  readonly cwd: string | undefined;
  readonly branch: string;
  readonly title: string | undefined;
  readonly tag: string;
  /** Model of the last answer. */
  readonly model: string;
  /** Time of the last row, epoch ms. */
  readonly active: number | undefined;
  /** Cost by the CLI's own record, micro-dollars. */
  readonly costState: number | undefined;
}

/** Requests of a session in a quarter of an hour that have the same price. `session`: its number. */
export interface SpendRow {
  readonly session: number;
  readonly slot: number;
  readonly model: string;
  readonly variant: string;
  /** 1 if each request has more than 200,000 input tokens. */
  readonly long: number;
  readonly branch: string;
  readonly requests: number;
  readonly input: number;
  readonly output: number;
  readonly w5: number;
  readonly w1h: number;
  readonly read: number;
  readonly web: number;
  /** Requests of which the end was not written, so that more output may have been charged. */
  readonly lower: number;
}

/** Counts of a session in a quarter of an hour. `active`: ms. */
export interface TallyRow {
  readonly session: number;
  readonly slot: number;
  readonly prompts: number;
  readonly turns: number;
  readonly messages: number;
  readonly calls: number;
  readonly active: number;
  readonly added: number;
  readonly removed: number;
}

export interface ToolRow {
  readonly session: number;
  readonly slot: number;
  readonly tool: string;
  readonly n: number;
}

/** Everything that is counted, of one config dir. */
export interface UsageRows {
  readonly sessions: ReadonlyMap<number, UsageSession>;
  readonly spend: readonly SpendRow[];
  readonly tallies: readonly TallyRow[];
  /** Empty unless it was asked for. */
  readonly tools: readonly ToolRow[];
  /** Sessions that repeat requests of others: the CLI's record of a fork includes the cost of its origin. */
  readonly forks: ReadonlySet<number>;
}

const SESSIONS = `SELECT id AS number, uuid AS id, path, cwd, coalesce(branch, '') AS branch, title, coalesce(tag, '') AS tag,
  coalesce(model, '') AS model, active, cost_state AS costState FROM session`;

const SPEND = `SELECT s.session, s.slot, m.text AS model, v.text AS variant, s.long, b.text AS branch, s.requests, s.input,
  s.output, s.w5, s.w1h, s.read, s.web, s.lower
  FROM spend s JOIN name m ON m.id = s.model JOIN name v ON v.id = s.variant JOIN name b ON b.id = s.branch
  WHERE s.requests > 0`;

/**
 * A session may have several copies of its transcript: of equal quarters of an hour the fullest counts. Subagents work at
 * the same time as the session, so that their activity is not added to it.
 */
const TALLIES = `SELECT session, slot, sum(prompts) AS prompts, sum(turns) AS turns, sum(messages) AS messages,
    sum(calls) AS calls, max(active) AS active, sum(added) AS added, sum(removed) AS removed
  FROM (SELECT f.session AS session, t.slot AS slot, max(prompts) AS prompts, max(turns) AS turns,
      max(messages) AS messages, max(calls) AS calls, max(active) AS active, max(added) AS added, max(removed) AS removed
    FROM tally t JOIN file f ON f.id = t.file GROUP BY f.session, t.slot, coalesce(f.agent, ''))
  GROUP BY session, slot`;

const TOOLS = `SELECT session, slot, tool, sum(n) AS n
  FROM (SELECT f.session AS session, u.slot AS slot, t.text AS tool, max(u.n) AS n
    FROM tool_use u JOIN file f ON f.id = u.file JOIN name t ON t.id = u.tool
    GROUP BY f.session, u.slot, u.tool, coalesce(f.agent, ''))
  GROUP BY session, slot, tool`;

const FORKS = `SELECT f.session AS session FROM session s JOIN file f ON f.session = s.id JOIN charge c ON c.file = f.id
  WHERE s.cost_state IS NOT NULL GROUP BY f.session
  HAVING count(DISTINCT c.key) > (SELECT coalesce(sum(requests), 0) FROM spend p WHERE p.session = f.session)`;

/** Reads the sums of a catalog. */
export function usageRows(database: Database, { tools }: { readonly tools: boolean }): UsageRows {
  const all = <T>(sql: string): T[] => database.prepare(sql).all() as T[];
  const sessions = new Map<number, UsageSession>();
  for (const row of all<Record<string, unknown>>(SESSIONS)) {
    const { number, ...session } = row;
    const known = Object.fromEntries(Object.entries(session).map(([key, value]) => [key, value ?? undefined]));
    sessions.set(Number(number), known as unknown as UsageSession);
  }
  return {
    sessions,
    spend: all<SpendRow>(SPEND),
    tallies: all<TallyRow>(TALLIES),
    tools: tools ? all<ToolRow>(TOOLS) : [],
    forks: new Set(all<{ session: number }>(FORKS).map(({ session }) => session)),
  };
}
