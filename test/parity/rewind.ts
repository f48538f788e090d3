/** Where a rewind that was written down ends a conversation, as CLI 2.1.329 was measured to read it; apart from src on purpose. */
import { line, type Row, rowOf, type Transcript } from "./model.ts";
import type { Rng } from "./rng.ts";
import { conversationRows, field, isMain, lastRows, parentOf, type Placed, uuidOf } from "./transforms.ts";

export interface Anchor {
  /** Line of the row that says so. */
  readonly at: number;
  readonly row: Row;
  readonly leaf: string | null;
}

export interface Ending {
  readonly anchor: Anchor;
  /** The row the conversation ends at or above; undefined when it is empty. */
  readonly end: Placed | undefined;
}

const counts = ({ row }: Placed): boolean =>
  row["isSidechain"] !== true && row["type"] !== "progress" && field(row["attachment"], "type") !== "fork_briefing";
const isBoundary = ({ row }: Placed): boolean => row["type"] === "system" && row["subtype"] === "compact_boundary";

/** The anchor in force behind the lines before `to`: nothing since has taken it back. */
export function anchorInForce(transcript: Transcript, to = transcript.lines.length): Anchor | undefined {
  const lines = transcript.lines.slice(0, to);
  if (!lines.some((bytes) => bytes.includes('"explicit"'))) return undefined;
  const rows = new Map(conversationRows(lines).map((placed) => [placed.at, placed]));
  let anchor: Anchor | undefined;
  lines.forEach((bytes, at) => {
    const placed = rows.get(at);
    if (placed !== undefined) {
      if (counts(placed) && (anchor?.leaf === null || isBoundary(placed))) anchor = undefined;
      return;
    }
    const row = bytes.includes('"last-prompt"') ? rowOf(bytes) : undefined;
    if (row?.["type"] !== "last-prompt") return;
    const leaf = row["leafUuid"];
    if (row["explicit"] === true && (leaf === null || (typeof leaf === "string" && leaf !== "")))
      anchor = { at, row, leaf };
    else if (typeof leaf === "string" && leaf !== "" && leaf !== anchor?.leaf) anchor = undefined;
  });
  return anchor;
}

/** All that were written down before the line `to`. */
export function anchorsIn(transcript: Transcript, to = transcript.lines.length): Anchor[] {
  return transcript.lines.slice(0, to).flatMap((bytes, at) => {
    const row = bytes.includes('"explicit"') ? rowOf(bytes) : undefined;
    const leaf = row?.["leafUuid"];
    return row?.["type"] === "last-prompt" &&
      row["explicit"] === true &&
      (leaf === null || (typeof leaf === "string" && leaf !== ""))
      ? [{ at, row, leaf }]
      : [];
  });
}

/** Whether the row takes back a rewind that stands before it. */
export const takesBack = (placed: Placed, { at, leaf }: Anchor): boolean =>
  placed.at > at && counts(placed) && (leaf === null || isBoundary(placed));

export function endingOf(transcript: Transcript): Ending | undefined {
  const anchor = anchorInForce(transcript);
  if (anchor === undefined) return undefined;
  if (anchor.leaf === null) return { anchor, end: undefined };
  const rows = conversationRows(transcript.lines);
  const byUuid = lastRows(rows);
  const leaf = byUuid.get(anchor.leaf);
  if (leaf === undefined || leaf.row["isSidechain"] === true || !isReachable(leaf, rows)) return undefined;
  const last = rows.findLast(counts);
  const goesOn = last !== undefined && last.at > anchor.at && descends(last, leaf, byUuid);
  const end = goesOn ? last : leaf;
  return hasMessageAbove(end, byUuid) ? { anchor, end } : undefined;
}

/** Before a compaction that kept messages only those are left. */
function isReachable(leaf: Placed, rows: readonly Placed[]): boolean {
  const boundary = rows.findLast(isBoundary);
  if (boundary === undefined || leaf.at >= boundary.at) return true;
  const metadata = boundary.row["compactMetadata"];
  const uuids = field(field(metadata, "preservedMessages"), "uuids");
  if (Array.isArray(uuids)) return uuids.includes(uuidOf(leaf));
  const segment = field(metadata, "preservedSegment");
  if (segment === undefined) return true;
  const [head, tail] = ["headUuid", "tailUuid"].map((key) =>
    rows.findLast((placed) => uuidOf(placed) === field(segment, key)),
  );
  return head !== undefined && tail !== undefined && leaf.at >= head.at && leaf.at <= tail.at;
}

function* above(from: Placed, byUuid: ReadonlyMap<string, Placed>): Generator<Placed> {
  const seen = new Set<Placed>();
  for (let at: Placed | undefined = from; at !== undefined && !seen.has(at); at = byUuid.get(parentOf(at) ?? "")) {
    seen.add(at);
    yield at;
  }
}

const descends = (from: Placed, ancestor: Placed, byUuid: ReadonlyMap<string, Placed>): boolean =>
  [...above(from, byUuid)].includes(ancestor);
const hasMessageAbove = (from: Placed, byUuid: ReadonlyMap<string, Placed>): boolean =>
  [...above(from, byUuid)].some(({ row }) => row["type"] === "user" || row["type"] === "assistant");

/** The transcript with a rewind to one of its messages, and what may follow it. */
export function withRewind(rng: Rng, one: Transcript): Transcript {
  const messages = conversationRows(one.lines).filter(
    (placed) => isMain(placed) && (placed.row["type"] === "user" || placed.row["type"] === "assistant"),
  );
  if (messages.length < 2) return one;
  const leafUuid = rng.chance(0.15) ? null : uuidOf(rng.pick(messages));
  const anchor = { type: "last-prompt", lastPrompt: "x", leafUuid, explicit: true, sessionId: one.sessionId };
  const lines = [
    ...one.lines,
    line(rng.chance(0.5) ? { ...anchor, rewound: true, cutUuid: uuidOf(rng.pick(messages)) } : anchor),
  ];
  const next = (parentUuid: string): Row => ({
    type: "user",
    uuid: rng.uuid(),
    parentUuid,
    isSidechain: false,
    sessionId: one.sessionId,
    timestamp: "2026-03-03T00:00:00.000Z",
    message: { role: "user", content: "goes on" },
  });
  const elsewhere = uuidOf(rng.pick(messages));
  switch (rng.weighted({ end: 5, on: 3, elsewhere: 1, plain: 1, other: 1 })) {
    case "on":
      if (leafUuid !== null) lines.push(line(next(leafUuid)));
      break;
    case "elsewhere":
      lines.push(line(next(elsewhere)));
      break;
    case "plain":
      lines.push(line({ type: "last-prompt", lastPrompt: "y", leafUuid, sessionId: one.sessionId }));
      break;
    case "other":
      lines.push(line({ type: "last-prompt", lastPrompt: "y", leafUuid: elsewhere, sessionId: one.sessionId }));
      break;
    case "end":
  }
  return { ...one, lines, finalNewline: true };
}
