/** Messages that the official reader loses. */
import { type Api, type Call, concerned, optionsOf } from "./calls.ts";
import { askOfficial, type Deviation } from "./deviation.ts";
import {
  bytesOf,
  type Entry,
  line,
  mapTranscripts,
  type Row,
  type Store,
  type Transcript,
  transcriptsOf,
} from "./model.ts";
import { asMainTranscript, chainOf, isTangled, linear, subagentFiles } from "./chain.ts";
import type { Change } from "./outcome.ts";
import { type Anchor, anchorInForce, endingOf } from "./rewind.ts";
import type { Rng } from "./rng.ts";
import {
  changeRows,
  conversationRows,
  danglingRows,
  field,
  firstSeenLine,
  isMain,
  lastRows,
  type Placed,
  relinked,
  straddlingBoundaries,
  uuidOf,
  withLines,
} from "./transforms.ts";

/** Transcripts of the session that the call is about. */
export function ofSession(store: Store, call: Call): Transcript[] {
  const paths = concerned(store, call);
  return transcriptsOf(store).filter((one) => paths.has(one.path));
}

const isConversation = (call: Call): boolean => call.fn === "getSessionMessages" || call.fn === "forkSession";
const from = (call: Call, one: Transcript): number => (call.fn === "getSessionMessages" ? firstSeenLine(one) : 0);

/** A call by an assistant row, with the row. */
interface ToolUse {
  readonly id: string;
  readonly caller: Placed;
}

const blocks = (row: Row, type: string): Row[] => {
  const content = field(row["message"], "content");
  return Array.isArray(content) ? content.filter((block) => field(block, "type") === type) : [];
};

/** Tool results that no official rule puts back: off the chain, and their call on it without an answer. */
function lostResults(one: Transcript): { readonly result: Placed; readonly use: ToolUse }[] {
  const rows = [...lastRows(conversationRows(one.lines)).values()];
  const results = rows.filter(({ row }) => row["type"] === "user" && blocks(row, "tool_result").length > 0);
  const odd = results.filter(({ row }) => row["parentUuid"] === null || row["parentUuid"] === undefined);
  if (odd.length === 0) return [];
  const chain = new Set(chainOf(rows).map(uuidOf));
  const answered = new Set(
    results.filter((placed) => chain.has(uuidOf(placed)) || !odd.includes(placed)).flatMap(resultIds),
  );
  return odd.flatMap((result) => {
    if (chain.has(uuidOf(result)) || !isMain(result)) return [];
    const id = resultIds(result).find((each) => !answered.has(each));
    const caller = rows.findLast(
      (placed) => chain.has(uuidOf(placed)) && blocks(placed.row, "tool_use").some((block) => block["id"] === id),
    );
    return id === undefined || caller === undefined ? [] : [{ result, use: { id, caller } }];
  });
}

const resultIds = ({ row }: Placed): string[] =>
  blocks(row, "tool_result").map((block) => String(block["tool_use_id"]));

export const conversationDeviations: readonly Deviation[] = [
  {
    id: "dangling-parent",
    title: "A parent that is not in the file does not cut off what came before",
    reason:
      "16 % of real files have a `parentUuid` that no row has. The history before it is whole, and somebody wrote it.",
    official: "The conversation begins at the row with the unknown parent.",
    ours: "That row hangs on the nearest earlier row of the main chain; so does its copy in a fork.",
    applies: (store, call) =>
      isConversation(call) && ofSession(store, call).some((one) => danglingRows(one, from(call, one)).size > 0),
    instead: (store, call) =>
      mapTranscripts(store, (one) => (concerned(store, call).has(one.path) ? relinked(one, from(call, one)) : one)),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const rows = conversationRows(one.lines).filter((placed) => isMain(placed));
        if (rows.length < 2) return one;
        const chosen = rng.sample(rows.slice(1), rng.int(1, 2));
        const lost = rng.uuid();
        return changeRows(one, (placed) =>
          chosen.some(({ at }) => at === placed.at) ? { ...placed.row, parentUuid: lost } : undefined,
        );
      }),
  },
  {
    id: "tool-results-kept",
    title: "A tool result that stands in the file is never lost",
    reason: "A call without its result cannot be continued, and what the tool said is lost to the reader.",
    official: "A result row without a parent is only shown when the chain runs through it.",
    ours: "It is shown right behind the row that made the call.",
    applies: (store, call) =>
      call.fn === "getSessionMessages" && ofSession(store, call).some((one) => lostResults(one).length > 0),
    instead: (store, call) =>
      mapTranscripts(store, (one) => {
        const lost = concerned(store, call).has(one.path) ? lostResults(one) : [];
        return changeRows(one, ({ row }) => {
          const found = lost.find(({ result }) => result.row["uuid"] === row["uuid"]);
          return found === undefined ? undefined : { ...row, parentUuid: uuidOf(found.use.caller) };
        });
      }),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const rows = conversationRows(one.lines);
        const last = rows.findLast((placed) => isMain(placed) && placed.row["type"] === "user");
        if (last === undefined) return one;
        const make = (fields: Row, parentUuid: string | null): Row => ({
          parentUuid,
          isSidechain: false,
          sessionId: one.sessionId,
          uuid: rng.uuid(),
          timestamp: "2026-02-02T02:02:02.000Z",
          ...fields,
        });
        const id = `toolu_${rng.hex(10)}`;
        const call = make(
          {
            type: "assistant",
            message: { id: `msg_${rng.hex(8)}`, content: [{ type: "tool_use", id, name: "T", input: {} }] },
          },
          uuidOf(last),
        );
        const result = make(
          {
            type: "user",
            message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "kept" }] },
          },
          null,
        );
        const next = make(
          { type: "assistant", message: { id: `msg_${rng.hex(8)}`, content: [{ type: "text", text: "done" }] } },
          call["uuid"] as string,
        );
        return withLines(one, [...one.lines, line(call), line(result), line(next)]);
      }),
  },
  {
    id: "rewind-anchor",
    title: "A rewind that was written down ends the conversation where it says",
    reason:
      "A `last-prompt` row with `explicit: true` is how the CLI remembers a rewind. It continues from there; what was dropped should not show up again.",
    official: "Ignores it and shows the turns that the CLI has dropped.",
    ours: "The conversation ends at the row it names, or is empty when it names none, until a row carries on from there, or a compaction or another rewind takes it back.",
    applies: (store, call) =>
      call.fn === "getSessionMessages" && ofSession(store, call).some((one) => endingOf(one) !== undefined),
    instead: (store, call) =>
      mapTranscripts(store, (one) => {
        const ending = concerned(store, call).has(one.path) ? endingOf(one) : undefined;
        if (ending === undefined) return one;
        const { end } = ending;
        if (end === undefined)
          return withLines(
            one,
            one.lines.filter((_bytes, at) => !conversationRows(one.lines).some((placed) => placed.at === at)),
          );
        return withLines({ ...one, finalNewline: true }, [
          ...one.lines,
          line({ type: "system", uuid: END, parentUuid: uuidOf(end) }),
        ]);
      }),
    provoke: (rng, store) => mapTranscripts(store, (one) => withRewind(rng, one)),
  },
  {
    id: "fork-keeps-rewind",
    title: "A fork takes a rewind with it",
    reason: "Otherwise the fork would show, and continue, what the source had dropped.",
    official: "Does not copy `last-prompt` rows.",
    ours: "Copies the row of the rewind in force, with the new ids.",
    applies: (store, call) =>
      call.fn === "forkSession" && ofSession(store, call).some((one) => keptAnchor(one, call) !== undefined),
    effect: (effect, { store, call }) => {
      const [one] = ofSession(store, call);
      const anchor = one === undefined ? undefined : keptAnchor(one, call);
      if (one === undefined || anchor === undefined) return effect;
      const changes = Object.entries(effect.changes).map(([at, change]): [string, Change] =>
        change.kind === "added" && at.endsWith(".jsonl")
          ? [at, { ...change, content: withAnchorRow(change.content, one, anchor) }]
          : [at, change],
      );
      return { ...effect, changes: Object.fromEntries(changes) };
    },
    provoke: (rng, store) => mapTranscripts(store, (one) => withRewind(rng, one)),
  },
  {
    id: "odd-shapes",
    title: "Values of another type than expected never make a reader throw",
    reason: "The format is undocumented and changes; one odd value should not make a whole session unreadable.",
    official:
      "Throws for `preservedMessages` without a list of uuids, and for times that are no text where it has to sort by them.",
    ours: "Such a boundary preserves nothing; such a time sorts as a missing one, and is handed on as it is.",
    applies: (store, call) =>
      isConversation(call) &&
      ofSession(store, call).some((one) => conversationRows(one.lines).some(({ row }) => isOdd(row))),
    instead: (store) =>
      mapTranscripts(store, (one) => changeRows(one, ({ row }) => (isOdd(row) ? withoutOddities(row) : undefined))),
    outcome: (outcome) => ("value" in outcome ? { value: withOddTimes(outcome.value) } : outcome),
    effect: (effect, { store, call }) => {
      const [one] = ofSession(store, call);
      const changes = Object.entries(effect.changes).map(([at, change]): [string, Change] =>
        "content" in change && one !== undefined
          ? [at, { ...change, content: withOddRows(withOddTimes(change.content), one) }]
          : [at, change],
      );
      return { ...effect, changes: Object.fromEntries(changes) };
    },
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const rows = conversationRows(one.lines);
        const last = rows.findLast((placed) => isMain(placed));
        if (last === undefined) return one;
        if (rng.chance(0.5)) {
          const preservedMessages = rng.pick<unknown>([true, {}, { anchorUuid: rng.uuid(), uuids: "x" }, 5]);
          const boundary: Row = {
            type: "system",
            subtype: "compact_boundary",
            uuid: rng.uuid(),
            parentUuid: uuidOf(last),
            sessionId: one.sessionId,
            compactMetadata: { trigger: "auto", preservedMessages },
          };
          return withLines({ ...one, finalNewline: true }, [...one.lines, line(boundary)]);
        }
        const odd = { sessionId: one.sessionId, isSidechain: false, timestamp: 5 };
        const id = `msg_${rng.hex(8)}`;
        const uses = ["a", "b", "c"].map((name): Row => ({
          ...odd,
          type: "assistant",
          uuid: rng.uuid(),
          parentUuid: uuidOf(last),
          message: { id, content: [{ type: "tool_use", id: `toolu_${name}${rng.hex(6)}` }] },
        }));
        const next: Row = {
          ...odd,
          type: "user",
          uuid: rng.uuid(),
          parentUuid: uses[0]?.["uuid"],
          timestamp: "2026-03-03T00:00:00.000Z",
          message: { content: "x" },
        };
        return withLines({ ...one, finalNewline: true }, [...one.lines, ...uses.map(line), line(next)]);
      }),
  },
  {
    id: "subagent-chain",
    title: "The rows of a subagent are linked by rows of every kind, and its parallel results are shown",
    reason:
      "`progress` and `system` rows stand in the chain of real subagents; what is above them was said all the same.",
    official:
      "Knows only user, assistant and attachment rows of a subagent, so any other row cuts off everything above it; puts back no parallel results.",
    ours: "Follows the chain as in a main transcript, dangling parents and parallel results included.",
    applies: (store, call) =>
      call.fn === "getSubagentMessages" && subagentFiles(store, call).some(({ lines }) => isTangled(lines)),
    instead: async (store, call, { official, scratch }) => {
      const straight = new Map<string, Buffer>();
      for (const { path, lines } of subagentFiles(store, call)) {
        straight.set(
          path,
          bytesOf({ lines: linear(lines, await shownOrder(official, scratch, lines)), finalNewline: true }),
        );
      }
      const entries = store.entries.map((entry) => {
        const bytes = straight.get(entry.path);
        return entry.kind === "file" && bytes !== undefined ? { ...entry, bytes } : entry;
      });
      return { ...store, entries };
    },
    generate: { tangledAgents: true },
    provoke: (rng, store) => {
      const agents = transcriptsOf(store).map((one): Entry => {
        const row = (type: string, parentUuid: unknown, message?: Row): Row => ({
          type,
          uuid: rng.uuid(),
          parentUuid,
          isSidechain: true,
          agentId: "made",
          sessionId: one.sessionId,
          timestamp: "2026-03-03T00:00:00.000Z",
          ...(message && { message }),
        });
        const task = row("user", null, { role: "user", content: "task" });
        const link = row(rng.pick(["progress", "system"]), task["uuid"]);
        const use = (id: string, parent: Row): Row =>
          row("assistant", parent["uuid"], { id: "msg_made", content: [{ type: "tool_use", id }] });
        const result = (id: string, parent: Row): Row =>
          row("user", parent["uuid"], {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: id, content: "r" }],
          });
        const [a, b] = [use("A", link), use("B", link)];
        const rows = [task, link, a, b, result("A", a), result("B", b)];
        return {
          kind: "file",
          path: one.path.replace(/\.jsonl$/, "/subagents/agent-made.jsonl"),
          bytes: bytesOf({ lines: rows.map(line), finalNewline: true }),
          mtime: one.mtime,
        };
      });
      return { ...store, entries: [...store.entries, ...agents] };
    },
  },
  {
    id: "boundary-on-chunk-border",
    title: "A compact boundary counts wherever it stands in a large file",
    reason: "Whether history is shown should not depend on where in the file a row happens to stand.",
    official:
      "Over 5 MiB, a boundary row that lies across a multiple of 1 MiB is overlooked, and earlier history shows up.",
    ours: "It is read as any other boundary.",
    applies: (store, call) =>
      call.fn === "getSessionMessages" && ofSession(store, call).some((one) => straddlingBoundaries(one).length > 0),
    instead: (store) =>
      mapTranscripts(store, (one) => {
        const across = straddlingBoundaries(one);
        return changeRows(one, ({ at, row }) => {
          const { type, ...rest } = row;
          return across.includes(at) ? { type, ...rest } : undefined;
        });
      }),
    provoke: (rng, store) => {
      const [first] = transcriptsOf(store);
      return mapTranscripts(store, (one) => (one === first ? withStraddling(rng, one) : one));
    },
  },
];

const ODD_TIME = "#5";
const hasOddTime = (row: Row): boolean => row["timestamp"] === 5;

function hasOddList(row: Row): boolean {
  const kept = field(row["compactMetadata"], "preservedMessages");
  return row["subtype"] === "compact_boundary" && Boolean(kept) && !Array.isArray(field(kept, "uuids"));
}

const isOdd = (row: Row): boolean => hasOddTime(row) || hasOddList(row);

function withoutOddities(row: Row): Row {
  const metadata = hasOddList(row)
    ? { compactMetadata: { ...(row["compactMetadata"] as Row), preservedMessages: { uuids: [] } } }
    : {};
  // It sorts before every time, as a missing one does.
  return { ...row, ...metadata, ...(hasOddTime(row) && { timestamp: ODD_TIME }) };
}

const withOddTimes = (text: string): string => text.replaceAll(`"timestamp":"${ODD_TIME}"`, '"timestamp":5');

/** A fork copies what it does not understand. */
function withOddRows(content: string, one: Transcript): string {
  const odd = new Map(
    conversationRows(one.lines).flatMap(({ row }) =>
      hasOddList(row) ? [[row["uuid"], row["compactMetadata"]] as const] : [],
    ),
  );
  if (odd.size === 0) return content;
  return content
    .split("\n")
    .map((text) => {
      const uuid = /"forkedFrom":\{"sessionId":"[^"]*","messageUuid":"([^"]*)"/.exec(text)?.[1];
      const metadata = odd.get(uuid);
      return metadata === undefined
        ? text
        : JSON.stringify({ ...(JSON.parse(text) as Row), compactMetadata: metadata });
    })
    .join("\n");
}

/** The transcript with a rewind to one of its messages, and what may follow it. */
function withRewind(rng: Rng, one: Transcript): Transcript {
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

/** The anchor that the fork has: the one in force behind the rows taken, when its leaf is among them. */
function keptAnchor(one: Transcript, call: Call): Anchor | undefined {
  const upTo = optionsOf(call)["upToMessageId"];
  const rows = conversationRows(one.lines);
  const cut =
    typeof upTo === "string" && upTo !== ""
      ? rows.find((placed) => uuidOf(placed) === upTo || field(placed.row["attachment"], "source_uuid") === upTo)
      : undefined;
  if (cut === undefined && Boolean(upTo)) return undefined;
  const anchor = anchorInForce(one, cut === undefined ? undefined : cut.at + 1);
  if (anchor === undefined || anchor.leaf === null) return anchor;
  return rows.some((placed) => uuidOf(placed) === anchor.leaf && (cut === undefined || placed.at <= cut.at))
    ? anchor
    : undefined;
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
  const place = parsed.findLastIndex(({ forkedFrom }) => before.has(field(forkedFrom, "messageUuid") as string)) + 1;
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

const END = "eeeeeeee-0000-4000-8000-000000000000";
const SESSION = "eeeeeeee-0000-4000-8000-000000000001";

/** The order in which the official reader shows the rows of a subagent when they stand in a main transcript. */
async function shownOrder(official: Api, scratch: string, lines: readonly Buffer[]): Promise<string[]> {
  const path = `projects/-x/${SESSION}.jsonl`;
  const flat = { kind: "transcript", path, sessionId: SESSION, finalNewline: true, mtime: 0 } as const;
  const linked = relinked({ ...flat, lines: asMainTranscript(lines, END).map(line) });
  // As prompts they are all shown, and stand in nobody's way.
  const shown = changeRows(linked, ({ row }) =>
    row["type"] === "user" || row["type"] === "assistant" || row["uuid"] === END
      ? undefined
      : { ...row, type: "user", message: { content: "" } },
  );
  const messages = await askOfficial(official, { seed: "", entries: [shown], dirs: [], ids: [] }, scratch, {
    fn: "getSessionMessages",
    args: [SESSION],
  });
  return (messages as { uuid: string }[]).map(({ uuid }) => uuid);
}

/** The transcript with more than 5 MiB before it ends in a boundary that lies across a chunk border. */
function withStraddling(rng: Rng, one: Transcript): Transcript {
  const [tip] = conversationRows(one.lines).filter(isMain).map(uuidOf).slice(-1);
  const session = { sessionId: one.sessionId, isSidechain: false, timestamp: "2026-02-02T02:02:02.000Z" };
  const boundary: Row = {
    parentUuid: tip ?? null,
    ...session,
    type: "system",
    subtype: "compact_boundary",
    uuid: rng.uuid(),
    compactMetadata: { trigger: "auto" },
  };
  const summary: Row = {
    parentUuid: boundary["uuid"],
    ...session,
    type: "user",
    isCompactSummary: true,
    uuid: rng.uuid(),
    message: { role: "user", content: "summary" },
  };
  const target = 6 * 1024 * 1024 - rng.int(10, 200);
  let size = bytesOf({ lines: one.lines, finalNewline: true }).length;
  const lines = [...one.lines];
  while (size < target) {
    const empty = JSON.stringify({ type: "filler", text: "" }).length + 1;
    const room = Math.min(target - size - empty, 900_000);
    if (room < 0) break;
    // Never leaves less than a filler row needs.
    const length = target - size - empty - room > 0 && target - size - empty - room < 200 ? room - 200 : room;
    lines.push(line({ type: "filler", text: "x".repeat(length) }));
    size += empty + length;
  }
  return withLines({ ...one, finalNewline: true }, [...lines, line(boundary), line(summary)]);
}
