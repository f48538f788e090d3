/** Messages that the official reader loses, and those it shows although they were dropped. */
import { type Call, concerned } from "./calls.ts";
import { chainOf } from "./chain.ts";
import { ofSession } from "./copies.ts";
import type { Deviation } from "./deviation.ts";
import { bytesOf, line, mapTranscripts, type Row, type Transcript, transcriptsOf } from "./model.ts";
import { endingOf, withRewind } from "./rewind.ts";
import type { Rng } from "./rng.ts";
import {
  blocks,
  changeRows,
  conversationRows,
  danglingRows,
  END,
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

const isConversation = (call: Call): boolean => call.fn === "getSessionMessages" || call.fn === "forkSession";
const from = (call: Call, one: Transcript): number => (call.fn === "getSessionMessages" ? firstSeenLine(one) : 0);

/** A call by an assistant row, with the row. */
interface ToolUse {
  readonly id: string;
  readonly caller: Placed;
}

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

const isOfTeam = ({ row }: Placed): boolean => Boolean(row["teamName"]);

export const conversationDeviations: readonly Deviation[] = [
  {
    id: "team-rows",
    title: "Messages sent while a team existed are part of the conversation",
    reason:
      "While a team of agents exists, the CLI writes `teamName` on every row of the lead's session, and of a teammate's own. It sends all of them to the model when the session is resumed.",
    official: "Hides the rows, and never ends the conversation at one of them.",
    ours: "They are rows like all others, for the messages and for the end of a fork.",
    applies: (store, call) =>
      isConversation(call) && ofSession(store, call).some((one) => conversationRows(one.lines).some(isOfTeam)),
    instead: (store, call) =>
      mapTranscripts(store, (one) =>
        concerned(store, call).has(one.path)
          ? changeRows(one, (placed) => {
              const { teamName: _team, ...row } = placed.row;
              return isOfTeam(placed) ? row : undefined;
            })
          : one,
      ),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const rows = conversationRows(one.lines);
        const first = rng.pick([0, rng.int(0, rows.length), rng.int(0, rows.length)]);
        const last = rng.pick([Infinity, Infinity, rng.int(first, rows.length)]);
        const team = rng.pick([{ teamName: "squad" }, { teamName: "squad", agentName: "a" }]);
        return changeRows(one, (placed) => {
          const at = rows.indexOf(placed);
          return at >= first && at < last ? { ...placed.row, ...team } : undefined;
        });
      }),
  },
  {
    id: "dangling-parent",
    title: "A parent that is not in the file does not cut off what came before",
    reason:
      "16 % of real files have a `parentUuid` that no row has. The history before it is complete, and somebody wrote it.",
    official:
      "The conversation begins at the row with the unknown parent, also if the parent is the row itself or is not a uuid.",
    ours: "The row's parent is the nearest earlier row of the main chain; the same holds for its copy in a fork.",
    applies: (store, call) =>
      isConversation(call) && ofSession(store, call).some((one) => danglingRows(one, from(call, one)).size > 0),
    instead: (store, call) =>
      mapTranscripts(store, (one) => (concerned(store, call).has(one.path) ? relinked(one, from(call, one)) : one)),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const rows = conversationRows(one.lines).filter((placed) => isMain(placed));
        if (rows.length < 2) return one;
        const chosen = rng.sample(rows.slice(1), rng.int(1, 2));
        const lost = rng.pick([() => rng.uuid(), uuidOf, () => 5, () => ""]);
        return changeRows(one, (placed) =>
          chosen.some(({ at }) => at === placed.at) ? { ...placed.row, parentUuid: lost(placed) } : undefined,
        );
      }),
  },
  {
    id: "tool-results-kept",
    title: "A tool result in the file is never lost",
    reason: "A call without its result cannot be continued, and the reader does not see what the tool returned.",
    official: "A result row without a parent is shown only if the chain runs through it.",
    ours: "It is shown right after the row that made the call.",
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
    title: "A recorded rewind ends the conversation at the row it names",
    reason:
      "A `last-prompt` row with `explicit: true` is how the CLI records a rewind. The CLI continues from there, and dropped turns should not reappear.",
    official: "Ignores it, and shows the turns that the CLI dropped.",
    ours: "The conversation ends at the row it names, or is empty if it names none, until a row continues from there, or a compaction or another rewind replaces it.",
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
        // What a compaction kept comes behind its anchor: it is not there yet where the conversation ends with that.
        return withLines({ ...one, finalNewline: true }, [
          ...changeRows(one, ({ row }) => withoutKept(row, uuidOf(end))).lines,
          line({ type: "system", uuid: END, parentUuid: uuidOf(end) }),
        ]);
      }),
    provoke: (rng, store) => mapTranscripts(store, (one) => withRewind(rng, one)),
  },
  {
    id: "boundary-on-chunk-border",
    title: "A compact boundary counts wherever it is in a large file",
    reason: "Whether history is shown should not depend on the position of a row in the file.",
    official: "Over 5 MiB, a boundary row that crosses a multiple of 1 MiB is missed, and earlier history appears.",
    ours: "It is read like any other boundary.",
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

/** A boundary that hangs what it kept on this row, without that; undefined for any other row. */
function withoutKept(row: Row, anchorUuid: string): Row | undefined {
  if (row["subtype"] !== "compact_boundary") return undefined;
  const { preservedMessages, preservedSegment, ...rest } = (row["compactMetadata"] ?? {}) as Row;
  const anchor = field(preservedMessages ?? preservedSegment, "anchorUuid");
  return anchor === anchorUuid ? { ...row, compactMetadata: rest } : undefined;
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
