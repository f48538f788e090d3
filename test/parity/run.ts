/** Runs generated stores of one kind and adds up what was compared. */
import fs from "node:fs";
import path from "node:path";
import { checkStore, type Failure, isPlain, makeScratch, readsPlainly } from "./check.ts";
import type { Pair } from "./compare.ts";
import { deviations } from "./deviations.ts";
import { featuresOf } from "./features.ts";
import { Rng } from "./rng.ts";
import type { Store } from "./model.ts";
import { generateStore, type StoreOptions } from "./store.ts";
import type { Universe } from "./universe.ts";

export interface Totals {
  /** `plain`, or the id of a deviation. */
  readonly mode: string;
  stores: number;
  /** Stores in which no deviation applied to any call. */
  plain: number;
  /** Stores in which the declared result was seen, was another than the official one, and everything else was as expected. */
  showing: number;
  /** Comparisons by function; those that a deviation applied to by its id. */
  readonly calls: Record<string, number>;
  readonly shown: Record<string, number>;
  /** Stores by what is in them. */
  readonly features: Record<string, number>;
  readonly failures: Failure[];
}

export const PLAIN = "plain";

export const newTotals = (mode: string): Totals => ({
  mode,
  stores: 0,
  plain: 0,
  showing: 0,
  calls: {},
  shown: {},
  features: {},
  failures: [],
});

/** Makes the store of a seed, checks it on both implementations, and adds what was found. */
export async function runSeed(
  totals: Totals,
  seed: string,
  pair: Pair,
  universe: Universe,
  { small = false, provokedOnly = false }: { readonly small?: boolean; readonly provokedOnly?: boolean } = {},
): Promise<void> {
  const { mode } = totals;
  const provoked = deviations.find(({ id }) => id === mode);
  if (provoked === undefined && mode !== PLAIN) throw new Error(`no such deviation: ${mode}`);
  const store =
    provoked === undefined
      ? plainStore(seed, universe, small)
      : provoked.provoke(
          new Rng(`${seed}/provoke`),
          generateStore(seed, universe, { small, ...provoked.generate }),
          universe,
        );
  const scratch = makeScratch(path.dirname(universe.root));
  const report = await checkStore(store, pair, { deviations, scratch, provoked, provokedOnly });
  fs.rmSync(scratch, { recursive: true, force: true });

  totals.stores++;
  if (report.deviating === 0) totals.plain++;
  if ((report.shown[mode] ?? 0) > 0 && report.failures.length === 0) totals.showing++;
  totals.failures.push(...report.failures);
  add(totals.calls, report.calls);
  add(totals.shown, report.shown);
  add(totals.features, Object.fromEntries(featuresOf(store).map((name) => [name, 1])));
}

/** Sessions that are plain each by itself may still make a store that is not: such a one is made again. */
function plainStore(seed: string, universe: Universe, small: boolean): Store {
  const options: StoreOptions = { small, accept: (one) => isPlain(one, deviations) };
  for (let again = ""; ; again += "'") {
    const store = generateStore(`${seed}${again}`, universe, options);
    if (readsPlainly(store, deviations)) return store;
  }
}

function add(to: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(from)) to[key] = (to[key] ?? 0) + count;
}

/** The call, and the texts around the first difference. */
export function tellFailure({ seed, call, deviations: ids, expected, actual }: Failure): string {
  let at = 0;
  while (at < expected.length && expected[at] === actual[at]) at++;
  const cut = (text: string): string => text.slice(Math.max(0, at - 160), at + 300);
  const args = JSON.stringify(call.args).slice(1, -1);
  return `${seed}: ${call.fn}(${args}) [${ids.join(", ")}] differs at ${at}\n  expected ${cut(expected)}\n  actual   ${cut(actual)}`;
}
