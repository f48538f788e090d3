import { type Cost, toMicros } from "./prices.ts";
import type { SpendRow, TallyRow, ToolRow, UsageSession } from "./usage-rows.ts";
import type { Usage, UsageCounts, UsageGroup, UsageGrouping } from "./usage-types.ts";

/** Groupings whose keys are times. */
const BY_TIME: ReadonlySet<UsageGrouping> = new Set(["day", "week", "month"]);

/** Sums of a group. */
export class Group {
  readonly sessions = new Set<string>();
  readonly unpricedModels = new Set<string>();
  pico = 0n;
  unrecorded = 0n;
  requests = 0;
  input = 0;
  output = 0;
  read = 0;
  w5 = 0;
  w1h = 0;
  web = 0;
  unpriced = 0;
  lower = 0;
  prompts = 0;
  turns = 0;
  messages = 0;
  calls = 0;
  active = 0;
  added = 0;
  removed = 0;

  addSpend(row: SpendRow, { pico, unpriced, isLower }: Cost): void {
    this.pico += pico;
    this.requests += row.requests;
    this.input += row.input;
    this.output += row.output;
    this.read += row.read;
    this.w5 += row.w5;
    this.w1h += row.w1h;
    this.web += row.web;
    this.lower += isLower ? row.requests : row.lower;
    this.unpriced += unpriced;
    if (unpriced > 0) this.unpricedModels.add(row.model);
  }

  /** Adds the cost that no row of the transcript has. */
  addUnrecorded(pico: bigint): void {
    this.pico += pico;
    this.unrecorded += pico;
  }

  addTally(row: TallyRow, callsApart: boolean): void {
    this.prompts += row.prompts;
    this.turns += row.turns;
    this.messages += row.messages;
    if (!callsApart) this.calls += row.calls;
    this.active += row.active;
    this.added += row.added;
    this.removed += row.removed;
  }

  addTool({ n }: ToolRow): void {
    this.calls += n;
  }
}

/** Groups by key, and their totals. */
export class Groups {
  readonly by: UsageGrouping;
  readonly totals = new Group();
  readonly #groups = new Map<string, Group>();
  readonly #sessions = new Map<string, UsageSession>();

  constructor(by: UsageGrouping) {
    this.by = by;
  }

  /** Returns the group with a key. `session`: the one that the group is. */
  at(key: string, session?: UsageSession): Group {
    let group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(key, (group = new Group()));
      if (session !== undefined) this.#sessions.set(key, session);
    }
    return group;
  }

  result(): Pick<Usage, "groups" | "totals"> {
    const sorted = [...this.#groups].sort(([a, one], [b, other]) => this.#compare(one, other) || (a < b ? -1 : 1));
    const costs = apportioned(sorted.map(([, { pico }]) => pico));
    const unrecorded = apportioned(sorted.map(([, group]) => group.unrecorded));
    const groups = sorted.map(([key, group], at): UsageGroup => {
      const { title, cwd } = this.#sessions.get(key) ?? {};
      const counts = countsOf(group, costs[at] ?? 0, unrecorded[at] ?? 0);
      return { key, ...(title !== undefined && { title }), ...(cwd !== undefined && { cwd }), ...counts };
    });
    const { totals } = this;
    return { groups, totals: countsOf(totals, toMicros(totals.pico), toMicros(totals.unrecorded)) };
  }

  #compare(one: Group, other: Group): number {
    if (BY_TIME.has(this.by)) return 0;
    if (one.pico !== other.pico) return one.pico > other.pico ? -1 : 1;
    return other.calls - one.calls;
  }
}

/** Rounds to micro-dollars so that the sum of the parts is the rounded sum: each is at most one away. */
function apportioned(picos: readonly bigint[]): number[] {
  let [sum, before] = [0n, 0];
  return picos.map((pico) => {
    sum += pico;
    const upTo = toMicros(sum);
    const own = upTo - before;
    before = upTo;
    return own;
  });
}

function countsOf(group: Group, cost: number, unrecordedCost: number): UsageCounts {
  return {
    sessions: group.sessions.size,
    prompts: group.prompts,
    turns: group.turns,
    messages: group.messages,
    toolCalls: group.calls,
    requests: group.requests,
    tokens: {
      input: group.input,
      output: group.output,
      cacheRead: group.read,
      cacheWrite5m: group.w5,
      cacheWrite1h: group.w1h,
    },
    webSearches: group.web,
    cost,
    unrecordedCost,
    unpricedTokens: group.unpriced,
    unpricedModels: [...group.unpricedModels].sort(),
    lowerBounds: group.lower,
    active: group.active,
    linesAdded: group.added,
    linesRemoved: group.removed,
  };
}
