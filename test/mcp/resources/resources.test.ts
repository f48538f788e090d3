import { describe, expect, test } from "vitest";
import { prompts } from "../../../src/mcp/prompts/prompts.ts";
import { resources } from "../../../src/mcp/resources/resources.ts";
import type { Context } from "../../../src/mcp/core/context.ts";
import { openStore } from "../../../src/open/open-store.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { quietContext } from "../../support/mcp-store.ts";

const contextOf = (dir: string): Context =>
  quietContext({
    store: openStore([dir]),
    options: {
      projectDir: undefined,
      cwd: dir,
      sessionId: undefined,
      startedByClient: false,
      includeProgrammatic: true,
    },
  });
const uriOf = (n: number): string => `claude-transcripts://session/${sessionId(n)}`;
const read = (uri: string, dir: string) => resources.read(uri, contextOf(dir));

describe("the list", () => {
  test("gives 50 at a time, each session once, most recently active first", async () => {
    const dir = tempConfigDir();
    for (let n = 0; n < 120; n++) {
      const rows = conversation(sessionId(n), `question ${n}`).replace(/"2026-01-01T[^"]*"/, `"${at(n)}"`);
      put(dir, `projects/-w/${sessionId(n)}.jsonl`, rows);
    }
    const uris: string[] = [];
    const pages: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await resources.list(cursor, contextOf(dir));
      pages.push(page.resources.length);
      uris.push(...page.resources.map((one) => one.uri));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(pages).toEqual([50, 50, 20]);
    expect(uris).toEqual(Array.from({ length: 120 }, (_, i) => uriOf(119 - i)));
  });

  const at = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();

  test.for(["x", "", "../x"])("a cursor %j of nobody is refused", async (cursor) => {
    await expect(resources.list(cursor, contextOf(tempConfigDir()))).rejects.toThrow(/cursor/);
  });
});

describe("stored rows", () => {
  const LONG = 700_000;

  test("pages together are the file; a row that is longer than a page comes in pieces", async () => {
    const dir = tempConfigDir();
    const id = sessionId(1);
    const rows =
      conversation(id, "x".repeat(1000), "short", "🗾é…".repeat(LONG / 4), "after") +
      conversation(id, ...Array.from({ length: 400 }, (_, i) => `text ${i} ${"y".repeat(i * 5)}`));
    put(dir, `projects/-w/${id}.jsonl`, rows);
    const texts: string[] = [];
    let uri: string | undefined = `${uriOf(1)}/raw`;
    while (uri !== undefined) {
      const [page, more]: readonly { uri: string; text?: string }[] = (await read(uri, dir)) ?? [];
      expect(Buffer.byteLength(page?.text ?? "")).toBeLessThanOrEqual(256 * 1024);
      texts.push(page?.text ?? "");
      uri = more?.uri;
    }
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.join("")).toBe(rows);
  });

  test("say what would be obeyed as escapes, which mean the same", async () => {
    const dir = tempConfigDir();
    const id = sessionId(1);
    const hostile = "\u001b[31m\u009b2J\u202eevil\u{e0041}\u2066";
    const rows = conversation(id, hostile, "fine");
    put(dir, `projects/-w/${id}.jsonl`, rows);
    const [page] = (await read(`${uriOf(1)}/raw`, dir)) ?? [];
    expect(page?.text).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u);
    const parse = (text: string): unknown[] =>
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
    expect(parse(page?.text ?? "")).toEqual(parse(rows));
  });

  test.for(["x", "-1", "1.5", "1e3"])("cursor %s leads nowhere", async (cursor) => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), "a"));
    expect(await read(`${uriOf(1)}/raw?cursor=${cursor}`, dir)).toBeUndefined();
  });
});

describe("conversations", () => {
  test("messages are JSON, by pages that their cursors lead through", async () => {
    const dir = tempConfigDir();
    const said = Array.from({ length: 60 }, (_, i) => `message ${i} ${"word ".repeat(400)}`);
    put(dir, `projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), ...said));
    const numbers: number[] = [];
    let pages = 0;
    let next: string | undefined;
    do {
      const [page] = (await read(`${uriOf(1)}/messages${next === undefined ? "" : `?cursor=${next}`}`, dir)) ?? [];
      const body = JSON.parse(page?.text ?? "") as { next?: string; messages: { number: number }[] };
      numbers.push(...body.messages.map(({ number }) => number));
      next = body.next;
      pages++;
    } while (next !== undefined);
    expect(pages).toBeGreaterThan(2);
    expect(numbers).toEqual(said.map((_, i) => i + 1));
  });

  test.for([
    `claude-transcripts://session/${sessionId(9)}`,
    `${uriOf(1)}/subagent/none`,
    "claude-transcripts://project/-other",
    "claude-transcripts://session/..",
  ])("there is no %s", async (uri) => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), "a"));
    expect(await read(uri, dir)).toBeUndefined();
  });

  test("refuses a prefix that several ids share", async () => {
    const dir = tempConfigDir();
    for (const n of [1, 2]) put(dir, `projects/-w/${sessionId(n)}.jsonl`, conversation(sessionId(n), "a"));
    await expect(read("claude-transcripts://session/0aaaaaaa", dir)).rejects.toThrow(/2 ids begin with/);
  });
});

describe("prompts", () => {
  const get = async (name: string, values: Record<string, string>, dir: string): Promise<string[]> => {
    const messages = (await prompts.find((one) => one.name === name)?.get(values, contextOf(dir))) ?? [];
    return messages.map(({ content }) => (content.type === "text" ? content.text : ""));
  };
  const long = Array.from({ length: 300 }, (_, i) => `message ${i}. ${"Some words of no matter. ".repeat(20)}`);

  test("a short session is recapped whole; a long one by its beginning and its end, within bounds", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), "the question", "the answer"));
    put(dir, `projects/-w/${sessionId(2)}.jsonl`, conversation(sessionId(2), ...long));
    const short = await get("recap", { session: sessionId(1) }, dir);
    expect(short).toHaveLength(2);
    expect(short[1]).toContain("the answer");
    const [ask, begin, end] = await get("recap", { session: sessionId(2) }, dir);
    expect(ask).toContain("Its beginning and its end");
    expect(begin).toContain("message 0.");
    expect(end).toContain("message 299.");
    expect(`${begin}${end}`).not.toContain("message 150.");
    expect(`${begin}${end}`.length).toBeLessThan(11_000 * 6);
  });

  test("to continue, the end is brought along", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${sessionId(2)}.jsonl`, conversation(sessionId(2), ...long));
    const [, page] = await get("continue-from", { session: sessionId(2).slice(0, 4) }, dir);
    expect(page).toContain("message 299.");
    expect(page).not.toContain("message 5.");
  });

  test("separates today's sessions from yesterday's", async () => {
    const dir = tempConfigDir();
    const now = new Date();
    const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate(), 0, 0, -1);
    for (const [n, text, time] of [
      [1, "of today", now],
      [2, "of yesterday", yesterday],
      [3, "of long ago", new Date(2026, 0, 1)],
    ] as const) {
      const rows = conversation(sessionId(n), text).replace(/"2026-01-01T[^"]*"/, JSON.stringify(time.toISOString()));
      put(dir, `projects/-w/${sessionId(n)}.jsonl`, rows, { mtime: time.getTime() / 1000 });
    }
    const sessions = async (period: string): Promise<string[]> =>
      [...((await get("what-did-i-do", { period }, dir))[1] ?? "").matchAll(/of (?:today|yesterday|long ago)/g)].map(
        ([found]) => found,
      );
    expect(await sessions("today")).toEqual(["of today"]);
    expect(await sessions("yesterday")).toEqual(["of yesterday"]);
    expect(await sessions("2w")).toEqual(["of today", "of yesterday"]);
    await expect(sessions("some day")).rejects.toThrow(/not a time/);
  });
});
