/** What a fork keeps together, and where it may end. */
import { type Call, concerned, optionsOf } from "./calls.ts";
import { actedOn, ofSession } from "./copies.ts";
import type { Deviation } from "./deviation.ts";
import { line, mapTranscripts, type Row, type Transcript, transcriptsOf } from "./model.ts";
import type { Change } from "./outcome.ts";
import { renumbered } from "./renumber.ts";
import { type Anchor, anchorInForce, anchorsIn, takesBack, withRewind } from "./rewind.ts";
import {
  blocks,
  conversationRows,
  field,
  isMain,
  lastRows,
  parentOf,
  type Placed,
  uuidOf,
  withLines,
} from "./transforms.ts";

export const forkDeviations: readonly Deviation[] = [
  {
    id: "fork-up-to-api-message",
    title: "A fork may end with an API message",
    reason: "Clients know the id of the API message (`msg_…`), not the uuids of its rows.",
    official: "Message not found.",
    ours: "Ends with the message's last row and the results of its calls.",
    applies: (store, call) =>
      call.fn === "forkSession" &&
      ofSession(store, call).some((one) => apiMessages(one).has(String(optionsOf(call)["upToMessageId"]))),
    insteadCall: (store, call) => {
      const id = String(optionsOf(call)["upToMessageId"]);
      const one = actedOn(store, call);
      return {
        fn: call.fn,
        args: [
          call.args[0],
          { ...optionsOf(call), upToMessageId: one === undefined ? id : (apiMessages(one).get(id) ?? id) },
        ],
      };
    },
    calls: (rng, store) =>
      transcriptsOf(store).flatMap((one) => {
        const ids = [...apiMessages(one).keys()];
        return ids.length === 0
          ? []
          : [{ fn: "forkSession", args: [one.sessionId, { upToMessageId: rng.pick(ids) }] } as const];
      }),
    provoke: (_rng, store) => store,
  },
  {
    id: "fork-keeps-rewind",
    title: "A fork keeps rewinds",
    reason:
      "Otherwise the fork would show and continue what the source had dropped, and could not distinguish abandoned branches from unconnected rows.",
    official: "Does not copy `last-prompt` rows.",
    ours: "Copies the row of each rewind whose leaf is in the fork, with the new ids, except one that was replaced only by another `last-prompt` row.",
    applies: (store, call) => {
      const one = call.fn === "forkSession" ? actedOn(store, call) : undefined;
      return one !== undefined && keptAnchors(one, call).length > 0;
    },
    effect: (effect, { asked }) => {
      const one = actedOn(asked.store, asked.call);
      const anchors = one === undefined ? [] : keptAnchors(one, asked.call);
      if (one === undefined || anchors.length === 0) return effect;
      const changes = Object.entries(effect.changes).map(([at, change]): [string, Change] =>
        change.kind === "added" && at.endsWith(".jsonl")
          ? [
              at,
              {
                ...change,
                content: anchors.reduce((content, anchor) => withAnchorRow(content, one, anchor), change.content),
              },
            ]
          : [at, change],
      );
      return { ...effect, changes: Object.fromEntries(changes) };
    },
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const rewound = withRewind(rng, one);
        return rng.chance(0.4) ? withRewind(rng, rewound) : rewound;
      }),
  },
  {
    id: "fork-progress-circle",
    title: "A fork never refers to a row that it does not have",
    reason: "The CLI reads such a parent as a break in the conversation.",
    official: "Below progress rows that form a cycle, the copy's parent is a row that was not written.",
    ours: "The parent is null.",
    applies: (store, call) => call.fn === "forkSession" && ofSession(store, call).some((one) => circles(one).size > 0),
    instead: (store, call) =>
      mapTranscripts(store, (one) => {
        const circling = concerned(store, call).has(one.path) ? circles(one) : new Set<Placed>();
        return withLines(
          one,
          one.lines.map((bytes, at) => {
            const placed = [...circling].find((each) => each.at === at);
            return placed === undefined ? bytes : line({ ...placed.row, parentUuid: null });
          }),
        );
      }),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const [a, b, c] = [rng.uuid(), rng.uuid(), rng.uuid()] as const;
        const row = (type: string, uuid: string, parentUuid: string): Row => ({
          type,
          uuid,
          parentUuid,
          isSidechain: false,
          sessionId: one.sessionId,
          timestamp: "2026-01-01T00:00:00.000Z",
          ...(type === "user" ? { message: { role: "user", content: "below" } } : { data: {} }),
        });
        return withLines(one, [
          line(row("progress", a, b)),
          line(row("progress", b, a)),
          line(row("user", c, b)),
          ...one.lines,
        ]);
      }),
  },
  {
    id: "fork-logical-parent",
    title: "A compaction in a fork follows a row of the fork",
    reason: "It leads to the messages before the compaction.",
    official:
      "If the boundary's `logicalParentUuid` names a progress row, the copy's names a row that was not written; for a row of a sidechain it is `null`.",
    ours: "It names the nearest row above that is copied.",
    applies: (store, call) =>
      call.fn === "forkSession" && ofSession(store, call).some((one) => unwrittenLogical(one).size > 0),
    effect: (effect, { asked }) => {
      const one = actedOn(asked.store, asked.call);
      const unwritten = one === undefined ? new Map<string, Unwritten>() : unwrittenLogical(one);
      const changes = Object.entries(effect.changes).map(([at, change]): [string, Change] =>
        change.kind === "added" && at.endsWith(".jsonl")
          ? [at, { ...change, content: withLogical(change.content, unwritten) }]
          : [at, change],
      );
      return renumbered({ ...effect, changes: Object.fromEntries(changes) });
    },
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const last = conversationRows(one.lines).findLast(isMain);
        if (last === undefined) return one;
        const [off, boundary, summary] = [rng.uuid(), rng.uuid(), rng.uuid()];
        const rest = { sessionId: one.sessionId, timestamp: "2026-03-03T00:00:00.000Z", isSidechain: false };
        const said = { ...rest, type: "user", message: { role: "user", content: "x" } };
        const compact = { ...rest, type: "system", subtype: "compact_boundary", content: "Conversation compacted" };
        return withLines(one, [
          ...one.lines,
          line({
            parentUuid: uuidOf(last),
            uuid: off,
            ...(rng.chance(0.5) ? { ...rest, type: "progress", data: {} } : { ...said, isSidechain: true }),
          }),
          line({ parentUuid: null, logicalParentUuid: off, uuid: boundary, ...compact }),
          line({ parentUuid: boundary, uuid: summary, ...said, isCompactSummary: true }),
        ]);
      }),
    calls: (rng, store) => [{ fn: "forkSession", args: [rng.pick(transcriptsOf(store).map((one) => one.sessionId))] }],
  },
  {
    id: "fork-below-sidechain",
    title: "A fork stays connected across a row of a sidechain",
    reason: "The reader shows what is above such a row, and the fork should have the same conversation.",
    official: "The row below gets no parent, because the sidechain row is not copied.",
    ours: "Its parent is the nearest row above that is copied.",
    applies: (store, call) =>
      call.fn === "forkSession" && ofSession(store, call).some((one) => belowSidechain(one).size > 0),
    instead: (store, call) =>
      mapTranscripts(store, (one) => {
        const below = concerned(store, call).has(one.path) ? belowSidechain(one) : new Map<number, Row>();
        return withLines(
          one,
          one.lines.map((bytes, at) => (below.has(at) ? line(below.get(at)) : bytes)),
        );
      }),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const main = conversationRows(one.lines).filter(isMain);
        const last = main.at(-1);
        if (last === undefined) return one;
        const [side, next] = [rng.uuid(), rng.uuid()];
        const rest = {
          sessionId: one.sessionId,
          timestamp: "2026-03-03T00:00:00.000Z",
          type: "user",
          message: { role: "user", content: "x" },
        };
        return withLines(one, [
          ...one.lines,
          line({ parentUuid: uuidOf(last), isSidechain: true, uuid: side, ...rest }),
          line({ parentUuid: side, isSidechain: false, uuid: next, ...rest }),
        ]);
      }),
    calls: (rng, store) => [{ fn: "forkSession", args: [rng.pick(transcriptsOf(store).map((one) => one.sessionId))] }],
  },
];

/** The anchors that the fork has: those whose leaf is among the rows taken, and that are in force, or taken back by one of those. */
export function keptAnchors(one: Transcript, call: Call): Anchor[] {
  const upTo = optionsOf(call)["upToMessageId"];
  const rows = conversationRows(one.lines);
  const cut =
    typeof upTo === "string" && upTo !== ""
      ? rows.find((placed) => uuidOf(placed) === upTo || field(placed.row["attachment"], "source_uuid") === upTo)
      : undefined;
  if (cut === undefined && Boolean(upTo)) return [];
  const to = cut === undefined ? undefined : cut.at + 1;
  const taken = rows.filter((placed) => cut === undefined || placed.at <= cut.at);
  const inForce = anchorInForce(one, to);
  const kept: Anchor[] = [];
  for (const anchor of anchorsIn(one, to).reverse()) {
    const isThere = anchor.leaf === null || taken.some((placed) => uuidOf(placed) === anchor.leaf);
    const isEnded = kept.length > 0 || taken.some((placed) => takesBack(placed, anchor));
    if (isThere && (isEnded || anchor.at === inForce?.at)) kept.push(anchor);
  }
  return kept.reverse();
}

/** A fork's content with the row of the anchor behind the rows that stood before it. */
function withAnchorRow(content: string, one: Transcript, { at, row, leaf }: Anchor): string {
  const rows = content.split("\n");
  const parsed = rows.map((text) => (text === "" ? {} : (JSON.parse(text) as Row)));
  const renamed = (uuid: unknown): unknown =>
    parsed.find(({ forkedFrom }) => field(forkedFrom, "messageUuid") === uuid)?.["uuid"];
  const before = new Set(
    conversationRows(one.lines)
      .filter((placed) => placed.at < at)
      .map(uuidOf),
  );
  let place = parsed.findLastIndex(({ forkedFrom }) => before.has(field(forkedFrom, "messageUuid") as string)) + 1;
  while (parsed[place]?.["type"] === "last-prompt") place++;
  const { cutUuid, ...rest } = row;
  const cut = cutUuid === undefined ? undefined : renamed(cutUuid);
  const copied = {
    ...rest,
    leafUuid: leaf === null ? null : renamed(leaf),
    ...(cut !== undefined && { cutUuid: cut }),
    sessionId: "<new 1>",
  };
  rows.splice(place, 0, JSON.stringify(copied));
  return rows.join("\n");
}

/** Progress rows whose parents lead back to them. */
function circles(one: Transcript): Set<Placed> {
  const byUuid = lastRows(conversationRows(one.lines));
  const found = new Set<Placed>();
  for (const start of byUuid.values()) {
    if (start.row["type"] !== "progress") continue;
    const seen = new Set<Placed>();
    for (
      let at: Placed | undefined = start;
      at !== undefined && at.row["type"] === "progress";
      at = byUuid.get(parentOf(at) ?? "")
    ) {
      if (seen.has(at)) {
        found.add(start);
        break;
      }
      seen.add(at);
    }
  }
  return found;
}

interface Unwritten {
  readonly isProgress: boolean;
  /** The nearest row above that a fork has. */
  readonly nearest: string | undefined;
}

/** By uuid the rows whose `logicalParentUuid` names one that a fork leaves out. */
function unwrittenLogical(one: Transcript): Map<string, Unwritten> {
  const rows = conversationRows(one.lines);
  const byUuid = lastRows(rows);
  const isLeftOut = ({ row }: Placed): boolean => row["type"] === "progress" || Boolean(row["isSidechain"]);
  const found = new Map<string, Unwritten>();
  for (const placed of rows) {
    const named = byUuid.get(String(placed.row["logicalParentUuid"]));
    if (named === undefined || !isLeftOut(named)) continue;
    const seen = new Set<Placed>();
    let at: Placed | undefined = named;
    for (; at !== undefined && isLeftOut(at) && !seen.has(at); at = byUuid.get(parentOf(at) ?? "")) seen.add(at);
    const nearest = at === undefined || isLeftOut(at) ? undefined : uuidOf(at);
    found.set(uuidOf(placed), { isProgress: named.row["type"] === "progress", nearest });
  }
  return found;
}

/** A fork's content where each boundary names a row that is there. */
function withLogical(content: string, unwritten: ReadonlyMap<string, Unwritten>): string {
  const rows = content
    .split("\n")
    .filter(Boolean)
    .map((text) => JSON.parse(text) as Row);
  const copies = new Map(rows.map((row) => [field(row["forkedFrom"], "messageUuid"), row["uuid"]]));
  const changed = rows.map((row) => {
    const of = unwritten.get(String(field(row["forkedFrom"], "messageUuid")));
    // What the fork does not reach names nothing on either side.
    if (of === undefined || (of.isProgress && row["logicalParentUuid"] === null)) return row;
    return { ...row, logicalParentUuid: copies.get(of.nearest) ?? null };
  });
  return changed.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** Rows of the main chain below one of a sidechain, by line, with the parent that the copy has. */
function belowSidechain(one: Transcript): Map<number, Row> {
  const rows = conversationRows(one.lines);
  const byUuid = lastRows(rows);
  const found = new Map<number, Row>();
  for (const placed of rows) {
    let parent = byUuid.get(parentOf(placed) ?? "");
    if (placed.row["isSidechain"] || parent === undefined || !parent.row["isSidechain"]) continue;
    const seen = new Set<Placed>();
    while (parent !== undefined && parent.row["isSidechain"] && !seen.has(parent)) {
      seen.add(parent);
      parent = byUuid.get(parentOf(parent) ?? "");
    }
    found.set(placed.at, {
      ...placed.row,
      parentUuid: parent === undefined || parent.row["isSidechain"] ? null : uuidOf(parent),
    });
  }
  return found;
}

/** API messages of a transcript by id, with the uuid of the row that ends each: its last one, or the last result of its calls. */
function apiMessages(one: Transcript): Map<string, string> {
  const uuids = new Set<string>();
  // A row that is written once more counts where it first stood.
  const rows = conversationRows(one.lines).filter((placed) => {
    const again = uuids.has(uuidOf(placed));
    if (!placed.row["isSidechain"]) uuids.add(uuidOf(placed));
    return !again && !placed.row["isSidechain"];
  });
  const ends = new Map<string, string>();
  for (const placed of rows) {
    const id = placed.row["type"] === "assistant" ? (placed.row["message"] as Row | null)?.["id"] : undefined;
    if (typeof id !== "string" || uuids.has(id) || ends.has(id)) continue;
    const own = rows.filter(({ row }) => row["type"] === "assistant" && (row["message"] as Row | null)?.["id"] === id);
    const last = own.at(-1) as Placed;
    const calls = new Set(own.flatMap((each) => blocks(each.row, "tool_use").map((block) => block["id"])));
    const answers = rows.filter(
      (each) =>
        each.at > last.at &&
        each.row["type"] === "user" &&
        blocks(each.row, "tool_result").some((block) => calls.delete(block["tool_use_id"])),
    );
    ends.set(id, uuidOf(answers.at(-1) ?? last));
  }
  return ends;
}
