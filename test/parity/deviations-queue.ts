/** Prompts that stand in `queue-operation` rows alone. */
import { type Call, optionsOf } from "./calls.ts";
import { actedOn, ofSession } from "./copies.ts";
import { askOfficial, type Context, type Deviation } from "./deviation.ts";
import { keptAnchors } from "./deviations-fork.ts";
import { mapTranscripts, type Row, type Transcript, transcriptsOf } from "./model.ts";
import { canonical, type Change, DERIVED, type Effect, type Outcome } from "./outcome.ts";
import { renumbered } from "./renumber.ts";
import { exchanges, firstMessages, isNews, type QueuedPrompt, queuedPrompts, withQueue } from "./queue.ts";
import { changeRows, conversationRows, field, lastRows, type Placed, uuidOf } from "./transforms.ts";

export const queueDeviations: readonly Deviation[] = [
  {
    id: "queue-operation-prompts",
    title: "Prompts typed during a turn are part of the conversation",
    reason: "CLIs before 2.1.43 write such a prompt only in `queue-operation` rows. The model got it and answered it.",
    official: "Never reads them, neither as messages nor in a fork.",
    ours: "Each is a message of the user (`isQueuedCommand: true`), at the row that took it into the turn, after the results that the model got with it; its `uuid` is derived from the row. A fork has one such row for each, and may end with it.",
    applies: (store, call) =>
      (call.fn === "getSessionMessages" || call.fn === "forkSession") &&
      ofSession(store, call).some((one) =>
        queuedPrompts(one.lines).some(({ delivered }) => delivered || call.fn === "forkSession"),
      ),
    outcome: async (outcome, context) => {
      const one =
        context.asked.call.fn === "getSessionMessages" ? actedOn(context.asked.store, context.asked.call) : undefined;
      return one === undefined || "error" in outcome ? outcome : withPrompts(one, context);
    },
    effect: (effect, context) => {
      const { asked } = context;
      const one = asked.call.fn === "forkSession" ? actedOn(asked.store, asked.call) : undefined;
      return one === undefined || "error" in effect.outcome ? effect : withPromptRows(effect, one, context);
    },
    provoke: (rng, store) => mapTranscripts(store, (one) => withQueue(rng, one)),
    calls: (rng, store) => {
      const [one] = rng.sample(transcriptsOf(store), 1);
      const ids = one === undefined ? [] : firstMessages(one.lines).map(uuidOf);
      return ids.length === 0 || one === undefined
        ? []
        : rng.sample(ids, 3).map((id): Call => ({ fn: "forkSession", args: [one.sessionId, { upToMessageId: id }] }));
    },
  },
];

type Message = Record<string, unknown>;

/** The messages with the prompts among them. */
async function withPrompts(one: Transcript, context: Context): Promise<Outcome> {
  const { call: own, asked, official, scratch } = context;
  const { limit, offset, ...rest } = optionsOf(own);
  const call: Call = { fn: own.fn, args: [own.args[0], rest] };
  const messages = (await askOfficial(official, asked.store, scratch, call)) as Message[];
  const all = await wholeChain(context);
  const merged = [...messages];
  for (const prompt of queuedPrompts(one.lines).filter(({ delivered }) => delivered)) {
    const after = lastBefore(one, prompt, all);
    if (after === undefined) continue;
    const before = new Set(all.slice(0, after + 1).map((message) => message["uuid"]));
    let place = merged.findLastIndex((message) => before.has(message["uuid"])) + 1;
    while (merged[place]?.["uuid"] === DERIVED) place++;
    merged.splice(place, 0, messageOf(prompt));
  }
  return { value: canonical(page(merged, limit, offset ?? 0)) };
}

/** The conversation with what the official reader leaves out of it. */
async function wholeChain({ call, asked, official, scratch }: Context): Promise<Message[]> {
  const shown = mapTranscripts(asked.store, (each) => changeRows(each, ({ row }) => withoutMarks(row)));
  const { limit: _limit, offset: _offset, upToMessageId: _upTo, title: _title, ...rest } = optionsOf(call);
  const options = { ...rest, includeSystemMessages: true };
  return (await askOfficial(official, shown, scratch, {
    fn: "getSessionMessages",
    args: [call.args[0], options],
  })) as Message[];
}

/** Place of the message behind which the prompt stands, -1 for the beginning; undefined where that is not shown. */
function lastBefore(one: Transcript, prompt: QueuedPrompt, all: readonly Message[]): number | undefined {
  const messages = firstMessages(one.lines);
  const placeOf = (placed: Placed): number => all.findIndex(({ uuid }) => uuid === uuidOf(placed));
  const before = messages.findLast(({ at }) => at < prompt.at);
  if (before === undefined) return messages[0] === undefined || placeOf(messages[0]) >= 0 ? -1 : undefined;
  const group = answerIn(one, before, all);
  if (group === undefined) return undefined;
  let place = Math.max(...group.map(placeOf));
  // A prompt that came as an attachment stands before what was delivered after it.
  if (place === placeOf(before)) while (attachmentLine(one, all[place + 1]) < prompt.at) place++;
  return place;
}

/** Line of the attachment that the message shows; Infinity for any other. */
function attachmentLine(one: Transcript, message: Message | undefined): number {
  const row = conversationRows(one.lines).find((placed) => uuidOf(placed) === message?.["uuid"]);
  return row?.row["type"] === "attachment" ? row.at : Infinity;
}

/** The answer that the message is part of, as the conversation has it; undefined where it is not of the conversation. */
function answerIn(one: Transcript, message: Placed, all: readonly Message[]): Placed[] | undefined {
  const byUuid = lastRows(conversationRows(one.lines));
  const chain = all.flatMap(({ uuid }) => byUuid.get(String(uuid)) ?? []).filter(isMessage);
  return exchanges(chain).find((each) => each.some((placed) => uuidOf(placed) === uuidOf(message)));
}

const isMessage = ({ row }: Placed): boolean => row["type"] === "user" || row["type"] === "assistant";

/** The row without what makes the official reader leave it out. */
function withoutMarks(row: Row): Row {
  const { isMeta: _m, closesQuietTurn: _q, hostHiddenToolUseIds: _h, ...rest } = row;
  return rest;
}

const messageOf = ({ row, place }: QueuedPrompt): Message => ({
  type: "user",
  uuid: DERIVED,
  session_id: row["sessionId"],
  message: { role: "user", content: row["content"] },
  parent_tool_use_id: null,
  parent_agent_id: null,
  isQueuedCommand: true,
  timestamp: place["timestamp"],
  ...(isNews(row["content"]) && { origin: { kind: "task-notification" } }),
});

/** As the official reader takes a page of its messages (official-helpers.md §5.10). */
function page(messages: readonly Message[], limit: unknown, offset: unknown): readonly Message[] {
  const [count, from] = [limit as number, offset as number];
  if (count > 0) return messages.slice(from, from + count);
  return from > 0 ? messages.slice(from) : messages;
}

/** The fork with a row for each prompt that it takes along. */
async function withPromptRows(effect: Effect, one: Transcript, context: Context): Promise<Effect> {
  const { call } = context.asked;
  const upTo = optionsOf(call)["upToMessageId"];
  const all = upTo ? await wholeChain(context) : [];
  const changes = Object.entries(effect.changes).map(([at, change]): [string, Change] => {
    if (change.kind !== "added" || !at.endsWith(".jsonl")) return [at, change];
    const rows = change.content.split("\n").filter((text) => text !== "");
    const placed = sourceLines(one, call, rows);
    const kept = new Set(rows.map((text) => field((JSON.parse(text) as Row)["forkedFrom"], "messageUuid")));
    const prompts = queuedPrompts(one.lines)
      .filter((prompt) => !upTo || isBeforeCut(one, prompt, all, kept, upTo))
      .sort((a, b) => a.at - b.at);
    const merged = rows.flatMap((text, i) => {
      const here = prompts.filter(({ at: line }) => isNext(placed, i, line));
      return [...here.map((prompt) => JSON.stringify(rowOf(prompt, one))), text];
    });
    return [at, { ...change, content: `${merged.join("\n")}\n` }];
  });
  return renumbered({ ...effect, changes: Object.fromEntries(changes) });
}

/** Whether what stood on a line of the source comes right before row `i` of the fork. */
function isNext(placed: readonly (number | undefined)[], i: number, line: number): boolean {
  const next = placed.findIndex((at) => at !== undefined && at > line);
  // Behind all rows of the conversation come those of the fork.
  return i === (next < 0 ? placed.findLastIndex((at) => at !== undefined) + 1 : next);
}

/** Lines of the source by row of the fork; undefined for rows that have none. */
function sourceLines(one: Transcript, call: Call, rows: readonly string[]): (number | undefined)[] {
  const source = conversationRows(one.lines);
  let next = 0;
  const anchors = keptAnchors(one, call);
  return rows.map((text) => {
    const row = JSON.parse(text) as Row;
    if (row["type"] === "last-prompt") return anchors.shift()?.at;
    const uuid = field(row["forkedFrom"], "messageUuid");
    const at = uuid === undefined ? -1 : source.findIndex((placed, i) => i >= next && uuidOf(placed) === uuid);
    if (at < 0) return undefined;
    next = at + 1;
    return source[at]?.at;
  });
}

/** Whether the prompt stands behind what the fork has, and not behind its last message. */
function isBeforeCut(
  one: Transcript,
  prompt: QueuedPrompt,
  all: readonly Message[],
  kept: ReadonlySet<unknown>,
  upTo: unknown,
): boolean {
  const messages = firstMessages(one.lines);
  const before = messages.findLast(({ at }) => at < prompt.at);
  if (!prompt.delivered || before === undefined) return false;
  // What a compaction kept comes in another order afterwards.
  const boundary = conversationRows(one.lines).findLast(({ row }) => row["subtype"] === "compact_boundary")?.at ?? -1;
  const current = before.at < boundary ? undefined : answerIn(one, before, all);
  const group = current ?? exchanges(messages).find((each) => each.includes(before));
  const last = group?.at(-1);
  return last !== undefined && kept.has(uuidOf(last)) && uuidOf(last) !== upTo;
}

const rowOf = ({ row, place, delivered }: QueuedPrompt, one: Transcript): Row => ({
  type: "queue-operation",
  operation: delivered ? "remove" : "enqueue",
  timestamp: place["timestamp"],
  sessionId: "<new 1>",
  content: row["content"],
  uuid: "<new prompt>",
  forkedFrom: { sessionId: one.sessionId, messageUuid: DERIVED },
});
