/** Rows of unexpected shape, and rows of a subagent that the official reader does not know. */
import type { Api, Call } from "./calls.ts";
import { asMainTranscript, isTangled, linear, subagentFiles } from "./chain.ts";
import { actedOn, ofSession } from "./copies.ts";
import { askOfficial, type Deviation } from "./deviation.ts";
import { bytesOf, type Entry, line, mapTranscripts, type Row, type Transcript, transcriptsOf } from "./model.ts";
import type { Change } from "./outcome.ts";
import { changeRows, conversationRows, END, field, isMain, relinked, uuidOf, withLines } from "./transforms.ts";

const isConversation = (call: Call): boolean => call.fn === "getSessionMessages" || call.fn === "forkSession";

export const shapeDeviations: readonly Deviation[] = [
  {
    id: "odd-shapes",
    title: "Values of another type than expected never make a reader throw",
    reason: "The format is undocumented and changes; one odd value should not make a whole session unreadable.",
    official:
      "Throws for `preservedMessages` without a list of uuids, and for times that are not strings if it has to sort by them.",
    ours: "Such a boundary preserves nothing; such a time is sorted like a missing one, and returned as it is.",
    applies: (store, call) =>
      isConversation(call) &&
      ofSession(store, call).some((one) => conversationRows(one.lines).some(({ row }) => isOdd(row))),
    instead: (store) =>
      mapTranscripts(store, (one) => changeRows(one, ({ row }) => (isOdd(row) ? withoutOddities(row) : undefined))),
    outcome: (outcome) => ("value" in outcome ? { value: withOddTimes(outcome.value) } : outcome),
    effect: (effect, { store, call }) => {
      const one = actedOn(store, call);
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
      "The chains of real subagents contain `progress` and `system` rows, and the messages above them are part of the conversation.",
    official:
      "Knows only user, assistant and attachment rows of a subagent, so any other row cuts off everything above it. Does not restore parallel results.",
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
