/** One call on both implementations, and what ours has to give. */
import path from "node:path";
import { type Api, type Call, dirOf, sessionOf } from "./calls.ts";
import { type Deviation, expectedEffect, expectedOutcome, type StandIn, standIn } from "./deviation.ts";
import { materialise } from "./materialise.ts";
import { bytesOf, type Store, transcriptsOf } from "./model.ts";
import { canonical, type Effect, type Outcome, outcomeOf, Side } from "./outcome.ts";

export interface Pair {
  readonly official: Api;
  readonly ours: Api;
}

export interface CompareOptions {
  readonly deviations: readonly Deviation[];
  /** Config dirs are made below it. */
  readonly scratch: string;
  /** The deviation that the store was made for. */
  readonly provoked?: Deviation | undefined;
  /** Only the calls that it applies to. */
  readonly provokedOnly?: boolean | undefined;
}

export interface Compared {
  /** Ids of the deviations that apply. */
  readonly deviations: readonly string[];
  /** Those of them that the expected result would be another without: of one, or of the one provoked. */
  readonly shown: readonly string[];
  readonly official: string;
  readonly expected: string;
  readonly actual: string;
}

/** Compares calls that change nothing, on a store that stands in `configDir`. */
export class Reading {
  readonly #store: Store;
  readonly #pair: Pair;
  readonly #options: CompareOptions;
  readonly #configDir: string;
  /** Stand-ins by what they depend on: pages of one list are asked of one. */
  readonly #standIns = new Map<string, StandIn>();
  /** What was last written to each directory. */
  readonly #standing = new Map<string, Store>();

  constructor(store: Store, pair: Pair, options: CompareOptions, configDir: string) {
    this.#store = store;
    this.#pair = pair;
    this.#options = options;
    this.#configDir = configDir;
  }

  async compare(call: Call): Promise<Compared> {
    const official = told(await outcomeOf(this.#pair.official, call, this.#configDir));
    const actual = told(await outcomeOf(this.#pair.ours, call, this.#configDir));
    return compared(official, actual, this.#options, (deviations) => this.#expect(call, deviations));
  }

  async #expect(call: Call, deviations: readonly Deviation[]): Promise<Expected> {
    const store = this.#store;
    const tools = { official: this.#pair.official, scratch: this.#options.scratch };
    const key = JSON.stringify([
      call.fn,
      sessionOf(call),
      dirOf(call),
      call.fn === "getSubagentMessages" ? call.args[1] : 0,
      call.args.at(-1) === null,
      deviations.length,
    ]);
    const found = this.#standIns.get(key) ?? (await standIn(deviations, store, call, tools));
    this.#standIns.set(key, found);
    let place = this.#configDir;
    if (found.store !== store) {
      place = path.join(this.#options.scratch, `instead-${deviations.length}`);
      if (this.#standing.get(place) !== found.store) materialise(found.store, place);
      this.#standing.set(place, found.store);
    }
    // What is asked may depend on all arguments; the store does not.
    const asked = found.deviations.reduce((one, deviation) => deviation.insteadCall?.(store, one) ?? one, call);
    const outcome = withSizesOf(await outcomeOf(this.#pair.official, asked, place), store, found.store);
    return {
      ...found,
      told: told(await expectedOutcome(found.deviations, outcome, { store, call, asked: found, ...tools })),
    };
  }
}

/** A call that changes something, each implementation on a copy of the store of its own. */
export async function compareChange(
  store: Store,
  call: Call,
  pair: Pair,
  options: CompareOptions,
  known: (id: string) => boolean,
): Promise<Compared> {
  const run = async (on: Store, api: Api, asked: Call): Promise<Effect> => {
    const configDir = path.join(options.scratch, "config");
    materialise(on, configDir);
    return new Side(api, configDir, known).run(asked);
  };
  let views: readonly Deviation[] = [];
  const view = (effect: Effect): string =>
    told(views.reduce((seen, deviation) => deviation.view?.(seen) ?? seen, effect));
  const expect = async (deviations: readonly Deviation[]): Promise<Expected> => {
    const tools = { official: pair.official, scratch: options.scratch };
    const found = await standIn(deviations, store, call, tools);
    if (deviations === options.deviations) views = found.deviations;
    const effect = withSizesIn(await run(found.store, pair.official, found.call), store, found.store);
    return {
      ...found,
      told: view(await expectedEffect(found.deviations, effect, { store, call, asked: found, ...tools })),
    };
  };
  const expected = await expect(options.deviations);
  const official = view(await run(store, pair.official, call));
  const actual = view(await run(store, pair.ours, oursOf(call)));
  return compared(official, actual, options, (deviations) =>
    deviations === options.deviations ? expected : expect(deviations),
  );
}

interface Expected {
  readonly deviations: readonly Deviation[];
  readonly told: string;
}

async function compared(
  official: string,
  actual: string,
  { deviations: declared, provoked }: CompareOptions,
  expect: (deviations: readonly Deviation[]) => Expected | Promise<Expected>,
): Promise<Compared> {
  const { deviations, told: expected } = await expect(declared);
  const ids = deviations.map(({ id }) => id);
  let shown = expected === official ? [] : ids;
  if (shown.length > 1 && provoked !== undefined) {
    // Others apply too: it is shown only where the result would be another without it.
    const without = shown.includes(provoked.id) ? await expect(declared.filter((one) => one !== provoked)) : undefined;
    shown = without !== undefined && without.told !== expected ? [provoked.id] : [];
  }
  return { deviations: ids, shown, official, expected, actual };
}

/** The stand-in may be longer or shorter than the file it stands for; a list tells the size of the file. */
function withSizesOf(outcome: Outcome, store: Store, other: Store): Outcome {
  if (other === store || !("value" in outcome)) return outcome;
  // A project dir may stand elsewhere in the stand-in, but under its name.
  const nameOf = (at: string): string => at.split("/").slice(-2).join("/");
  const sizes = new Map(transcriptsOf(store).map((one) => [nameOf(one.path), bytesOf(one).length]));
  const others = transcriptsOf(other).map((one) => ({
    ...one,
    size: bytesOf(one).length,
    sizeBefore: sizes.get(nameOf(one.path)),
  }));
  const row = /("sessionId":"([^"]*)","summary":"(?:[^"\\]|\\.)*","lastModified":(\d+),"fileSize":)(\d+)/g;
  const value = outcome.value.replace(row, (_all, before: string, id: string, time: string, size: string) => {
    // Of several copies the one whose time it is, as exactly as a disk keeps it.
    const listed = others.find(
      (one) => one.sessionId === id && one.size === Number(size) && Math.abs(one.mtime - Number(time)) <= 1,
    );
    return `${before}${listed?.sizeBefore ?? size}`;
  });
  return { value };
}

const withSizesIn = (effect: Effect, store: Store, other: Store): Effect => ({
  ...effect,
  outcome: withSizesOf(effect.outcome, store, other),
});

/** The official delete removes at once, and asks nobody; that is what `permanent` and `force` mean. */
export function oursOf(call: Call): Call {
  if (call.fn !== "deleteSession") return call;
  const [id, options] = call.args;
  return { fn: call.fn, args: [id, { permanent: true, force: true, ...(options as object | undefined) }] };
}

export const told = (result: Outcome | Effect): string =>
  "outcome" in result ? canonical(result) : "value" in result ? result.value : `Error: ${result.error}`;
