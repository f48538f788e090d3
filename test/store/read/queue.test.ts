import { describe, expect, test } from "vitest";
import { forkSession } from "../../../src/store/fork/fork-session.ts";
import { idInFork } from "../../../src/store/fork/message-id-in-fork.ts";
import { TranscriptFile } from "../../../src/store/read/transcript-file.ts";
import { findConversation } from "../../../src/transcript/conversation/conversation.ts";
import { openStream } from "../../../src/store/read/open-conversation.ts";
import { getSessionMessages, type TranscriptMessage } from "../../../src/store/read/session-messages.ts";
import { getSubagentMessages } from "../../../src/store/read/subagents.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { inOrder } from "../../support/in-order.ts";
import {
  assistant,
  attachment,
  boundary,
  call,
  jsonl,
  result,
  rewind,
  type Row,
  summary,
  user,
  uuid,
} from "../../support/rows.ts";
import { onEverySurface } from "../../support/surfaces.ts";

const ID = sessionId(1);

const op = (operation: string, content?: unknown, extra: Row = {}): Row => ({
  type: "queue-operation",
  operation,
  timestamp: "2026-01-01T00:00:30.000Z",
  sessionId: "s",
  ...(content !== undefined && { content }),
  ...extra,
});
const queue = (content?: unknown, extra?: Row): Row => op("enqueue", content, extra);
const remove = (content?: unknown, extra?: Row): Row => op("remove", content, extra);
const queued = (n: number, parent: number, prompt: unknown, extra: Row = {}): Row =>
  attachment(n, parent, { type: "queued_command", prompt, ...extra });

const textOf = ({ message }: TranscriptMessage): string => {
  const { content } = message as { content: unknown };
  if (typeof content === "string") return content;
  return (content as Row[]).map((block) => block["text"] ?? block["name"] ?? block["content"]).join("+");
};

/** What the library gives: `u1 a2 "words" !"not delivered"`; words of prompts that have no row of their own. */
async function read(rows: readonly Row[], options: object = {}): Promise<string> {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, jsonl(rows));
  return told(await getSessionMessages(ID, { configDirs: [dir], includeUndelivered: true, ...options }));
}

function told(messages: readonly TranscriptMessage[]): string {
  return messages
    .map((message) => {
      const marks = `${message.undelivered === true ? "!" : ""}${message.compacted === true ? "~" : ""}`;
      const branch = message.branch === undefined ? "" : `/${message.branch}`;
      const isOwn = message.uuid.startsWith("00000000-0000-4000-8000");
      const name = isOwn ? `${message.type[0]}${Number.parseInt(message.uuid.slice(-12), 16)}` : `"${textOf(message)}"`;
      return `${marks}${name}${branch}`;
    })
    .join(" ");
}

const picture = (name: string): Row => ({ type: "image", name, source: { type: "base64", data: "AAAA" } });
const turn = [user(1, null), call(2, 1, "A", "m")];
const answered = result(3, 2, "A", { toolUseResult: {} });

describe("a prompt that is only in queue-operation rows", () => {
  test.for<[string, Row[], string]>([
    [
      "is shown where it was delivered",
      [...turn, queue("x"), answered, remove("x"), assistant(4, 3)],
      'u1 a2 u3 "x" a4',
    ],
    [
      "without a text in the row that delivers it",
      [...turn, queue("x"), answered, remove(), assistant(4, 3)],
      'u1 a2 u3 "x" a4',
    ],
    ["with a text in that row alone", [...turn, queue(), answered, remove("x"), assistant(4, 3)], 'u1 a2 u3 "x" a4'],
    ["with that row alone", [...turn, answered, remove("x"), assistant(4, 3)], 'u1 a2 u3 "x" a4'],
    ["with no text anywhere: nothing to show", [...turn, queue(), answered, remove(), assistant(4, 3)], "u1 a2 u3 a4"],
    [
      "of white space: nothing to show",
      [...turn, queue(" \n"), answered, remove(" \n"), assistant(4, 3)],
      "u1 a2 u3 a4",
    ],
    [
      "as blocks",
      [...turn, queue([{ type: "text", text: "x" }]), answered, remove(), assistant(4, 3)],
      'u1 a2 u3 "x" a4',
    ],
    ["taken back", [...turn, queue("x"), op("popAll", "x"), answered], "u1 a2 u3"],
    [
      "taken back one by one",
      [...turn, queue("x"), queue("y"), op("popOne", "y"), answered, remove("x")],
      'u1 a2 u3 "x"',
    ],
    ["taken back, all in one row", [...turn, queue("x"), queue("y"), op("popAll", "x\ny"), answered], "u1 a2 u3"],
    ["taken back, all without a text", [...turn, queue("x"), queue("/y"), op("popAll"), answered], "u1 a2 u3"],
    [
      "the last one taken back without a text",
      [...turn, queue("x"), queue("y"), op("popOne"), answered, remove()],
      'u1 a2 u3 "x"',
    ],
    [
      "dequeued: a row follows",
      [...turn, answered, queue("x"), assistant(4, 3), op("dequeue"), user(5, 4, "x")],
      "u1 a2 u3 a4 u5",
    ],
    [
      "dequeued, and the row reads otherwise",
      [...turn, queue("/x"), answered, op("dequeue"), user(5, 3, "<command-name>/x</command-name>")],
      "u1 a2 u3 u5",
    ],
    [
      "dequeued with its text",
      [...turn, queue("x"), queue("y"), answered, op("dequeue", "y"), remove()],
      'u1 a2 u3 "x"',
    ],
    ["dequeued, and nothing follows", [...turn, queue("/copy"), answered, op("dequeue")], "u1 a2 u3"],
    ["never taken out", [...turn, queue("x"), answered, assistant(4, 3)], 'u1 a2 u3 a4 !"x"'],
    ["dropped", [...turn, queue("x"), remove("x", { reason: "cleared_on_cancel" }), answered], 'u1 a2 u3 !"x"'],
    [
      "dropped, with its text in the first row alone",
      [...turn, queue("x"), remove(undefined, { reason: "dropped_by_hook" }), answered],
      'u1 a2 u3 !"x"',
    ],
    ["given to another", [...turn, queue("x"), remove("x", { reason: "delivered_to_agent" }), answered], "u1 a2 u3"],
    ["for a reason that nobody knows", [...turn, queue("x"), answered, remove("x", { reason: "new" })], 'u1 a2 u3 "x"'],
    ["an operation that nobody knows", [...turn, queue("x"), answered, op("shuffle", "x")], 'u1 a2 u3 !"x"'],
    [
      "twice the same words",
      [...turn, queue("x"), queue("x"), answered, remove("x"), assistant(4, 3)],
      'u1 a2 u3 "x" a4 !"x"',
    ],
    ["a picture alone", [...turn, queue([picture("x")]), answered, remove(), assistant(4, 3)], 'u1 a2 u3 "x" a4'],
    [
      "a picture that is never taken out",
      [...turn, queue([{ type: "text", text: "" }, picture("x")]), answered],
      'u1 a2 u3 !"+x"',
    ],
    [
      "one picture of two",
      [...turn, queue([picture("x")]), queue([picture("y")]), answered, remove(), assistant(4, 3)],
      'u1 a2 u3 "x" a4 !"y"',
    ],
    ["before any message", [remove("x"), user(1, null)], '"x" u1'],
    ["and nothing else", [queue("x")], '!"x"'],
  ])("%s", async ([, rows, expected]) => {
    expect(await read(rows)).toBe(expected);
  });

  test.for<[string, Row[], string]>([
    ["an attachment", [...turn, queue("x"), answered, remove(), queued(4, 3, "x"), assistant(5, 4)], "u1 a2 u3 u4 a5"],
    [
      "an attachment with its picture",
      [...turn, queue([picture("x")]), answered, remove(), queued(4, 3, [picture("x")]), assistant(5, 4)],
      "u1 a2 u3 u4 a5",
    ],
    [
      "a row with its picture",
      [...turn, answered, queue([picture("x")]), assistant(4, 3), op("dequeue"), user(5, 4, [picture("x")])],
      "u1 a2 u3 a4 u5",
    ],
    [
      "a row with its picture and words of the CLI",
      [
        ...turn,
        answered,
        queue([picture("x")]),
        op("dequeue"),
        user(5, 3, [{ type: "text", text: "y" }, picture("z")]),
      ],
      "u1 a2 u3 u5",
    ],
    [
      "an attachment with other white space",
      [
        ...turn,
        queue("x\n y"),
        answered,
        remove("x\n y"),
        queued(4, 3, [
          { type: "text", text: "x" },
          { type: "text", text: "y" },
        ]),
        assistant(5, 4),
      ],
      "u1 a2 u3 u4 a5",
    ],
    [
      "an attachment that the row names",
      [
        ...turn,
        queue("[Pasted text #1]"),
        answered,
        remove("[Pasted text #1]", { commandUuid: uuid(90) }),
        queued(4, 3, "pasted", { source_uuid: uuid(90) }),
        assistant(5, 4),
      ],
      "u1 a2 u3 u90 a5",
    ],
    [
      "an attachment of that delivery",
      [
        ...turn,
        queue("x"),
        answered,
        remove("x", { reason: "absorbed_mid_turn", deliveryId: "d" }),
        queued(4, 3, "y", { delivery_id: "d" }),
        assistant(5, 4),
      ],
      "u1 a2 u3 u4 a5",
    ],
    [
      "a row of that uuid",
      [
        ...turn,
        queue("[Image #1]"),
        answered,
        remove("[Image #1]", { commandUuid: uuid(4) }),
        user(4, 3, "a picture"),
        assistant(5, 4),
      ],
      "u1 a2 u3 u4 a5",
    ],
    [
      "a row that comes at once",
      [...turn, queue("x"), answered, remove(), user(4, 3, "x"), assistant(5, 4)],
      "u1 a2 u3 u4 a5",
    ],
    [
      "a row that comes without a word of the queue",
      [...turn, queue("x"), answered, assistant(4, 3), user(5, 4, "x")],
      "u1 a2 u3 a4 u5",
    ],
    [
      "a row after it was dropped",
      [...turn, queue("x"), remove("x", { reason: "cleared_on_cancel" }), answered, user(5, 3, "x")],
      "u1 a2 u3 u5",
    ],
  ])("is not shown twice where a row has it: %s", async ([, rows, expected]) => {
    expect(await read(rows)).toBe(expected);
  });

  test.for<[string, Row[], string]>([
    [
      "said again later",
      [...turn, queue("x"), answered, remove("x"), assistant(4, 3), user(5, 4, "x")],
      'u1 a2 u3 "x" a4 u5',
    ],
    [
      "with an attachment for another",
      [...turn, queue("x"), queue("y"), answered, remove(), remove(), queued(4, 3, "y"), assistant(5, 4)],
      'u1 a2 u3 "x" u4 a5',
    ],
    [
      "of two without texts the one that the attachment has",
      [...turn, queue("x"), queue("y"), answered, remove(), queued(4, 3, "y"), assistant(5, 4)],
      'u1 a2 u3 u4 a5 !"x"',
    ],
    [
      "typed prompts before news",
      [...turn, queue("<task-notification>n</task-notification>"), queue("x"), answered, remove(), assistant(4, 3)],
      'u1 a2 u3 "x" a4 !"<task-notification>n</task-notification>"',
    ],
    [
      "a slash command is not taken into a turn",
      [
        ...turn,
        queue("/x"),
        queue("y"),
        answered,
        remove(),
        assistant(4, 3),
        op("dequeue"),
        user(5, 4, "<command-name>/x</command-name>"),
      ],
      'u1 a2 u3 "y" a4 u5',
    ],
    [
      "what another process left is not what was taken",
      [
        ...turn,
        queue("x"),
        answered,
        assistant(4, 3),
        user(5, 4, "a new start"),
        queue("y"),
        remove(),
        assistant(6, 5),
      ],
      'u1 a2 u3 a4 u5 "y" a6 !"x"',
    ],
    [
      "a row that comes late",
      [...turn, queue("x"), op("dequeue"), queue("y"), answered, remove(), user(4, 3, "x"), assistant(5, 4)],
      'u1 a2 u3 "y" u4 a5',
    ],
    [
      "of a dequeue and a remove each takes its own",
      [...turn, queue("x"), op("dequeue"), queue("y"), answered, user(4, 3, "x"), remove(), assistant(5, 4)],
      'u1 a2 u3 u4 "y" a5',
    ],
  ])("is told from others: %s", async ([, rows, expected]) => {
    expect(await read(rows)).toBe(expected);
  });

  test.for<[string, Row[], string]>([
    [
      "what came in only after a dequeue did not go out by it",
      [user(1, null), op("dequeue"), queue("x"), user(2, 1, "typed"), assistant(3, 2)],
      'u1 u2 a3 !"x"',
    ],
    [
      "what went out, and has no row, was lost",
      [...turn, answered, queue("x"), queue("<task-notification>n</task-notification>"), op("dequeue"), op("dequeue")],
      'u1 a2 u3 !"x" !"<task-notification>n</task-notification>"',
    ],
    [
      "although something was taken into the turn behind it",
      [...turn, queue("x"), op("dequeue"), queue("y"), answered, remove("y"), remove(), assistant(4, 3)],
      'u1 a2 u3 "y" a4 !"x"',
    ],
    ["but for a command, which may have none", [...turn, answered, queue("/x"), op("dequeue")], "u1 a2 u3"],
    [
      "the CLI writes it for itself",
      [user(1, null), queue("x"), op("dequeue"), user(2, 1, "x", { isMeta: true }), assistant(3, 2)],
      "u1 a3",
    ],
    [
      "and not for another",
      [user(1, null), queue("x"), op("dequeue"), user(2, 1, "y", { isMeta: true }), assistant(3, 2)],
      'u1 a3 !"x"',
    ],
  ])("is not lost without a word: %s", async ([, rows, expected]) => {
    expect(await read(rows)).toBe(expected);
  });

  test.for<[string, Row[], string]>([
    [
      "not between a call and its result",
      [...turn, queue("x"), remove("x"), answered, assistant(4, 3)],
      'u1 a2 u3 "x" a4',
    ],
    [
      "not between parallel calls",
      [
        user(1, null),
        call(2, 1, "A", "m"),
        remove("x"),
        call(3, 2, "B", "m"),
        result(4, 2, "A"),
        result(5, 3, "B"),
        assistant(6, 5),
      ],
      'u1 a2 a3 u4 u5 "x" a6',
    ],
    ["several in their order", [...turn, answered, remove("x"), remove("y"), assistant(4, 3)], 'u1 a2 u3 "x" "y" a4'],
    ["between a prompt and its answer", [user(1, null), remove("x"), assistant(2, 1)], 'u1 "x" a2'],
    ["between two answers", [user(1, null), assistant(2, 1), remove("x"), assistant(3, 2)], 'u1 a2 "x" a3'],
    [
      "after a subagent's rows",
      [user(1, null), assistant(2, 1), user(8, 2, "side", { isSidechain: true }), remove("x"), user(3, 2)],
      'u1 a2 "x" u3',
    ],
    [
      "after copies of old rows",
      [user(1, null), assistant(2, 1), user(3, 2), user(1, null), remove("x"), assistant(4, 3)],
      'u1 a2 u3 "x" a4',
    ],
  ])("stands in its place: %s", async ([, rows, expected]) => {
    expect(await read(rows)).toBe(expected);
  });

  const branched = [...turn, answered, remove("x"), assistant(4, 3), user(5, 1, "anew"), remove("y"), assistant(6, 5)];
  const compacted = [...turn, answered, remove("x"), boundary(10, 3), summary(11, 10), remove("y"), assistant(12, 11)];

  test.for<[string, Row[], object, string]>([
    ["a branch that was left", branched, {}, 'u1 u5 "y" a6'],
    ["that branch", branched, { branches: "all" }, 'u1 u5 "y" a6 a2/1 u3/1 "x"/1 a4/1'],
    ["before a compaction", compacted, {}, 'u11 "y" a12'],
    ["the whole", compacted, { includeCompacted: true }, '~u1 ~a2 ~u3 ~"x" u11 "y" a12'],
    ["after a rewind that was written down", [...turn, answered, remove("x"), assistant(4, 3), rewind(1)], {}, "u1"],
    ["waiting, on whichever branch", [...turn, queue("x"), answered, user(5, 1, "anew")], {}, 'u1 u5 !"x"'],
    [
      "only what was delivered",
      [...turn, queue("x"), queue("y"), answered, remove("x")],
      { includeUndelivered: false },
      'u1 a2 u3 "x"',
    ],
  ])("belongs where it was said: %s", async ([, rows, options, expected]) => {
    expect(await read(rows, options)).toBe(expected);
  });
});

describe("a prompt in an attachment", () => {
  const next = [user(5, 4, "typed"), assistant(6, 5)];
  test.for<[string, Row[], object, string]>([
    [
      "a prompt follows",
      [...turn, answered, queued(4, 3, "x"), ...next],
      { includeCompacted: true },
      "u1 a2 u3 u4 u5 a6",
    ],
    ["as officially", [...turn, answered, queued(4, 3, "x"), ...next], {}, "u1 a2 u3 u5 a6"],
    [
      "in a row of its own too",
      [...turn, answered, queued(4, 3, "typed\n"), ...next],
      { includeCompacted: true },
      "u1 a2 u3 u5 a6",
    ],
    [
      "copies of it",
      [
        ...turn,
        answered,
        queued(4, 3, "x", { delivery_id: "d" }),
        queued(7, 4, "x", { delivery_id: "d" }),
        user(5, 7, "typed"),
      ],
      { includeCompacted: true },
      "u1 a2 u3 u7 u5",
    ],
    [
      "a copy that was delivered",
      [
        ...turn,
        answered,
        queued(4, 3, "x", { delivery_id: "d" }),
        user(5, 4, "typed"),
        queued(7, 5, "x", { delivery_id: "d" }),
        assistant(8, 7),
      ],
      { includeCompacted: true },
      "u1 a2 u3 u5 u7 a8",
    ],
    [
      "at the end of a branch",
      [...turn, answered, assistant(4, 3), queued(5, 4, "x"), user(6, 1)],
      { branches: "all" },
      "u1 u6 a2/1 u3/1 a4/1 u5/1",
    ],
    [
      "before a prompt on a branch",
      [...turn, answered, queued(4, 3, "x"), ...next, user(7, 1)],
      { includeCompacted: true, branches: "all" },
      "u1 u7 a2/1 u3/1 u4/1 u5/1 a6/1",
    ],
    [
      "beside a compaction",
      [...turn, answered, queued(4, 3, "x"), boundary(10, 3), summary(11, 10)],
      { includeCompacted: true, branches: "all" },
      "~u1 ~a2 ~u3 u11 u4/1",
    ],
  ])("is said once: %s", async ([, rows, options, expected]) => {
    expect(await read(rows, options)).toBe(expected);
  });

  test("is shown where it was typed, not as an abandoned branch, if it is next to a compaction", async () => {
    const dir = tempConfigDir();
    const rows = [...turn, answered, queued(4, 3, "typed beside"), boundary(10, 3), summary(11, 10), assistant(12, 11)];
    put(dir, `projects/-w/${ID}.jsonl`, jsonl(rows));
    const { show, updates, mcp } = await onEverySurface(dir, ID);
    expect(inOrder(show, ["u1", "typed beside", "compacted", "summary 11", "a12"])).toBe(true);
    expect(inOrder(JSON.stringify(updates), ["u1", "typed beside", "summary 11", "a12"])).toBe(true);
    expect(inOrder(mcp, ["u1", "typed beside", "a12"])).toBe(true);
    expect(show).not.toContain("rewind");
  });
});

test("has the same id at every reading while the file only grows, and another prompt has another id", async () => {
  const rows = [...turn, queue("x"), answered, queue("x")];
  const ids = async (all: readonly Row[]): Promise<unknown[]> => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${ID}.jsonl`, jsonl(all));
    const messages = await getSessionMessages(ID, { configDirs: [dir], includeUndelivered: true });
    return messages.filter(({ isQueuedCommand }) => isQueuedCommand === true).map((message) => message.uuid);
  };
  const before = await ids(rows);
  expect(new Set(before).size).toBe(2);
  for (const id of before) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(await ids([...rows, remove("x"), assistant(4, 3)])).toEqual(before);
});

test("takes one pass over the file, whatever their number", async () => {
  const kinds: readonly ((i: number) => Row[])[] = [
    () => [queue("x")],
    (i) => [queue(`x${i}`)],
    () => [remove("x")],
    () => [remove()],
    (i) => [queue(`x${i}`), remove()],
    () => [op("dequeue")],
    () => [op("popOne")],
    () => [op("popAll")],
    (i) => [queue(`/${i}`), op("dequeue"), queued(100_000 + i, 1, `x${i}`)],
    (i) => [queued(200_000 + i, 199_999 + i, "of another")],
    (i) => [remove("x"), user(100_000 + i, 1, i % 2 === 0 ? "x" : "y")],
    (i) => [remove("x", { reason: "cleared_on_cancel" }), user(100_000 + i, 1, "x")],
  ];
  const loads = async (n: number): Promise<number> => {
    const rows = Array.from({ length: n }, (_, i) => (kinds[i % kinds.length] ?? (() => []))(i)).flat();
    const all = kinds.flatMap((make) => Array.from({ length: n / 10 }, (_, i) => make(n + i)).flat());
    const dir = tempConfigDir();
    put(dir, `projects/-w/${ID}.jsonl`, jsonl([user(1, null), ...rows, ...all]));
    const file = await TranscriptFile.open(`${dir}/projects/-w/${ID}.jsonl`);
    let count = 0;
    const load = (row: number): Readonly<Record<string, unknown>> => {
      count++;
      return file.load(row);
    };
    findConversation(file.index, load, { fileSize: file.size, branches: "all", includeUndelivered: true });
    file.close();
    return count;
  };
  const few = await loads(1000);
  expect(await loads(4000)).toBeLessThan(4.1 * few);
});

test("is a message like any other in an open conversation", async () => {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(jsonl([...turn, queue("x"), answered, remove(), assistant(4, 3), queue("y")]));
  }
  const open = await openStream(bytes());
  expect(open.length).toBe(6);
  expect(open.facts(3)).toEqual({
    kind: "user",
    answers: false,
    message: -1,
    branch: 0,
    compacted: false,
    apart: undefined,
  });
  expect(open.facts(5)).toMatchObject({ kind: "user", apart: "undelivered" });
  const { message, entry } = open.entry(3);
  expect(message).toMatchObject({ type: "user", uuid: open.uuid(3), message: { role: "user", content: "x" } });
  expect(message.timestamp).toBe("2026-01-01T00:00:30.000Z");
  expect(entry).toMatchObject({ type: "queue-operation", operation: "enqueue" });
  expect(open.apart(3)).toMatchObject({ message: { type: "user", uuid: open.uuid(3) }, texts: [] });
  expect(JSON.parse(Buffer.from(open.bytes(3)).toString())).toEqual(queue("x"));
  expect(open.messageId(3)).toBeUndefined();
  expect(open.current()).toEqual([0, 1, 2, 3, 4]);
  open.close();
});

describe("a fork carries over", () => {
  /** What the source shows and what its fork does; the fork up to message number `upTo` of what the source shows. */
  async function forked(rows: readonly Row[], upTo?: number): Promise<[string, string]> {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${ID}.jsonl`, jsonl(rows));
    const all = { configDirs: [dir], includeUndelivered: true, includeCompacted: true, branches: "all" } as const;
    const source = await getSessionMessages(ID, all);
    const cut = upTo === undefined ? {} : { upToMessageId: source[upTo]?.uuid ?? "" };
    const { sessionId: fork } = await forkSession(ID, { configDirs: [dir], preserveMessageIds: true, ...cut });
    const copies = await getSessionMessages(fork, all);
    expect(new Set(copies.map((message) => message.uuid)).size).toBe(copies.length);
    return [told(source), told(copies)];
  }
  const branched = [
    ...turn,
    answered,
    remove("x"),
    assistant(4, 3),
    user(5, 1, "anew"),
    remove("y"),
    assistant(6, 5),
    queue("z"),
  ];
  const compacted = [...turn, answered, remove("x"), boundary(10, 3), summary(11, 10), remove("y"), assistant(12, 11)];
  const dropped = [
    ...turn,
    queue("x"),
    answered,
    remove("x", { reason: "cleared_on_cancel" }),
    queue("y"),
    queue("z"),
    op("dequeue", "y"),
    user(4, 3, "y"),
  ];

  test.for<[string, Row[]]>([
    ["what was delivered, and what waits", [...turn, queue("x"), answered, remove(), assistant(4, 3), queue("y")]],
    ["what stood between a call and its result", [...turn, queue("x"), remove("x"), answered, assistant(4, 3)]],
    ["what was said on a branch that was left", branched],
    ["what was said before a compaction", compacted],
    ["blocks", [...turn, queue([{ type: "text", text: "x" }]), answered, remove(), assistant(4, 3)]],
    ["what was dropped, once", dropped],
    ["what came before any message", [remove("x"), user(1, null)]],
  ])("%s", async ([, rows]) => {
    const [source, fork] = await forked(rows);
    expect(fork).toBe(source);
  });

  test.for<[string, Row[], number, string]>([
    ["a row of that branch", branched, 8, 'u1 a2 u3 "x" a4'],
    ["a row of the other branch", branched, 1, 'u1 u5 a2/1 u3/1 "x"/1 a4/1'],
    ["the row it stands after", [...turn, queue("x"), answered, remove(), assistant(4, 3)], 2, "u1 a2 u3"],
    ["the row that comes next", [...turn, queue("x"), answered, remove(), assistant(4, 3)], 4, 'u1 a2 u3 "x" a4'],
    ["itself", [...turn, queue("x"), answered, remove("x"), remove("y"), assistant(4, 3)], 3, 'u1 a2 u3 "x"'],
    [
      "one that came with it",
      [...turn, queue("x"), answered, remove("x"), remove("y"), assistant(4, 3)],
      4,
      'u1 a2 u3 "x" "y"',
    ],
    [
      "itself, at the call it came in at",
      [...turn, queue("x"), remove("x"), answered, assistant(4, 3)],
      3,
      'u1 a2 u3 "x"',
    ],
    ["that call", [...turn, queue("x"), remove("x"), answered, assistant(4, 3)], 1, "u1 a2"],
    ["one that waits", [...turn, answered, remove("x"), assistant(4, 3), queue("y")], 5, 'u1 a2 u3 "x" a4'],
    ["one before a compaction", compacted, 3, 'u1 a2 u3 "x"'],
  ])("what stands up to %s", async ([, rows, upTo, expected]) => {
    const [, fork] = await forked(rows, upTo);
    expect(fork).toBe(expected);
  });

  test("it again from a fork, with the origin of each fork", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${ID}.jsonl`, jsonl([...turn, queue("x"), answered, remove(), assistant(4, 3)]));
    const options = { configDirs: [dir] };
    const idOf = async (id: string): Promise<string> => (await getSessionMessages(id, options))[3]?.uuid ?? "";
    const { sessionId: first } = await forkSession(ID, options);
    const { sessionId: second } = await forkSession(first, options);
    const { sessionId: cut } = await forkSession(second, { ...options, upToMessageId: await idOf(second) });
    expect(await idInFork(cut, await idOf(ID), options)).toBe(await idOf(cut));
    expect((await getSessionMessages(cut, options)).map((message) => textOf(message)).at(-1)).toBe("x");
  });
});

test("of a subagent too, if its file has any", async () => {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, jsonl([user(1, null)]));
  const side = [user(1, null), assistant(2, 1), queue("x"), queue("y"), remove("x"), assistant(3, 2)];
  put(dir, `projects/-w/${ID}/subagents/agent-a.jsonl`, jsonl(side.map((row) => ({ ...row, isSidechain: true }))));
  const messages = await getSubagentMessages(ID, "a", { configDirs: [dir] });
  expect(messages.map((message) => textOf(message))).toEqual(["u1", "a2", "x", "a3"]);
});
