import { type SessionUsages, usageOfSessions } from "../../catalog/facts/session-usage.ts";
import type { SessionSort, SessionUsage } from "../../catalog/facts/session-facts.ts";
import type { SessionStream } from "../../store/list/stream-sessions.ts";
import type { ListedSession } from "../../store/types.ts";
import { usageRemarks } from "../../view/usage-words.ts";
import type { Terminal } from "../terminal/command.ts";

/** Time that a person at a terminal waits for an index that is not complete, ms. */
const PATIENCE_MS = 2000;

interface LoadOptions {
  readonly configDirs: readonly string[] | undefined;
  readonly wait: boolean;
  readonly terminal: Terminal;
  readonly progress: (done: number, total: number) => void;
}

/** Counts all sessions by an index, which is brought up to date first. */
export const loadUsage = ({ configDirs, wait, terminal, progress }: LoadOptions): Promise<SessionUsages> =>
  usageOfSessions({ configDirs, progress, waitMs: terminal.isTty && !wait ? PATIENCE_MS : undefined });

/** Returns the sessions in another order: the largest first, those without a known value last, else the latest active. */
export async function sorted(
  stream: SessionStream,
  sort: SessionSort,
  usage: ReadonlyMap<string, SessionUsage> | undefined,
): Promise<SessionStream> {
  if (sort === "activity") return stream;
  const valueOf = ({ sessionId, fileSize }: ListedSession): number =>
    (sort === "size" ? fileSize : usage?.get(sessionId)?.[sort]) ?? -1;
  const all: ListedSession[] = [];
  for (let session = await stream.next(); session !== undefined; session = await stream.next()) all.push(session);
  const rows = all.map((session) => ({ session, value: valueOf(session) })).sort((a, b) => b.value - a.value);
  let at = 0;
  return { ...stream, next: () => Promise.resolve(rows[at++]?.session) };
}

/** Says what the figures of the sessions shown lack. */
export function usageWarnings({ usage, pending, prices, notes }: SessionUsages, shown: readonly string[]): string[] {
  const known = shown.flatMap((id) => usage.get(id) ?? []);
  const sum = (of: (one: SessionUsage) => number): number => known.reduce((all, one) => all + of(one), 0);
  const totals = {
    unpricedTokens: sum(({ unpricedTokens }) => unpricedTokens),
    unpricedModels: [...new Set(known.flatMap(({ unpricedModels }) => unpricedModels))].sort(),
    lowerBounds: sum(({ lowerBounds }) => lowerBounds),
    unrecordedCost: 0,
  };
  const wait =
    pending === 0
      ? []
      : [
          `${pending === 1 ? "1 session is" : `${pending} sessions are`} not counted completely yet: ? stands for what is not known, ≥ for what may be more. To wait for it, use --wait.`,
        ];
  return [...notes, ...wait, ...usageRemarks({ totals, prices })];
}
