import fs from "node:fs";
import path from "node:path";
import { agentsOf, type Api, type Call, changeCalls, readCalls } from "./calls.ts";
import { applying, type Deviation, expectedEffect, expectedOutcome, standIn } from "./deviation.ts";
import { materialise } from "./materialise.ts";
import { bytesOf, type Store, transcriptsOf } from "./model.ts";
import { canonical, type Effect, type Outcome, outcomeOf, Side } from "./outcome.ts";
import { Rng } from "./rng.ts";

/** A call whose result was not the expected one. */
export interface Failure {
  readonly seed: string;
  readonly call: Call;
  readonly deviations: readonly string[];
  readonly expected: string;
  readonly actual: string;
}

export interface Report {
  /** Comparisons by function. */
  readonly calls: Record<string, number>;
  /** By deviation: calls in which the declared result was seen, and differed from the official one. */
  readonly shown: Record<string, number>;
  /** Calls that a deviation applied to. */
  deviating: number;
  readonly failures: Failure[];
}

export interface Pair {
  readonly official: Api;
  readonly ours: Api;
}

export interface CheckOptions {
  readonly deviations: readonly Deviation[];
  /** Config dirs are made below it. */
  readonly scratch: string;
  /** The deviation that the store was made for. */
  readonly provoked?: Deviation | undefined;
}

/** Whether none of the deviations applies to any call on the store, but for calls that may be left out. */
export function isPlain(store: Store, deviations: readonly Deviation[]): boolean {
  const [id] = store.ids;
  const calls: Call[] = [
    { fn: "listSessions", args: [] },
    { fn: "getSessionInfo", args: [id] },
    { fn: "getSessionMessages", args: [id] },
    { fn: "forkSession", args: [id] },
    ...agentsOf(store, String(id)).map((agent): Call => ({ fn: "getSubagentMessages", args: [id, agent] })),
  ];
  return calls.every((call) => applying(deviations, store, call).length === 0);
}

/** Runs every call on both implementations and compares; what a deviation covers with its declared result. */
export async function checkStore(store: Store, pair: Pair, options: CheckOptions): Promise<Report> {
  const report: Report = { calls: {}, shown: {}, deviating: 0, failures: [] };
  const rng = new Rng(`${store.seed}/calls`);
  await checkReads(store, readCalls(rng, store), pair, options, report);
  const further = options.provoked?.calls?.(rng, store) ?? [];
  // Where nothing was provoked, a call that a deviation applies to (a deletion of one of several copies) is not made.
  const made = changeCalls(rng, store).filter(
    (call) => options.provoked !== undefined || applying(options.deviations, store, call).length === 0,
  );
  await checkChanges(store, [...made, ...further], pair, options, report);
  return report;
}

async function checkReads(
  store: Store,
  calls: readonly Call[],
  pair: Pair,
  options: CheckOptions,
  report: Report,
): Promise<void> {
  const configDir = path.join(options.scratch, "config");
  const instead = path.join(options.scratch, "instead");
  materialise(store, configDir);
  let standing: Store | undefined;
  for (const call of calls) {
    const tools = { official: pair.official, scratch: options.scratch };
    const { deviations, store: other, call: otherCall } = await standIn(options.deviations, store, call, tools);
    const official = await outcomeOf(pair.official, call, configDir);
    let expected = official;
    if (deviations.length > 0) {
      if (other !== store && other !== standing) {
        materialise(other, instead);
        standing = other;
      }
      expected = await outcomeOf(pair.official, otherCall, other === store ? configDir : instead);
      expected = withSizesOf(expected, store, other);
      expected = await expectedOutcome(deviations, expected, {
        store,
        call,
        official: pair.official,
        scratch: options.scratch,
      });
    }
    const actual = await outcomeOf(pair.ours, call, configDir);
    compare(report, store, call, deviations, {
      official: told(official),
      expected: told(expected),
      actual: told(actual),
    });
  }
}

async function checkChanges(
  store: Store,
  calls: readonly Call[],
  pair: Pair,
  options: CheckOptions,
  report: Report,
): Promise<void> {
  const known = knownIds(store);
  const plain = calls.filter((call) => applying(options.deviations, store, call).length === 0);
  const left = path.join(options.scratch, "left");
  const right = path.join(options.scratch, "right");
  const start = (theirs: Store): [Side, Side] => {
    materialise(theirs, left);
    materialise(store, right);
    return [new Side(pair.official, left, known), new Side(pair.ours, right, known)];
  };
  // One after the other on the same two copies: each finds what the ones before it left.
  const [theirs, ours] = start(store);
  for (const call of plain) {
    const expected = told(await theirs.run(call));
    const actual = told(await ours.run(oursOf(call)));
    compare(report, store, call, [], { official: expected, expected, actual });
  }
  for (const call of calls) {
    const tools = { official: pair.official, scratch: options.scratch };
    const { deviations, store: other, call: otherCall } = await standIn(options.deviations, store, call, tools);
    if (deviations.length === 0) continue;
    const [, mine] = start(other);
    const official = await new Side(pair.official, left, known).run(otherCall);
    const expected = await expectedEffect(deviations, official, {
      store,
      call,
      official: pair.official,
      scratch: options.scratch,
    });
    let plainly: Effect = official;
    if (other !== store || otherCall !== call) {
      materialise(store, left);
      plainly = await new Side(pair.official, left, known).run(call);
    }
    const actual = await mine.run(oursOf(call));
    const view = (effect: Effect): string =>
      told(deviations.reduce((seen, deviation) => deviation.view?.(seen) ?? seen, effect));
    compare(report, store, call, deviations, {
      official: told(plainly),
      expected: view(expected),
      actual: view(actual),
    });
  }
}

/** The stand-in may be longer or shorter than the file it stands for; a list tells the size of the file. */
function withSizesOf(outcome: Outcome, store: Store, other: Store): Outcome {
  if (other === store || !("value" in outcome)) return outcome;
  let value = outcome.value;
  // A project dir may stand elsewhere in the stand-in, but under its name.
  const nameOf = (at: string): string => at.split("/").slice(-2).join("/");
  const sizes = new Map(transcriptsOf(store).map((one) => [nameOf(one.path), bytesOf(one).length]));
  for (const one of transcriptsOf(other)) {
    const [before, after] = [bytesOf(one).length, sizes.get(nameOf(one.path))];
    if (after === undefined || after === before) continue;
    const row = new RegExp(
      `("sessionId":"${one.sessionId}","summary":"(?:[^"\\\\]|\\\\.)*","lastModified":\\d+,"fileSize":)${before},`,
    );
    value = value.replace(row, `$1${after},`);
  }
  return { value };
}

/** The official delete removes at once, and asks nobody; that is what `permanent` and `force` mean. */
function oursOf(call: Call): Call {
  if (call.fn !== "deleteSession") return call;
  const [id, options] = call.args;
  return { fn: call.fn, args: [id, { permanent: true, force: true, ...(options as object | undefined) }] };
}

const told = (result: Outcome | Effect): string =>
  "outcome" in result ? canonical(result) : "value" in result ? result.value : `Error: ${result.error}`;

interface Results {
  readonly official: string;
  readonly expected: string;
  readonly actual: string;
}

function compare(
  report: Report,
  store: Store,
  call: Call,
  deviations: readonly Deviation[],
  { official, expected, actual }: Results,
): void {
  if (deviations.length > 0) report.deviating++;
  report.calls[call.fn] = (report.calls[call.fn] ?? 0) + 1;
  if (expected !== actual) {
    report.failures.push({ seed: store.seed, call, deviations: deviations.map(({ id }) => id), expected, actual });
  } else if (expected !== official) {
    for (const { id } of deviations) report.shown[id] = (report.shown[id] ?? 0) + 1;
  }
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

function knownIds(store: Store): (id: string) => boolean {
  const ids = new Set(store.ids);
  for (const entry of store.entries) {
    const texts = [entry.path];
    if (entry.kind === "transcript") texts.push(bytesOf(entry).toString("latin1"));
    if (entry.kind === "file") texts.push(entry.bytes.toString("latin1"));
    for (const text of texts) for (const [id] of text.matchAll(UUID)) ids.add(id);
  }
  return (id) => ids.has(id);
}

/** A directory of one's own; removed by the caller. */
export const makeScratch = (parent: string): string => fs.mkdtempSync(path.join(parent, "p-"));
