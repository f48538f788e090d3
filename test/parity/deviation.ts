import path from "node:path";
import { type Api, type Call, optionsOf } from "./calls.ts";
import { materialise, readTree } from "./materialise.ts";
import type { Store } from "./model.ts";
import { type Change, type Effect, type Outcome, outcomeOf } from "./outcome.ts";
import type { Rng } from "./rng.ts";
import type { StoreOptions } from "./store.ts";
import type { Universe } from "./universe.ts";

/** A case in which we give another result than the official helpers, on purpose. */
export interface Deviation {
  readonly id: string;
  readonly title: string;
  readonly reason: string;
  /** What the official helpers do, and what we do, in a sentence each. */
  readonly official: string;
  readonly ours: string;
  /** Whether this call on this store is such a case. */
  applies(store: Store, call: Call): boolean;
  /** The store on which the official function gives what we give on this one. */
  instead?(store: Store, call: Call, tools: Tools): Store | Promise<Store>;
  /** The call by which the official function gives what we give. */
  insteadCall?(store: Store, call: Call): Call;
  /** What we give, from what the official function gave (on `instead`). */
  outcome?(outcome: Outcome, context: Context): Outcome | Promise<Outcome>;
  effect?(effect: Effect, context: Context): Effect | Promise<Effect>;
  /** The store whose official fork has the title that our fork has. */
  titleFrom?(store: Store, call: Call): Store;
  /** What of an effect is compared, where it holds things that cannot be foretold; put on both sides. */
  view?(effect: Effect): Effect;
  /** Further calls that are such a case. */
  calls?(rng: Rng, store: Store): readonly Call[];
  /** What the generator is asked for; `provoke` does the rest. */
  readonly generate?: StoreOptions;
  /** Changes a store so that some calls are such a case. */
  provoke(rng: Rng, store: Store, universe: Universe): Store;
}

/** What the official functions give on other input. */
export interface Tools {
  readonly official: Api;
  /** A directory for it. */
  readonly scratch: string;
}

export interface Context extends Tools {
  readonly store: Store;
  readonly call: Call;
  /** What the official function was asked instead. */
  readonly asked: Pick<StandIn, "store" | "call">;
}

/** The official result of a call on a store of its own; errors are thrown. */
export async function askOfficial(official: Api, store: Store, scratch: string, call: Call): Promise<unknown> {
  const configDir = path.join(scratch, "asked");
  materialise(store, configDir);
  const outcome = await outcomeOf(official, call, configDir);
  if ("error" in outcome) throw new Error(outcome.error);
  return JSON.parse(outcome.value);
}

export const applying = (deviations: readonly Deviation[], store: Store, call: Call): Deviation[] =>
  deviations.filter((deviation) => deviation.applies(store, call));

/** The deviations of a call, and what the official function has to be asked instead. */
export interface StandIn {
  readonly deviations: readonly Deviation[];
  readonly store: Store;
  readonly call: Call;
}

/** One deviation may bring another about (a cut row leaves a parent that is nowhere), so each is looked for behind the ones before it. */
export async function standIn(
  deviations: readonly Deviation[],
  store: Store,
  call: Call,
  tools: Tools,
): Promise<StandIn> {
  const found: Deviation[] = [];
  let other = store;
  let otherCall = call;
  for (const deviation of deviations) {
    if (!deviation.applies(other, otherCall)) continue;
    found.push(deviation);
    const nextCall = deviation.insteadCall?.(other, otherCall) ?? otherCall;
    other = (await deviation.instead?.(other, otherCall, tools)) ?? other;
    otherCall = nextCall;
  }
  return { deviations: found, store: other, call: otherCall };
}

export async function expectedOutcome(
  deviations: readonly Deviation[],
  outcome: Outcome,
  context: Context,
): Promise<Outcome> {
  let expected = outcome;
  for (const deviation of deviations) expected = (await deviation.outcome?.(expected, context)) ?? expected;
  return expected;
}

export async function expectedEffect(
  deviations: readonly Deviation[],
  effect: Effect,
  context: Context,
): Promise<Effect> {
  let expected = effect;
  for (const deviation of deviations) expected = (await deviation.effect?.(expected, context)) ?? expected;
  return withForkTitle(deviations, expected, context);
}

async function withForkTitle(deviations: readonly Deviation[], effect: Effect, context: Context): Promise<Effect> {
  const { call, official, scratch } = context;
  const naming = deviations.filter((deviation) => "titleFrom" in deviation);
  if (call.fn !== "forkSession" || naming.length === 0 || "error" in effect.outcome) return effect;
  let { store } = await standIn(deviations, context.store, call, context);
  for (const deviation of naming) store = deviation.titleFrom?.(store, call) ?? store;
  const { upToMessageId: _upTo, ...options } = optionsOf(call);
  const title = await askForkTitle(official, store, scratch, { fn: "forkSession", args: [call.args[0], options] });
  const last = /("customTitle":)("(?:[^"\\]|\\.)*")(,"uuid":"<new \d+>","timestamp":"<now>"}\n)$/;
  const changes = Object.entries(effect.changes).map(([at, change]): [string, Change] =>
    change.kind === "added" && at.endsWith(".jsonl")
      ? [
          at,
          {
            ...change,
            content: change.content.replace(last, (_all, key, _old, rest) => `${key}${JSON.stringify(title)}${rest}`),
          },
        ]
      : [at, change],
  );
  return { ...effect, changes: Object.fromEntries(changes) };
}

async function askForkTitle(official: Api, store: Store, scratch: string, call: Call): Promise<unknown> {
  const { sessionId } = (await askOfficial(official, store, scratch, call)) as { sessionId: string };
  const [, file] = [...readTree(path.join(scratch, "asked"))].find(([at]) => at.endsWith(`/${sessionId}.jsonl`)) ?? [];
  const rows = Buffer.from(file?.content ?? "", "latin1")
    .toString("utf8")
    .trimEnd()
    .split("\n");
  return (JSON.parse(rows.at(-1) ?? "{}") as { customTitle?: unknown }).customTitle;
}
