/** What a fork makes of the rows that say what data went through a session, and which sessions it comes of. */
import type { Call } from "./calls.ts";
import { actedOn } from "./copies.ts";
import type { Deviation } from "./deviation.ts";
import { line, mapTranscripts, type Row, rowOf, type Store, type Transcript, transcriptsOf } from "./model.ts";
import type { Change } from "./outcome.ts";
import type { Rng } from "./rng.ts";
import { conversationRows, withLines } from "./transforms.ts";

export const dataFlowDeviations: readonly Deviation[] = [
  {
    id: "fork-data-flow",
    title: "A fork copies the rows about data unchanged",
    reason:
      "A newer CLI writes members and kinds of entries that an older one does not know; a fork should not lose them. To the official helpers the fork looks like one of their own: a fork of it has the same records, and the same reasons why they are incomplete.",
    official:
      "Merges `data-flow-…` rows into one of each type, and `derived-from` rows into one. Unknown members are dropped; so are unknown entries, which are noted as a reason.",
    ours: "Copies the `data-flow-…` rows one by one, and adds one with the reasons that only the order of the rows gives. `derived-from` keeps unknown entries and members; rows of another version are copied.",
    applies: (store, call) => isFlow(store, call),
    effect: (effect, { asked }) => {
      const one = actedOn(asked.store, asked.call);
      if (one === undefined || !isFlow(asked.store, asked.call)) return effect;
      const changes = Object.entries(effect.changes).map(([at, change]): [string, Change] =>
        change.kind === "added" && at.endsWith(".jsonl")
          ? [at, { ...change, content: withFlow(change.content, one) }]
          : [at, change],
      );
      return { ...effect, changes: Object.fromEntries(changes) };
    },
    provoke: (rng, store) => mapTranscripts(store, (one) => withFlowRows(rng, one)),
    calls: (rng, store) => [{ fn: "forkSession", args: [rng.pick(transcriptsOf(store).map((one) => one.sessionId))] }],
  },
];

/** The transcript with rows about data among the others. */
export function withFlowRows(rng: Rng, one: Transcript): Transcript {
  const isOn = rng.chance(0.6);
  const lines = conversationRows(one.lines).reduce(
    (all, { at, row }) => {
      if (isOn && rng.chance(0.9))
        all[at] = line({ ...row, dataFlowOn: rng.chance(0.95) ? true : rng.pick([1, null]) });
      return all;
    },
    [...one.lines],
  );
  for (let count = rng.int(1, 6); count > 0; count--) {
    const at = rng.chance(0.3) ? lines.length : rng.int(0, lines.length);
    lines.splice(at, 0, line(flowRow(rng, one.sessionId)));
  }
  return withLines(one, lines);
}

function flowRow(rng: Rng, session: string): Row {
  const sessionId = rng.chance(0.9) ? session : "other";
  const rest = { v: rng.chance(0.9) ? 1 : 2, sessionId, ...(rng.chance(0.1) && { agentId: "a1b2" }) };
  switch (rng.weighted({ records: 5, snapshot: 2, incomplete: 2, derived: 4 })) {
    case "records":
      return { type: "data-flow-records", ...rest, records: records(rng) };
    case "snapshot":
      return { type: "data-flow-records", ...rest, records: records(rng), snapshot: rng.chance(0.9) ? true : 1 };
    case "incomplete":
      return { type: "data-flow-incomplete", ...rest, codes: rng.pick<unknown>([[3], [7, 3], [11], [], ["x"], 5]) };
    case "derived":
      return { type: "derived-from", ...rest, sessions: rng.chance(0.9) ? origins(rng) : rng.pick<unknown>([5, null]) };
  }
}

function records(rng: Rng): unknown {
  if (rng.chance(0.05)) return "none";
  return Array.from({ length: rng.int(0, 4) }, () => ({
    ...(rng.chance(0.6)
      ? { event_id: rng.pick(["e1", "e2", "e3"]) }
      : { tool_use_id: rng.pick(["t1", "t2"]), tool_name: "Bash" }),
    ...(rng.chance(0.2) && { inner_call_index: rng.pick([0, 1, -1]) }),
    ...(rng.chance(0.2) && { carried: true }),
    ...(rng.chance(0.2) && { implicit: rng.pick([true, false]) }),
    ...(rng.chance(0.1) && { response_id: "r" }),
    ...(rng.chance(0.1) && { laterMember: { a: 1 } }),
    ...(rng.chance(0.1) && { source: { type: "later" } }),
  }));
}

function origins(rng: Rng): unknown[] {
  const ids = ["a1", "b2", rng.uuid()];
  return Array.from({ length: rng.int(0, 4) }, () =>
    rng.pick<unknown>([
      { type: SESSION, id: rng.pick(ids), via: "fork" },
      { type: SESSION, id: rng.pick(ids), via: rng.pick(VIAS) },
      { type: "unknown", id: null, via: rng.pick(VIAS) },
      { type: SESSION, id: rng.pick(ids), via: "later" },
      { type: "later", id: rng.pick(ids), via: "fork" },
      { type: SESSION, id: rng.pick(ids), via: "resume", later: 1 },
      rng.pick<unknown>([5, null, [], { type: SESSION, id: "", via: "fork" }]),
    ]),
  );
}

const SESSION = "claude_code_session";
const VIAS = [
  "fork",
  "resume",
  "compact",
  "teleport",
  "import",
  "branch",
  "background",
  "clear",
  "cloud",
  "launch",
  "subprocess",
  "teammate",
];

interface Placed {
  readonly at: number;
  readonly row: Row;
}

/** Rows of the session itself, and, where it has any, what other sessions wrote of data into the file. */
function flowRows({ lines, sessionId }: Transcript): { flow: Placed[]; derived: Placed[] } {
  const all = lines.flatMap((bytes, at) => {
    const row = bytes.includes("data-flow") || bytes.includes("derived-from") ? rowOf(bytes) : undefined;
    return typeof row?.["sessionId"] === "string" ? [{ at, row }] : [];
  });
  const isOwn = ({ row }: Placed): boolean => row["sessionId"] === sessionId;
  const flow = all.filter(({ row }) => String(row["type"]).startsWith("data-flow-") && !("agentId" in row));
  const derived = all.filter((each) => each.row["type"] === "derived-from" && isOwn(each));
  return { flow: flow.some(isOwn) || !derived.every(isKnown) ? flow : [], derived };
}

const isList = ({ row }: Placed): boolean => row["v"] === 1 && Array.isArray(row["sessions"]);
const listOf = ({ row }: Placed): unknown[] => row["sessions"] as unknown[];

const isKnown = (placed: Placed): boolean => isList(placed) && listOf(placed).every(isKnownEntry);

function isKnownEntry(value: unknown): boolean {
  const { type, id, via } = (value ?? {}) as Row;
  if (!VIAS.includes(via as string)) return false;
  return type === SESSION ? typeof id === "string" && id !== "" : type === "unknown" && id === null;
}

/** Known, and nothing but what is known. */
const isExact = (placed: Placed): boolean =>
  isKnown(placed) && listOf(placed).every((value) => Object.keys(value as Row).join() === "type,id,via");

function isFlow(store: Store, call: Call): boolean {
  const one = call.fn === "forkSession" ? actedOn(store, call) : undefined;
  if (one === undefined) return false;
  const { flow, derived } = flowRows(one);
  return flow.length > 0 || !derived.every(isExact);
}

/** The content of the official fork, with what ours has in place of its merged rows. */
function withFlow(content: string, one: Transcript): string {
  const rows = content
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as Row);
  const isMerged = ({ type }: Row): boolean => type === "derived-from" || String(type).startsWith("data-flow-");
  const first = rows.findIndex(isMerged);
  const official = rows.findLast(({ type }) => type === "derived-from");
  if (first < 0 || official === undefined) return content;
  const { flow, derived } = flowRows(one);
  const begin = Math.min(...[...flow, ...derived.filter((each) => !isKnown(each))].map(({ at }) => at));
  const main = conversationRows(one.lines).filter(({ row }) => !row["isSidechain"]);
  const codes: number[] = [];
  if (main.some(({ at, row }) => at > begin && row["dataFlowOn"] !== true)) codes.push(11);
  const boundary = main.findLast(({ row }) => row["type"] === "system" && row["subtype"] === "compact_boundary");
  const snapshot = flow.findLast(
    ({ row }) => row["type"] === "data-flow-records" && row["snapshot"] === true && row["sessionId"] === one.sessionId,
  );
  if (begin < Infinity && boundary !== undefined && boundary.at > (snapshot?.at ?? -1)) codes.push(13);
  const lastKnown = derived.findLast(isKnown);
  const kept = derived.filter((each) => isList(each) && each.at >= (lastKnown?.at ?? 0)).flatMap(listOf);
  const key = (value: unknown): string => {
    const { type, id, via } = (value ?? {}) as Row;
    return JSON.stringify([type, id, via]);
  };
  const keys = new Set(kept.map(key));
  const added = (official["sessions"] as unknown[]).filter((from) => !keys.has(key(from)));
  const sessions = new Map([...kept, ...added].map((from) => [JSON.stringify(from), from]));
  const sessionId = "<new 1>";
  const ours: Row[] = [
    ...keptRows(flow, derived, one.sessionId).map(({ row }) =>
      row["sessionId"] === one.sessionId ? { ...row, sessionId } : row,
    ),
    ...(codes.length > 0 ? [{ type: "data-flow-incomplete", v: 1, sessionId, codes }] : []),
    { type: "derived-from", v: 1, sessionId, sessions: [...sessions.values()] },
  ];
  const others = rows.filter((row) => !isMerged(row));
  others.splice(first, 0, ...ours);
  return others.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** What is unknown in a list is kept from where a list of known things follows, or where it is the session's first row. */
function keptRows(flow: readonly Placed[], derived: readonly Placed[], session: string): Placed[] {
  const own = flow.filter(({ row }) => row["sessionId"] === session);
  const first = Math.min(...[...own, ...derived.filter((each) => !isKnown(each))].map(({ at }) => at));
  const kept = [...flow, ...derived.filter((each) => !isList(each))];
  for (const each of derived.filter((list) => isList(list) && !isKnown(list))) {
    const next = each.at === first ? each : derived.find((other) => other.at > each.at && isKnown(other));
    const sessions = listOf(each).filter((value) => !isKnownEntry(value));
    if (next !== undefined) kept.push({ at: next.at, row: { ...each.row, sessions } });
  }
  return kept.sort((a, b) => a.at - b.at);
}
