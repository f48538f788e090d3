import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repairSession } from "../../src/index.ts";
import { timing } from "../../src/store/timing.ts";
import { sessionId } from "../support/config-dir.ts";
import { assistant, call, jsonl, result, type Row, user } from "../support/rows.ts";
import { ask, type Block, isCliExpected, type ModelRequest, newDir, requireCli } from "./cli.ts";
import { saidIn } from "./conversation.ts";

const NEXT = "What now?";
const LOST = "… [the rest was lost]";
const NOT_RECORDED = "[The result of this tool call was not recorded]";
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** As the CLI writes a row: what is said comes before the uuid. */
const written = (row: Row): Row => {
  const { message, uuid, timestamp, ...rest } = row;
  return { ...rest, message, uuid, timestamp };
};
const all = [user(1, null, "one"), assistant(2, 1, "two"), user(3, 2, "three words"), assistant(4, 3, "four")].map(
  written,
);
const text = jsonl(all);
const said = ["user: one", "assistant: two", "user: three words", "assistant: four"];
const withThird = (words: string): string[] => said.with(2, `user: ${words}`);
const third = (content: unknown): string => jsonl(all.with(2, written(user(3, 2, content))));
const cut = (at: string): string => text.slice(0, text.indexOf(at) + at.length);
const afterCut = text.slice(text.indexOf("\n", text.indexOf("three")) + 1);
const image = (data: string): Row => ({ type: "image", source: { type: "base64", media_type: "image/png", data } });
const calling = [user(1, null, "one"), call(2, 1, "t"), user(3, 2, "three words"), assistant(4, 3, "four")];

/** What the CLI loses, does not resume, or sends although the API refuses it; and what it sends once that is repaired. */
const kinds: Readonly<Record<string, readonly [transcript: string, said: readonly string[]]>> = {
  "a prompt that was cut": [cut("three"), [...said.slice(0, 2), `user: three${LOST}`]],
  "a prompt that was cut, and the answer to it": [`${cut("three")}\n${afterCut}`, withThird(`three${LOST}`)],
  "a prompt that was cut, glued to the next row": [`${cut("three")}${afterCut}`, withThird(`three${LOST}`)],
  "two rows on one line": [text.replace(/\n(?=.*four)/, ""), said],
  "NULs before a row": [text.replace(/\n(?=.*three)/, `\n${"\0".repeat(5000)}`), said],
  "NULs in a row": [text.replace("three", "thr\0\0ee"), withThird("thr\ufffdee words")],
  "a raw control character": [text.replace("three", "thr\u0001ee"), withThird("thr\u0001ee words")],
  "an unknown escape": [text.replace("three", "thr\\xee"), withThird("thr\\xee words")],
  "two prompts with one uuid": [
    jsonl([...all.slice(0, 2), written(user(1, 2, "three words")), written(assistant(4, 1, "four"))]),
    said,
  ],
  "a result without its call": [
    third([{ type: "tool_result", tool_use_id: "t", content: "three words" }]),
    withThird("[Result of a tool call that is not in this transcript]\nthree words"),
  ],
  "a call without its result": [
    jsonl(calling.map(written)),
    ["user: one", "call t: {}", `result t: ${JSON.stringify(NOT_RECORDED)}`, ...said.slice(2)],
  ],
  "an empty prompt": [third(""), withThird("(no content)")],
  "an empty error": [
    jsonl([...calling.slice(0, 2), result(3, 2, "t", {}), assistant(4, 3, "four")].map(written)).replace(
      '"content":"ok"',
      '"content":"","is_error":true',
    ),
    ["user: one", "call t: {}", 'result t: "(no content)"', "assistant: four"],
  ],
  "an image that is not base64": [
    third([image("no base64")]),
    withThird("[Taken out by claude-transcripts: this image is not whole base64]"),
  ],
  "an image that is too large": [
    third([image("A".repeat(6_000_000))]),
    withThird("[Taken out by claude-transcripts: this image has 6000000 bytes of base64, more than the API's 5242880]"),
  ],
  "an image of another type": [
    third([{ ...image(PIXEL), source: { type: "base64", media_type: "image/jpeg", data: PIXEL } }]),
    [...said.slice(0, 2), "user: image", "assistant: four"],
  ],
};

/** What the CLI copes with, but older ones, the API or other readers do not (measured with 2.1.329); it sends no less of it. */
const coped: Readonly<Record<string, readonly [transcript: string | Buffer, said: readonly string[]]>> = {
  "a byte order mark": [`\ufeff${text}`, said],
  "no final newline": [text.trimEnd(), said],
  "half of a surrogate pair": [text.replace("three", "thr\\ud83dee"), withThird("thr\ufffdee words")],
  "bytes that are not UTF-8": [
    Buffer.from(text.replace("three", "thr\u00ffee"), "latin1"),
    withThird("thr\ufffdee words"),
  ],
  "bytes that are no row": [text.replace(/\n(?=.*four)/, "\nsome words\n"), said],
  "a parent that is not there": [jsonl(all.with(2, written(user(3, 99, "three words")))), said],
  "a row that is its own parent": [jsonl(all.with(2, written(user(3, 3, "three words")))), said],
  "links in a circle": [jsonl(all.with(0, written(user(1, 4, "one")))), said],
};

describe.runIf(isCliExpected)("the real Claude Code CLI, in sessions that were damaged and repaired", () => {
  let root = "";
  beforeAll(() => {
    requireCli();
    timing.quietMs = 0;
    root = newDir("repair");
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
  let count = 0;

  /** What it sends of a transcript, before or after its repair; undefined if it does not resume it. */
  async function sent(transcript: string | Buffer, repairs: boolean): Promise<ModelRequest | undefined> {
    const id = sessionId(++count);
    const config = path.join(root, `config-${count}`);
    const dir = path.join(config, "projects", "-w");
    fs.mkdirSync(dir, { recursive: true });
    fs.writeFileSync(path.join(dir, `${id}.jsonl`), transcript);
    if (repairs && (await repairSession(id, { configDirs: [config] })).changes === 0) throw new Error("not repaired");
    return ask(config, root, NEXT, "--resume", id).catch(() => undefined);
  }
  const saidOf = (request: ModelRequest | undefined): string[] =>
    request === undefined
      ? []
      : saidIn(request.messages).filter((one) => !/No response requested|What now\?/.test(one));

  test.for(Object.entries(kinds))("sends all of it that can be read: %s", async ([, [transcript, expected]]) => {
    const before = await sent(transcript, false);
    const isWrong = before === undefined || refusals(before).length > 0 || saidOf(before).join() !== expected.join();
    expect(isWrong, "something is wrong before").toBe(true);
    const after = await sent(transcript, true);
    expect(saidOf(after)).toEqual(expected);
    expect(after && refusals(after)).toEqual([]);
  });

  test.for(Object.entries(coped))("sends all of it, as without a repair: %s", async ([, [transcript, expected]]) => {
    expect(saidOf(await sent(transcript, true))).toEqual(expected);
  });
});

/** What the API would refuse in a request. */
function refusals({ messages }: ModelRequest): string[] {
  const blocks: Block[] = messages.flatMap(({ content }) =>
    typeof content === "string" ? [{ type: "text", text: content }] : content,
  );
  const inside = blocks.flatMap(({ content }) => (Array.isArray(content) ? (content as Block[]) : []));
  const ids = (type: string, key: string): unknown[] =>
    blocks.filter((one) => one.type === type).map((one) => one[key]);
  const [calls, results] = [ids("tool_use", "id"), ids("tool_result", "tool_use_id")];
  return [...blocks, ...inside].flatMap((block) => {
    const source = block["source"] as { data?: string; media_type?: string } | undefined;
    if (block.type === "text" && block.text?.trim() === "") return ["empty text"];
    if (block.type === "tool_result" && block["is_error"] === true && block["content"] === "") return ["empty error"];
    if (block.type === "tool_use" && !results.includes(block["id"])) return ["call without result"];
    if (block.type === "tool_result" && !calls.includes(block["tool_use_id"])) return ["result without call"];
    if (block.type !== "image" || source?.data === undefined) return [];
    const isPng = source.data.startsWith("iVBORw0KGgo") && source.media_type === "image/png";
    return isPng && source.data.length < 5_000_000 ? [] : ["image"];
  });
}
