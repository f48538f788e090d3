import { entry } from "./entry.ts";
import type { SpendRow } from "./usage-rows.ts";

interface Slot {
  readonly slot: number;
  readonly model: string;
  readonly branch: string;
}

/**
 * Models and branches of the quarters of an hour of sessions. Prompts, calls and lines have neither in the catalog: they
 * count for the model and branch with the most requests in their quarter of an hour, or in the one before.
 */
export class SessionSlots {
  readonly #slots = new Map<number, Slot[]>();

  constructor(spend: readonly SpendRow[]) {
    const counts = new Map<number, Map<number, SlotCounts>>();
    for (const { session, slot, model, branch, requests } of spend) {
      const ofSession = entry(counts, session, () => new Map<number, SlotCounts>());
      const { models, branches } = entry(ofSession, slot, () => ({ models: new Map(), branches: new Map() }));
      models.set(model, (models.get(model) ?? 0) + requests);
      branches.set(branch, (branches.get(branch) ?? 0) + requests);
    }
    for (const [session, ofSession] of counts) {
      const slots = [...ofSession].map(([slot, { models, branches }]) => ({
        slot,
        model: mostOf(models),
        branch: mostOf(branches),
      }));
      this.#slots.set(
        session,
        slots.sort((a, b) => a.slot - b.slot),
      );
    }
  }

  /** Whether a session has requests in a slot. */
  has(session: number, slot: number): boolean {
    return this.namesAt(session, slot)?.slot === slot;
  }

  /** Returns the names for a slot, of the next one if none is before it; undefined for a session without requests. */
  namesAt(session: number, slot: number): Slot | undefined {
    const slots = this.#slots.get(session) ?? [];
    let [low, high] = [0, slots.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((slots[middle] as Slot).slot <= slot) low = middle + 1;
      else high = middle;
    }
    return slots[Math.max(0, low - 1)];
  }
}

interface SlotCounts {
  readonly models: Map<string, number>;
  readonly branches: Map<string, number>;
}

/** Returns the name with the highest count, the smaller name of equal ones. */
function mostOf(counts: ReadonlyMap<string, number>): string {
  let [most, name] = [-1, ""];
  for (const [other, count] of counts)
    if (count > most || (count === most && other < name)) [most, name] = [count, other];
  return name;
}
