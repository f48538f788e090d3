import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { deleteSession, takeSnapshot } from "../../../src/index.ts";
import { type LostOptions, type LostPrompts, lostPrompts } from "../../../src/store/retention/prompt-history.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

const [THERE, TRASHED, COPIED, GONE, EMPTY] = [1, 2, 3, 4, 5].map(sessionId) as [
  string,
  string,
  string,
  string,
  string,
];

const row = (id: string | undefined, display: string, timestamp: unknown, more: object = {}): string =>
  JSON.stringify({ display, pastedContents: {}, timestamp, project: "/w/acme", sessionId: id, ...more });

/** A store with one session of each fate, each with a prompt in the history. */
async function store(...rows: string[]): Promise<string> {
  const dir = tempConfigDir();
  for (const id of [THERE, TRASHED, COPIED]) put(dir, `projects/-w/${id}.jsonl`, conversation(id, "hi"));
  put(dir, `projects/-w/${EMPTY}.jsonl`, "");
  await takeSnapshot({
    configDir: dir,
    to: path.join(dir, "claude-transcripts/snapshot"),
    sessionIds: new Set([COPIED]),
  });
  fs.rmSync(path.join(dir, `projects/-w/${COPIED}.jsonl`));
  await deleteSession(TRASHED, { configDirs: [dir] });
  put(dir, "history.jsonl", `${rows.join("\n")}\n`);
  return dir;
}

const textsOf = ({ sessions }: LostPrompts): [string, string[]][] =>
  sessions.map(({ sessionId: id, prompts }) => [id, Array.from(prompts(), ({ text }) => text)]);
const lost = (dir: string, options: LostOptions = {}): Promise<LostPrompts> =>
  lostPrompts({ configDirs: [dir], ...options });

test("only prompts of sessions that are nowhere are lost, an empty file being none", async () => {
  const all = [THERE, TRASHED, COPIED, GONE, EMPTY].map((id, n) => row(id, `of ${n}`, 1000 + n));
  const dir = await store(
    ...all,
    row(GONE.toUpperCase(), "again", 900),
    row(undefined, "old", 1),
    row("x", "other", 2),
  );
  const before = fs.readFileSync(path.join(dir, "history.jsonl"));
  const found = await lost(dir);
  expect(textsOf(found)).toEqual([
    [EMPTY, ["of 4"]],
    [GONE, ["of 3", "again"]],
  ]);
  expect(found.sessions[1]).toMatchObject({ configDir: dir, project: "/w/acme", from: 900, to: 1003, count: 2 });
  expect(found).toMatchObject({ unnamed: 2, unread: 0 });
  expect(fs.readFileSync(path.join(dir, "history.jsonl"))).toEqual(before);
});

test("pasted texts stand in their place, as far as they are kept", async () => {
  const pastedContents = {
    1: { id: 1, type: "text", content: "$& two\nlines" },
    2: { id: 2, type: "text", contentHash: "0123456789abcdef" },
    3: { id: 3, type: "text", contentHash: "../../settings" },
  };
  const display =
    "a [Pasted text #1 +1 lines] b [Pasted text #2] c [Pasted text #3 +9 lines] d [Pasted text #4] [Image #1]";
  const dir = await store(row(GONE, display, 1, { pastedContents }));
  put(dir, "paste-cache/0123456789abcdef.txt", "kept");
  expect(textsOf(await lost(dir))).toEqual([
    [GONE, ["a $& two\nlines b kept c [Pasted text #3 +9 lines] d [Pasted text #4] [Image #1]"]],
  ]);
});

test("what is no row is counted, and odd values are unknown", async () => {
  const rows = [
    "garbage",
    '{"display":"cut',
    "[]",
    "",
    row(GONE, "now", "soon", { project: 7 }),
    row(GONE, "", 1e300, { project: [] }),
  ];
  const { sessions, unread } = await lost(await store(...rows));
  expect(unread).toBe(3);
  expect(sessions).toMatchObject([{ project: undefined, from: undefined, to: undefined, count: 2 }]);
  expect(Array.from(sessions[0]?.prompts() ?? [], ({ timestamp, text }) => [timestamp, text])).toEqual([
    [undefined, "now"],
    [undefined, ""],
  ]);
});

test("a condition leaves prompts out, and a missing history has none", async () => {
  const dir = await store(row(GONE, "one", 1), row(GONE, "two", 2), row(EMPTY, "three", 3));
  const accepts = ({ timestamp = 0 }): boolean => timestamp === 2;
  expect(textsOf(await lost(dir, { accepts }))).toEqual([[GONE, ["two"]]]);
  fs.rmSync(path.join(dir, "history.jsonl"));
  expect(await lost(dir)).toEqual({ sessions: [], unnamed: 0, unread: 0 });
});

test("a pasted text that a prompt names thousands of times is named as far as there is no room for it", async () => {
  const content = "z".repeat(1024 * 1024);
  const dir = await store(
    row(GONE, "[Pasted text #1]".repeat(70), 1, { pastedContents: { 1: { content } } }),
    row(GONE, "next", 2),
  );
  const [long, next] = [...((await lost(dir)).sessions[0]?.prompts() ?? [])];
  expect(long?.left).toBe(7);
  expect(long?.text.length).toBeLessThanOrEqual(64 * 1024 * 1024);
  expect(long?.text.endsWith("z[Pasted text #1][Pasted text #1][Pasted text #1]")).toBe(false);
  expect(long?.text.endsWith("[Pasted text #1]".repeat(7))).toBe(true);
  expect(next).toEqual({ timestamp: 2, text: "next", left: 0 });
});
