/** Every call on a store, on both implementations. */
import fs from "node:fs";
import path from "node:path";
import { agentsOf, type Call, changeCalls, readCalls, sessionOf } from "./calls.ts";
import { type CompareOptions, type Compared, compareChange, oursOf, type Pair, Reading, told } from "./compare.ts";
import { copies } from "./copies.ts";
import { applying, type Deviation } from "./deviation.ts";
import { materialise } from "./materialise.ts";
import { memo } from "./memo.ts";
import { bytesOf, type Store } from "./model.ts";
import { Side } from "./outcome.ts";
import { Rng } from "./rng.ts";

/** A call whose result was not the expected one. */
export interface Failure extends Compared {
  readonly seed: string;
  readonly call: Call;
}

export interface Report {
  /** Comparisons by function. */
  readonly calls: Record<string, number>;
  /** By deviation: calls in which the declared result was seen, and was another than without it. */
  readonly shown: Record<string, number>;
  /** Calls that a deviation applied to. */
  deviating: number;
  readonly failures: Failure[];
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

/** The calls that are made on a store. */
function callsOn(store: Store): {
  readonly reads: readonly Call[];
  readonly changes: readonly Call[];
  readonly rng: Rng;
} {
  const rng = new Rng(`${store.seed}/calls`);
  return { reads: readCalls(rng, store), changes: changeCalls(rng, store), rng };
}

/** Whether no deviation applies to any reading call that is made on the store; changing ones are left out where one does. */
export const readsPlainly = (store: Store, deviations: readonly Deviation[]): boolean =>
  callsOn(store).reads.every((call) => applying(deviations, store, call).length === 0);

/** Runs every call on both implementations and compares; what a deviation covers with its declared result. */
export async function checkStore(store: Store, pair: Pair, options: CompareOptions): Promise<Report> {
  const report: Report = { calls: {}, shown: {}, deviating: 0, failures: [] };
  const { rng, ...calls } = callsOn(store);
  const { provoked } = options;
  const isAsked = (call: Call): boolean =>
    provoked === undefined || options.provokedOnly !== true || provoked.applies(store, call);
  const [reads, changes] = [calls.reads.filter(isAsked), calls.changes.filter(isAsked)];
  const configDir = path.join(options.scratch, "reading");
  materialise(store, configDir);
  const reading = new Reading(store, pair, options, configDir);
  for (const call of reads) count(report, store, call, await reading.compare(call));

  const plain = changes.filter((call) => applying(options.deviations, store, call).length === 0);
  // A call that writes to one of several copies may make another one the newest for the calls behind it.
  const hasCopies = (call: Call): boolean => copies(store, sessionOf(call)).length > 1;
  await checkInARow(
    store,
    plain.filter((call) => !hasCopies(call)),
    pair,
    options,
    report,
  );
  for (const call of plain.filter(hasCopies))
    count(report, store, call, await compareChange(store, call, pair, options, knownIds(store)));
  // Where nothing was provoked, a call that a deviation applies to (a deletion of one of several copies) is not made.
  if (provoked !== undefined) {
    const further = provoked.calls?.(rng, store) ?? [];
    for (const call of [...changes.filter((each) => !plain.includes(each)), ...further]) {
      count(report, store, call, await compareChange(store, call, pair, options, knownIds(store)));
    }
  }
  return report;
}

/** One call after the other on the same two copies: each finds what the ones before it left. */
async function checkInARow(
  store: Store,
  calls: readonly Call[],
  pair: Pair,
  { scratch }: CompareOptions,
  report: Report,
): Promise<void> {
  const known = knownIds(store);
  const [left, right] = [path.join(scratch, "left"), path.join(scratch, "right")];
  materialise(store, left);
  materialise(store, right);
  const [theirs, ours] = [new Side(pair.official, left, known), new Side(pair.ours, right, known)];
  for (const call of calls) {
    const official = told(await theirs.run(call));
    const actual = told(await ours.run(oursOf(call)));
    count(report, store, call, { deviations: [], shown: [], official, expected: official, actual });
  }
}

function count(report: Report, store: Store, call: Call, result: Compared): void {
  if (result.deviations.length > 0) report.deviating++;
  report.calls[call.fn] = (report.calls[call.fn] ?? 0) + 1;
  if (result.expected !== result.actual) report.failures.push({ seed: store.seed, call, ...result });
  else for (const id of result.shown) report.shown[id] = (report.shown[id] ?? 0) + 1;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** Whether an id occurs in the store; others were made up by a call. */
export const knownIds = memo((store: Store): ((id: string) => boolean) => {
  const ids = new Set(store.ids);
  for (const entry of store.entries) {
    const texts = [entry.path];
    if (entry.kind === "transcript") texts.push(bytesOf(entry).toString("latin1"));
    if (entry.kind === "file") texts.push(entry.bytes.toString("latin1"));
    for (const text of texts) for (const [id] of text.matchAll(UUID)) ids.add(id);
  }
  return (id) => ids.has(id);
});

/** A directory of one's own; removed by the caller. */
export const makeScratch = (parent: string): string => fs.mkdtempSync(path.join(parent, "p-"));
