import { loadPrices } from "../stats/prices.ts";
import { sumUsage } from "../stats/sum-usage.ts";
import type { UsageRows, UsageSession } from "../stats/usage-rows.ts";
import type { UsageCounts } from "../stats/usage-types.ts";
import type { SessionUsage } from "./session-facts.ts";

/** Counts by session id, without sessions of which nothing was read yet, and what the index says of all sessions. */
export interface SummedSessions {
  readonly usage: ReadonlyMap<string, SessionUsage>;
  readonly sessions: ReadonlyMap<string, UsageSession>;
}

/** Sums the rows of config dirs by session. `isComplete`: whether everything of a session was read. */
export async function sumSessions(
  all: readonly UsageRows[],
  isComplete: (sessionId: string) => boolean,
): Promise<SummedSessions> {
  const prices = await loadPrices();
  const { groups } = sumUsage(
    all,
    {
      by: "session",
      since: undefined,
      until: undefined,
      model: undefined,
      branch: undefined,
      isWanted: () => true,
      spanOf: () => undefined,
      projectOf: () => "",
      repositoryOf: () => "",
    },
    prices,
  );
  const counts = new Map(groups.map((group) => [group.key, group]));
  const models = modelsOf(all);
  const usage = new Map<string, SessionUsage>();
  const sessions = new Map<string, UsageSession>();
  for (const session of all.flatMap((rows) => [...rows.sessions.values()])) {
    const { id } = session;
    const known = sessions.get(id);
    if (known === undefined || (known.active ?? 0) < (session.active ?? 0)) sessions.set(id, session);
    const counted = counts.get(id);
    if (counted === undefined && !isComplete(id)) continue;
    const { key: _key, title: _title, cwd: _cwd, sessions: _sessions, ...own } = counted ?? { ...NOTHING, key: id };
    usage.set(id, { ...own, models: [...(models.get(id) ?? [])].sort(), isComplete: isComplete(id) });
  }
  return { usage, sessions };
}

function modelsOf(all: readonly UsageRows[]): Map<string, Set<string>> {
  const models = new Map<string, Set<string>>();
  for (const rows of all) {
    for (const { session, model } of rows.spend) {
      const id = rows.sessions.get(session)?.id ?? "";
      const known = models.get(id);
      if (known === undefined) models.set(id, new Set([model]));
      else known.add(model);
    }
  }
  return models;
}

/** Counts of a session without a prompt or an answer. */
const NOTHING: UsageCounts & { readonly title?: string; readonly cwd?: string } = {
  sessions: 0,
  prompts: 0,
  turns: 0,
  messages: 0,
  toolCalls: 0,
  requests: 0,
  tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  webSearches: 0,
  cost: 0,
  unrecordedCost: 0,
  unpricedTokens: 0,
  unpricedModels: [],
  lowerBounds: 0,
  active: 0,
  linesAdded: 0,
  linesRemoved: 0,
};
