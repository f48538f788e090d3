import path from "node:path";
import { describe, expect, test } from "vitest";
import { ToolResults } from "../../src/store/read/tool-results.ts";
import { requireSession } from "../../src/store/projects/find-copies.ts";
import { beginningOf, readSpilled, spilledWords, textOfBlocks, wholeText } from "../../src/view/spilled.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { jsonl, user } from "../support/rows.ts";

type Json = Readonly<Record<string, unknown>>;

const DIR = "/home/eve/.claude/projects/-w/5e55/tool-results";
const element = (words: string, preview: string, after = ""): string =>
  `<persisted-output>\n${words}\n\n${preview}\n</persisted-output>${after}`;
const saved = (name: string): string => `Output too large (1KB). Full output saved to: ${name}`;

/** A text and the row's record; what is shown of it in the absence of its file, and the file's name. */
const forms: readonly [
  name: string,
  text: string,
  structured: Json,
  shown: string,
  file: string | undefined,
  words: string | undefined,
][] = [
  [
    "a preview",
    element(saved(`${DIR}/b1.txt`), "Preview (first 2KB):\nline 1\nline 2\n..."),
    {},
    "line 1\nline 2",
    "b1.txt",
    "the whole output, 1.0 kB, is not in this store",
  ],
  [
    "a preview that is all there is",
    element(saved(`${DIR}/b1.json`), "Preview (first 2KB):\nline 1"),
    {},
    "line 1",
    "b1.json",
    "the whole output, 1.0 kB, is not in this store",
  ],
  [
    "what was written to stderr behind it",
    element(saved(`${DIR}/b1.txt`), "Preview (first 2KB):\nline 1\n...", "\nan error"),
    {},
    "line 1\nan error",
    "b1.txt",
    "the whole output, 1.0 kB, is not in this store",
  ],
  [
    "a path of Windows",
    element(saved("C:\\Users\\Eve\\.claude\\projects\\-w\\5e55\\tool-results\\b1.txt"), "Preview (first 2KB):\nx\n..."),
    {},
    "x",
    "b1.txt",
    "the whole output, 1.0 kB, is not in this store",
  ],
  [
    "the size that the row records",
    element(saved(`${DIR}/b1.txt`), "Preview (first 2KB):\nx\n..."),
    { persistedOutputPath: `${DIR}/b1.txt`, persistedOutputSize: 1_234_567 },
    "x",
    "b1.txt",
    "the whole output, 1.2 MB, is not in this store",
  ],
  [
    "more of it in the row's record",
    element(saved(`${DIR}/b1.txt`), "Preview (first 2KB):\nline 1\n..."),
    { stdout: "line 1\nline 2\nline 3", stderr: "" },
    "line 1\nline 2\nline 3",
    "b1.txt",
    "the whole output, 1.0 kB, is not in this store",
  ],
  [
    "another text in the row's record",
    element(saved(`${DIR}/b1.txt`), "Preview (first 2KB):\nline 1\n..."),
    { content: "something else, and longer than that" },
    "line 1",
    "b1.txt",
    "the whole output, 1.0 kB, is not in this store",
  ],
  [
    "only the beginning saved",
    element(
      `Output exceeded the 64MB persist limit; only the first 64MB were saved to: ${DIR}/b1.txt`,
      "Preview (start and end):\nfirst\n[… 70MB omitted …]\nlast",
    ),
    {},
    "first\n[… 70MB omitted …]\nlast",
    "b1.txt",
    "the whole output is not in this store",
  ],
  [
    "words for the model before it",
    element(
      `The output below may include Artifact content.\n${saved(`${DIR}/b1.txt`)}`,
      "Preview (first 2KB):\nx\n...",
    ),
    {},
    "x",
    "b1.txt",
    "the whole output, 1.0 kB, is not in this store",
  ],
  [
    "nothing saved",
    "<truncated-output>\nOutput too large (80KB). It could not be saved, so only the first 3 bytes are shown.\n\nabc\n</truncated-output>",
    {},
    "abc",
    undefined,
    "the whole output, 82 kB, was not kept",
  ],
  [
    "a long part of it, and the rest saved",
    `<truncated-output>\nThis result is long (90KB). Only the first 3 bytes is below. The whole result is saved at ${DIR}/toolu_1.txt. Read it in parts with offset and limit.\n\nabc\n</truncated-output>`,
    {},
    "abc",
    "toolu_1.txt",
    "the whole output, 92 kB, is not in this store",
  ],
  [
    "too many tokens",
    `Error: result (117,231 characters across 3 lines) exceeds maximum allowed tokens. Output has been saved to ${DIR}/mcp-a-b-1.txt.\nFormat: Plain text\nUse offset and limit.`,
    {},
    "Error: result (117,231 characters across 3 lines) exceeds maximum allowed tokens.",
    "mcp-a-b-1.txt",
    "the whole output is not in this store",
  ],
  [
    "a last line",
    `one\ntwo\nOutput truncated (52KB total). Full output saved to: ${DIR}/b1.txt`,
    {},
    `one\ntwo\nOutput truncated (52KB total). Full output saved to: ${DIR}/b1.txt`,
    "b1.txt",
    "the whole output, 53 kB, is not in this store",
  ],
  [
    "the row's record alone",
    "one\ntwo",
    { persistedOutputPath: `${DIR}/b1.txt`, persistedOutputSize: 2000 },
    "one\ntwo",
    "b1.txt",
    "the whole output, 2.0 kB, is not in this store",
  ],
  [
    "an element of another form",
    "<persisted-output>\nSomething new.\n</persisted-output>",
    {},
    "Something new.",
    undefined,
    undefined,
  ],
  ["one that does not end", "<persisted-output>\ncut off he", {}, "cut off he", undefined, undefined],
];

describe("output that was too long for its row", () => {
  test.for(forms)("%s", ([, text, structured, shown, file, words]) => {
    const asked: string[] = [];
    const find = (name: string): undefined => void asked.push(name);
    const read = readSpilled(text, structured, find);
    expect(read?.text).toBe(shown);
    expect(read?.spilled?.name).toBe(file);
    expect(asked).toHaveLength(file === undefined ? 0 : 1);
    expect(read?.spilled && spilledWords(read.spilled, "--full")).toBe(words);
  });

  test.for<[string, string]>([
    ["ordinary output", "line 1\nline 2"],
    ["nothing", ""],
    ["talk of it", "It says <persisted-output> and Output too large (1KB). Full output saved to: /x/y.txt there."],
    ["a line in the middle", "Output truncated (1KB total). Full output saved to: /x/y.txt\nand more"],
    ["an error of another kind", "Error: result (x) is wrong. Output has been saved to /x/y.txt."],
    ["an old limit", "Error: result exceeds maximum allowed tokens (25000)."],
  ])("not %s", ([, text]) => {
    expect(readSpilled(text, {}, undefined)).toBeUndefined();
  });

  test("takes linear time in a long text", () => {
    const lines = "Output truncated (1KB total). Full output saved to: /x/y.txt\n".repeat(20_000);
    expect(readSpilled(`${lines}the end`, {}, undefined)).toBeUndefined();
    const inner = element(saved("/x/y.txt"), "Preview (first 2KB):\n".repeat(20_000));
    expect(readSpilled(inner, {}, undefined)?.text.length).toBeLessThan(inner.length);
  });
});

describe("all of it", () => {
  function stored(text: string) {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${sessionId(1)}.jsonl`, jsonl([user(1, null)]));
    put(dir, path.posix.join("projects/-w", sessionId(1), "tool-results/a.txt"), text);
    const file = new ToolResults(requireSession(sessionId(1), { configDirs: [dir] })).find("a.txt");
    if (file === undefined) throw new Error("it is not found");
    return file;
  }

  test.for([
    ["a list of text blocks", '[{"type":"text","text":"a"},{"type":"text","text":"b\\n"}]', "a\nb\n"],
    ["the same over several lines", '[\n  {\n    "type": "text",\n    "text": "a"\n  }\n]', "a"],
    ["a list of other blocks", '[{"type":"image","source":{}}]', undefined],
    ["a list of something else", '[{"text":"a"}]', undefined],
    ["a list that was cut", '[{"type":"text","text":"a"', undefined],
    ["no list", '{"type":"text","text":"a"}', undefined],
    ["nothing", "", undefined],
  ] as const)("%s", ([, text, blocks]) => {
    const file = stored(text);
    expect(textOfBlocks(file)).toBe(blocks);
    expect([...wholeText(file)].join("")).toBe(blocks ?? text);
  });

  test("its beginning splits no character, and says how much follows", () => {
    const file = stored("é".repeat(100));
    expect(beginningOf(file, 21)).toEqual({ text: "é".repeat(10), more: 179 });
    expect(beginningOf(file, 200)).toEqual({ text: "é".repeat(100), more: 0 });
  });
});
