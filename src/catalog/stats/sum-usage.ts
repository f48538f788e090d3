import { forkedSlot } from "../extract/extracted.ts";
import { NO_SLOT, SLOT_SECONDS } from "./calendar.ts";
import { fromMicros, type PriceList } from "./prices.ts";
import { SessionSlots } from "./session-slots.ts";
import type { SpendRow, TallyRow, ToolRow, UsageRows, UsageSession } from "./usage-rows.ts";
import { type Group, Groups } from "./usage-groups.ts";
import type { Usage, UsageGrouping } from "./usage-types.ts";

/** Filters and groups, with everything that needs the disk or the time zone as functions. */
export interface SumQuery {
  readonly by: UsageGrouping;
  /** Epoch ms. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly model: string | undefined;
  readonly branch: string | undefined;
  readonly isWanted: (session: UsageSession) => boolean;
  /** Names the day, week or month of a slot. */
  readonly spanOf: (slot: number) => string | undefined;
  readonly projectOf: (session: UsageSession) => string;
  readonly repositoryOf: (session: UsageSession) => string;
}

/** Sums the rows of several config dirs. A session that is in several counts where it was last active. */
export function sumUsage(
  all: readonly UsageRows[],
  query: SumQuery,
  prices: PriceList,
): Pick<Usage, "groups" | "totals"> {
  const groups = new Groups(query.by);
  const newest = newestCopies(all);
  for (const rows of all) {
    const sessions = new Map(
      [...rows.sessions].filter(([, session]) => newest.get(session.id) === session && query.isWanted(session)),
    );
    new Summing(rows, sessions, { query, prices, groups }).sum();
  }
  return groups.result();
}

function newestCopies(all: readonly UsageRows[]): Map<string, UsageSession> {
  const newest = new Map<string, UsageSession>();
  for (const session of all.flatMap(({ sessions }) => [...sessions.values()])) {
    const other = newest.get(session.id);
    if (other === undefined || (session.active ?? 0) > (other.active ?? 0)) newest.set(session.id, session);
  }
  return newest;
}

interface Sinks {
  readonly query: SumQuery;
  readonly prices: PriceList;
  readonly groups: Groups;
}

/** Sums the rows of one config dir. */
class Summing {
  readonly #rows: UsageRows;
  readonly #sessions: ReadonlyMap<number, UsageSession>;
  readonly #query: SumQuery;
  readonly #prices: PriceList;
  readonly #groups: Groups;
  readonly #slots: SessionSlots;
  /** Forks whose rows say that they are copies. */
  readonly #marked: ReadonlySet<number>;
  readonly #first: number;
  readonly #last: number;
  readonly #wantedModel: string | undefined;

  constructor(rows: UsageRows, sessions: ReadonlyMap<number, UsageSession>, { query, prices, groups }: Sinks) {
    this.#rows = rows;
    this.#sessions = sessions;
    this.#query = query;
    this.#prices = prices;
    this.#groups = groups;
    this.#slots = new SessionSlots(rows.spend);
    this.#marked = new Set(rows.tallies.filter(({ slot }) => slot < 0).map(({ session }) => session));
    this.#first = slotOf(query.since ?? -Infinity);
    this.#last = slotOf(query.until ?? Infinity);
    this.#wantedModel = query.model?.toLowerCase();
  }

  sum(): void {
    const costs = new Map<number, bigint>();
    for (const row of this.#rows.spend) {
      if (!this.#sessions.has(row.session)) continue;
      const cost = this.#prices.costOf({ ...row, ts: row.slot * SLOT_SECONDS, long: row.long === 1 });
      costs.set(row.session, (costs.get(row.session) ?? 0n) + cost.pico);
      for (const group of this.#groupsOf(row, row)) group.addSpend(row, cost);
    }
    for (const [number, session] of this.#sessions) this.#addUnrecorded(number, session, costs.get(number) ?? 0n);
    for (const counted of this.#rows.tallies) {
      const row = atItsTime(counted);
      if (!this.#sessions.has(row.session) || this.#isCopy(counted)) continue;
      for (const group of this.#groupsOf(row, this.#namesOf(row))) group.addTally(row, this.#groups.by === "tool");
    }
    for (const counted of this.#rows.tools) {
      const row = atItsTime(counted);
      if (!this.#sessions.has(row.session) || this.#groups.by !== "tool" || this.#isCopy(counted)) continue;
      for (const group of this.#groupsOf(row, this.#namesOf(row), row)) group.addTool(row);
    }
  }

  /**
   * Reports whether a fork only repeats its origin in a quarter of an hour: in rows that say so, and in forks without such rows
   * up to the last repeated request, if it has none of its own then.
   */
  #isCopy({ session, slot }: TallyRow | ToolRow): boolean {
    if (slot < 0) return this.#rows.forks.has(session);
    if (this.#marked.has(session)) return false;
    return slot <= (this.#rows.forks.get(session) ?? -1) && !this.#slots.has(session, slot);
  }

  /**
   * Adds what the CLI's own record has beyond the requests in the transcript. A smaller record is older than the last
   * requests: the CLI did not end by itself. That of a fork includes its origin, which is counted there.
   */
  #addUnrecorded(number: number, session: UsageSession, computed: bigint): void {
    if (session.costState === undefined || this.#rows.forks.has(number)) return;
    const pico = fromMicros(session.costState) - computed;
    if (pico < fromMicros(1)) return;
    const slot = session.active === undefined ? NO_SLOT : slotOf(session.active);
    for (const group of this.#groupsOf({ session: number, slot }, session)) group.addUnrecorded(pico);
  }

  #namesOf({ session, slot }: TallyRow | ToolRow): Names {
    const known = this.#sessions.get(session) ?? UNKNOWN;
    return this.#slots.namesAt(session, slot) ?? known;
  }

  /** Returns the totals and the groups of a row, without those that the filters leave out. */
  #groupsOf(row: Pick<SpendRow, "session" | "slot">, names: Names, tool?: ToolRow): Group[] {
    const { model, branch } = this.#query;
    const session = this.#sessions.get(row.session);
    if (session === undefined || row.slot < this.#first || row.slot > this.#last) return [];
    if (branch !== undefined && names.branch !== branch) return [];
    if (model !== undefined && !names.model.toLowerCase().includes(this.#wantedModel ?? "")) return [];
    const groups = [this.#groups.totals];
    const keys = tool === undefined ? this.#keysOf(session, row.slot, names) : [tool.tool];
    for (const key of keys) groups.push(this.#groups.at(key, this.#groups.by === "session" ? session : undefined));
    for (const group of groups) group.sessions.add(session.id);
    return groups;
  }

  /** Only a session with several tags has several. */
  #keysOf(session: UsageSession, slot: number, names: Names): readonly string[] {
    const { by, spanOf, projectOf, repositoryOf } = this.#query;
    switch (by) {
      case "day":
      case "week":
      case "month": {
        const span = spanOf(slot);
        return span === undefined ? [] : [span];
      }
      case "project":
        return [projectOf(session)];
      case "repository":
        return [repositoryOf(session)];
      case "model":
        return [names.model];
      case "branch":
        return [names.branch];
      case "tag":
        return session.tags.length === 0 ? [""] : session.tags;
      case "session":
        return [session.id];
      case "tool":
        return [];
    }
  }
}

interface Names {
  readonly model: string;
  readonly branch: string;
}

const UNKNOWN: Names = { model: "", branch: "" };

const slotOf = (ms: number): number => Math.floor(ms / (SLOT_SECONDS * 1000));

/** Returns a row under the slot of its time: what a fork copied has another one. */
const atItsTime = <T extends TallyRow | ToolRow>(row: T): T =>
  row.slot < 0 ? { ...row, slot: forkedSlot(row.slot) } : row;
