import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { forkSession, readToolResult } from "../../../src/index.ts";
import { requireSession } from "../../../src/store/projects/find-copies.ts";
import { outputChunks, outputText, type StoredOutput, ToolResults } from "../../../src/store/read/tool-results.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { assistant, jsonl, user } from "../../support/rows.ts";

const id = sessionId(1);
const own = `projects/-w/${id}/tool-results`;

function store(files: Readonly<Record<string, string>> = {}): string {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${id}.jsonl`, jsonl([user(1, null), assistant(2, 1)]));
  for (const [name, text] of Object.entries(files)) put(dir, name, text);
  return dir;
}

const find = (dir: string, name: string): StoredOutput | undefined =>
  new ToolResults(requireSession(id, { configDirs: [dir] })).find(name);

async function read(dir: string, name: string): Promise<string> {
  let text = "";
  for await (const piece of readToolResult(id, name, { configDirs: [dir] })) text += piece;
  return text;
}

describe("stored output", () => {
  test.for([
    "a.txt",
    "/home/eve/.claude/projects/-w/5e55/tool-results/a.txt",
    "C:\\Users\\Eve\\tool-results\\a.txt",
    "../../a.txt",
    "a.txt/",
  ])("is found by the last name of %j", async (name) => {
    const dir = store({ [`${own}/a.txt`]: "text" });
    expect(find(dir, name)).toEqual({ name: "a.txt", path: path.join(dir, own, "a.txt"), bytes: 4 });
    expect(await read(dir, name)).toBe("text");
  });

  test.for(["", ".", "..", "/", "b.txt", "a.txt\u0000", "sub", "sub/c.txt", `${"a".repeat(300)}.txt`])(
    "is not what %j leads to",
    async (name) => {
      const dir = store({ [`${own}/a.txt`]: "text", [`${own}/sub/c.txt`]: "c", [`projects/-w/${id}/b.txt`]: "b" });
      expect(find(dir, name)).toBeUndefined();
      await expect(read(dir, name)).rejects.toMatchObject({ code: "MessageNotFound" });
    },
  );

  test.skipIf(process.platform === "win32")("is never behind a link, nor what is no file", () => {
    const dir = store({ secret: "secret", "elsewhere/a.txt": "secret" });
    fs.mkdirSync(path.join(dir, own), { recursive: true });
    fs.symlinkSync(path.join(dir, "secret"), path.join(dir, own, "linked.txt"));
    fs.mkdirSync(path.join(dir, own, "dir.txt"));
    expect(find(dir, "linked.txt")).toBeUndefined();
    expect(find(dir, "dir.txt")).toBeUndefined();

    const linkedDir = store({ "elsewhere/a.txt": "secret" });
    fs.mkdirSync(path.join(linkedDir, "projects/-w", id));
    fs.symlinkSync(path.join(linkedDir, "elsewhere"), path.join(linkedDir, own));
    expect(find(linkedDir, "a.txt")).toBeUndefined();

    const linkedSidecars = store({ "elsewhere/tool-results/a.txt": "secret" });
    fs.symlinkSync(path.join(linkedSidecars, "elsewhere"), path.join(linkedSidecars, "projects/-w", id));
    expect(find(linkedSidecars, "a.txt")).toBeUndefined();
  });

  test("of another session is not read, whatever path is told", () => {
    const other = `projects/-w/${sessionId(2)}/tool-results/a.txt`;
    const dir = store({ [other]: "of another" });
    expect(find(dir, path.join(dir, other))).toBeUndefined();
  });

  test("of the session that this is a fork of is found, through forks of forks", async () => {
    const dir = store({ [`${own}/a.txt`]: "text" });
    const once = await forkSession(id, { configDirs: [dir] });
    const twice = await forkSession(once.sessionId, { configDirs: [dir] });
    const fork = new ToolResults(requireSession(twice.sessionId, { configDirs: [dir] }));
    expect(fork.find("/x/tool-results/a.txt")?.path).toBe(path.join(dir, own, "a.txt"));
    expect(fork.find("b.txt")).toBeUndefined();
  });

  test("beside another copy of the session is found", () => {
    const dir = store({ [`projects/-v/${id}/tool-results/b.txt`]: "b" });
    put(dir, `projects/-v/${id}.jsonl`, jsonl([user(1, null)]), { mtime: 1_700_000_000 });
    expect(find(dir, "b.txt")?.path).toBe(path.join(dir, `projects/-v/${id}/tool-results/b.txt`));
  });

  test("a fork of itself is no endless way", () => {
    const dir = tempConfigDir();
    const forkedFrom = { sessionId: id, messageUuid: "x" };
    put(dir, `projects/-w/${id}.jsonl`, jsonl([user(1, null, "x", { forkedFrom })]));
    expect(find(dir, "a.txt")).toBeUndefined();
  });
});

test.for([
  ["lines", "line é\n".repeat(50_000)],
  ["one long line", "é漢🗾x".repeat(60_000)],
  ["no text", ""],
] as const)("comes in chunks that part neither letters nor, where there are any, lines: %s", ([, text]) => {
  const dir = store({ [`${own}/a.txt`]: text });
  const file = find(dir, "a.txt") as StoredOutput;
  const chunks = [...outputChunks(file)];
  expect(chunks.map((chunk) => chunk.text).join("")).toBe(text);
  expect(chunks.every((chunk) => chunk.to - chunk.from <= 128 * 1024)).toBe(true);
  expect(chunks.map((chunk) => outputText(file, chunk.from, chunk.to)).join("")).toBe(text);
  const whole = chunks.slice(0, -1).filter((chunk) => text.includes("\n") && !chunk.text.endsWith("\n"));
  expect(whole).toEqual([]);
});

test("bytes that are no text are replaced, and lose nothing beside them", async () => {
  const dir = store();
  const bytes = Buffer.concat([Buffer.alloc(200_000, 0x80), Buffer.from("end"), Buffer.from([0xf0, 0x9f])]);
  put(dir, `${own}/a.txt`, bytes);
  expect((await read(dir, "a.txt")).endsWith("end\ufffd")).toBe(true);
});

test("reading ends when it is given up", async () => {
  const dir = store({ [`${own}/a.txt`]: "line\n".repeat(100_000) });
  const signal = AbortSignal.abort(new Error("enough"));
  const pieces = readToolResult(id, "a.txt", { configDirs: [dir], signal });
  await expect(async () => {
    for await (const _piece of pieces);
  }).rejects.toThrow("enough");
});
