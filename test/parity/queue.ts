/** Prompts that stand in `queue-operation` rows alone, told as simply as can be; apart from src on purpose. */
import { chainOf } from "./chain.ts";
import { line, type Row, rowOf, type Transcript } from "./model.ts";
import { memo } from "./memo.ts";
import type { Rng } from "./rng.ts";
import { prose } from "./text.ts";
import { blocks, conversationRows, field, lastRows, type Placed, uuidOf, withLines } from "./transforms.ts";

export interface QueuedPrompt {
  /** The row with the text. */
  readonly row: Row;
  readonly delivered: boolean;
  /** Line and row of the operation that delivered it; where none did, of the one that queued it. */
  readonly at: number;
  readonly place: Row;
}

interface Item {
  readonly row: Row;
  readonly at: number;
  readonly text: string;
  readonly nature: "typed" | "command" | "news";
  state: "waiting" | "taken" | "dropped";
  /** Of a process that ended. */
  old: boolean;
}

/** Why something left the queue without being given to the model here. */
const DROPPED = new Set<unknown>([
  "dropped_by_hook",
  "cleared_on_cancel",
  "cancelled_by_sender",
  "superseded_by_resume",
  "agent_stopped",
  "not_carried_to_background",
  "rewound",
]);
const ELSEWHERE = new Set<unknown>([
  "delivered_as_tool_result",
  "delivered_to_agent",
  "carried_to_background",
  "stored_at_idle",
]);

const wordsOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : Array.isArray(content)
      ? content
          .filter((block) => field(block, "type") === "text")
          .map((block) => String(field(block, "text")))
          .join("\n")
      : "";
// oxlint-disable-next-line no-control-regex -- white space and control characters do not count
const textOf = (content: unknown): string => wordsOf(content).replace(/[\u0000-\u0020]/g, "");
const natureOf = (text: string): Item["nature"] =>
  text.startsWith("<task-notification")
    ? "news"
    : /^(?:\/|<command-(?:name|message)>)/.test(text)
      ? "command"
      : "typed";
const isMessage = ({ row }: Placed): boolean => row["type"] === "user" || row["type"] === "assistant";
const answers = (row: Row): boolean => blocks(row, "tool_result").length > 0 || (row["toolUseResult"] ?? null) !== null;

export const isNews = (content: unknown): boolean => natureOf(textOf(content)) === "news";

/** Messages of the main chain, each where it was written first. */
export const firstMessages = memo((lines: readonly Buffer[]): readonly Placed[] => {
  const seen = new Set<string>();
  return conversationRows(lines).filter((placed) => {
    const again = seen.has(uuidOf(placed));
    seen.add(uuidOf(placed));
    return !again && isMessage(placed) && !placed.row["isSidechain"];
  });
});

export const queuedPrompts = memo((lines: readonly Buffer[]): readonly QueuedPrompt[] => {
  if (!lines.some((bytes) => bytes.includes("queue-operation"))) return [];
  const seen = new Set<string>();
  const attachments = conversationRows(lines).flatMap((placed) => {
    const again = seen.has(uuidOf(placed));
    seen.add(uuidOf(placed));
    const attachment = placed.row["attachment"];
    if (again || placed.row["type"] !== "attachment" || field(attachment, "type") !== "queued_command") return [];
    return [{ at: placed.at, attachment, text: textOf(field(attachment, "prompt")), claimed: false }];
  });
  const claim = (text: string, from: number): boolean => {
    const found = attachments.find((each) => !each.claimed && each.at > from && each.text === text);
    if (found !== undefined) found.claimed = true;
    return found !== undefined;
  };
  const messages = new Map(firstMessages(lines).map((placed) => [placed.at, placed]));
  const queue: Item[] = [];
  const delivered: { item: Item; at: number; place: Row }[] = [];
  let fresh: typeof delivered = [];
  let expected = 0;
  const first = (text: string, state: Item["state"] = "waiting"): Item | undefined =>
    queue.find((item) => item.state === state && item.text === text && text !== "");
  const take = (item: Item | undefined): Item | undefined => {
    if (item !== undefined) item.state = "taken";
    return item;
  };
  const waiting = (): Item[] => queue.filter((item) => item.state === "waiting");
  const next = (...natures: Item["nature"][]): Item | undefined => {
    for (const old of [false, true]) {
      for (const nature of natures) {
        const found = waiting().find((item) => item.nature === nature && item.old === old);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };
  const settle = (): void => {
    for (; expected > 0; expected--) {
      const item = next("command", "typed", "news");
      if (item !== undefined) item.state = item.nature === "command" ? "taken" : "dropped";
    }
  };

  lines.forEach((bytes, at) => {
    const message = messages.get(at);
    if (message !== undefined) {
      const { row } = message;
      const prompt = row["type"] === "user" && !answers(row) && !row["isCompactSummary"];
      const text = textOf(field(row["message"], "content"));
      const before = fresh;
      fresh = [];
      const same = before.find(({ item }) => item.text === text);
      if (!prompt) return;
      if (row["isMeta"] === true) {
        if (take(first(text)) !== undefined) expected = Math.max(0, expected - 1);
      } else if (same !== undefined) delivered.splice(delivered.indexOf(same), 1);
      else if (take(first(text)) !== undefined) expected = Math.max(0, expected - 1);
      else if (expected > 0) {
        expected--;
        const nature = natureOf(text);
        take(next(nature, ...(["typed", "command", "news"] as const).filter((one) => one !== nature)));
      } else if (take(first(text, "dropped")) === undefined) for (const item of queue) item.old = true;
      return;
    }
    const row = bytes.includes("queue-operation") ? rowOf(bytes) : undefined;
    if (row?.["type"] !== "queue-operation") return;
    const text = textOf(row["content"]);
    const item: Item = { row, at, text, nature: natureOf(text), state: "waiting", old: false };
    switch (row["operation"]) {
      case "enqueue":
        queue.push(item);
        return;
      case "dequeue":
        if (take(first(text)) === undefined && expected < waiting().length) expected++;
        return;
      case "popOne":
        take(first(text) ?? waiting().findLast(({ nature }) => nature !== "news"));
        return;
      case "popAll":
        if (take(first(text)) === undefined)
          for (const each of waiting()) if (each.nature !== "news") each.state = "taken";
        return;
      case "remove": {
        const own = take(first(text));
        let taken = own ?? (text === "" ? undefined : item);
        if (taken === undefined) {
          taken = take(first(attachments.find((each) => !each.claimed && each.at > at)?.text ?? ""));
          if (taken === undefined) {
            settle();
            taken = take(next("typed", "news", "command"));
          }
        }
        if (taken === undefined || taken.text === "") return;
        const { reason, commandUuid: uuid, deliveryId: delivery } = row;
        if (DROPPED.has(reason)) {
          taken.state = "dropped";
          if (taken === item) queue.push(item);
        }
        if (DROPPED.has(reason) || ELSEWHERE.has(reason)) return;
        const named = attachments.some(
          ({ attachment }) =>
            (Boolean(delivery) && field(attachment, "delivery_id") === delivery) ||
            (Boolean(uuid) && field(attachment, "source_uuid") === uuid),
        );
        const given = { item: taken, at, place: row };
        if (claim(taken.text, taken.at) || named || (Boolean(uuid) && seen.has(String(uuid)))) return;
        delivered.push(given);
        fresh.push(given);
      }
    }
  });
  settle();
  const left = queue.filter(({ state, text, at }) => state !== "taken" && text !== "" && !claim(text, at));
  return [
    ...delivered.map(({ item, at, place }) => ({ row: item.row, delivered: true, at, place })),
    ...left.map(({ row, at }) => ({ row, delivered: false, at, place: row })),
  ];
});

/** Messages by what the model is given at once: an answer with the results of its calls, or a prompt. */
export function exchanges(rows: readonly Placed[]): Placed[][] {
  const groups: Placed[][] = [];
  for (const placed of rows) {
    const group = groups.at(-1);
    const of = group?.[0]?.row["type"] === "assistant" ? field(group.findLast(isAnswer)?.row["message"], "id") : NaN;
    const goesOn = isAnswer(placed)
      ? of !== undefined && field(placed.row["message"], "id") === of
      : answers(placed.row) && group?.[0] !== undefined && isAnswer(group[0]);
    if (goesOn) group?.push(placed);
    else groups.push([placed]);
  }
  return groups;
}

const isAnswer = ({ row }: Placed): boolean => row["type"] === "assistant";

/**
 * Messages of which it is plain where the answer ends that they are part of: those of the conversation, and others where one
 * row hangs on the other.
 */
function plainPlaces(lines: readonly Buffer[]): Placed[] {
  const all = conversationRows(lines);
  const children = new Map<unknown, number>();
  const times = new Map<string, number>();
  for (const placed of all) {
    children.set(placed.row["parentUuid"], (children.get(placed.row["parentUuid"]) ?? 0) + 1);
    times.set(uuidOf(placed), (times.get(uuidOf(placed)) ?? 0) + 1);
  }
  const chain = new Set(chainOf([...lastRows(all).values()]).map(uuidOf));
  const compacted = all.findLast(({ row }) => row["subtype"] === "compact_boundary")?.at ?? -1;
  return exchanges(firstMessages(lines)).flatMap((group) => {
    const isLinear = group.every(
      (placed, i) =>
        times.get(uuidOf(placed)) === 1 &&
        (children.get(uuidOf(placed)) ?? 0) <= 1 &&
        (i === 0 || placed.row["parentUuid"] === group[i - 1]?.row["uuid"]),
    );
    return isLinear ? group : group.filter((placed) => placed.at > compacted && chain.has(uuidOf(placed)));
  });
}

/** The transcript with prompts in its queue, some of which were delivered behind one of its messages. */
export function withQueue(rng: Rng, one: Transcript): Transcript {
  const messages = plainPlaces(one.lines);
  const lines = one.lines.map((bytes) => [bytes]);
  const operation = (name: string, content?: unknown, more: Row = {}): Buffer =>
    line({
      type: "queue-operation",
      operation: name,
      timestamp: rng.chance(0.9) ? "2026-03-03T00:00:00.000Z" : undefined,
      sessionId: one.sessionId,
      ...(content !== undefined && { content }),
      ...more,
    });
  const words = (): string => `${rng.pick(["", "", "", "/", "<task-notification>"])}${prose(rng)}`;
  for (let n = rng.int(1, 4); n > 0 && messages.length > 0; n--) {
    const text = words();
    const place = rng.int(0, messages.length - 1);
    const before = rng.int(0, place);
    const put = (at: number, ...rows: Buffer[]): void => {
      lines[(messages[at] as Placed).at]?.push(...rows);
    };
    const content: unknown = rng.chance(0.8) ? text : [{ type: "text", text }];
    switch (rng.weighted({ named: 4, unnamed: 4, alone: 2, two: 2, dropped: 1, back: 1, one: 1, waiting: 2, row: 1 })) {
      case "named":
        put(before, operation("enqueue", content));
        put(place, operation("remove", text, rng.chance(0.5) ? { reason: "absorbed_mid_turn" } : {}));
        break;
      case "unnamed":
        put(before, operation("enqueue", content));
        put(place, operation("remove"));
        break;
      case "alone":
        put(place, operation("remove", content));
        break;
      case "two":
        put(before, operation("enqueue", content), operation("enqueue", words()));
        put(place, operation("remove"), operation("remove"));
        break;
      case "dropped":
        put(before, operation("enqueue", content));
        put(place, operation("remove", undefined, { reason: rng.pick(["cleared_on_cancel", "delivered_to_agent"]) }));
        break;
      case "back":
        put(before, operation("enqueue", content), operation("enqueue", words()));
        put(place, operation("popAll"));
        break;
      case "one":
        put(before, operation("enqueue", content), operation("enqueue", words()));
        put(place, operation("popOne"), operation("remove"));
        break;
      case "waiting":
        put(before, operation("enqueue", content));
        break;
      case "row": {
        const last = conversationRows(one.lines).at(-1) as Placed;
        const row: Row = { parentUuid: uuidOf(last), isSidechain: false, uuid: rng.uuid(), sessionId: one.sessionId };
        const timestamp = "2026-03-03T00:00:00.000Z";
        const said = { ...row, type: "user", timestamp, message: { role: "user", content } };
        const absorbed = {
          ...row,
          type: "attachment",
          timestamp,
          attachment: { type: "queued_command", prompt: content },
        };
        if (lines.at(-1) === undefined) break;
        lines.push([
          operation("enqueue", content),
          ...rng.pick([
            [operation("dequeue"), line(said)],
            [operation("remove"), line(absorbed)],
          ]),
        ]);
      }
    }
  }
  if (rng.chance(0.1)) lines.unshift([operation("remove", words())]);
  return withLines(one, lines.flat());
}
