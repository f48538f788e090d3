import { describe, expect, test } from "vitest";
import {
  assistant,
  attachment,
  boundary,
  call,
  jsonl,
  progress,
  result,
  type Row,
  user,
  uuid,
} from "../../support/rows.ts";
import { repaired, rowsIn } from "../../support/repaired.ts";

const line = (row: Row): string => JSON.stringify(row);
const rows = [user(1, null, "one"), assistant(2, 1, "two"), user(3, 2, "three"), assistant(4, 3, "four")];
const [one, two, three, four] = rows.map(line) as [string, string, string, string];
/** The row up to a word of it. */
const cut = (row: string, word: string): string => row.slice(0, row.indexOf(word) + word.length);
/** As Claude Code writes it: what is said comes before the uuid. */
const written = (row: Row): string => {
  const { message, uuid: id, ...rest } = row;
  return line({ ...rest, message, uuid: id });
};

/** `u1<- a2<1 …`: kind and number of each row, and the number of its parent. */
const links = (bytes: Buffer): string =>
  rowsIn(bytes)
    .map(({ type, uuid: id, parentUuid: parent }) => {
      const number = (value: unknown): string =>
        typeof value === "string" ? String(parseInt(value.slice(-12), 16)) : "-";
      return `${String(type)[0]}${number(id)}<${number(parent)}`;
    })
    .join(" ");
const textOf = (row: Record<string, unknown> | undefined): unknown =>
  (row?.["message"] as Row | undefined)?.["content"];

describe("a sound transcript stays byte for byte", () => {
  test.for<[string, string]>([
    ["rows", jsonl(rows)],
    ["blank lines, spaces and CRLF", jsonl(rows).replaceAll("\n", " \r\n\n")],
    ["rows of unknown types, in any form", `${one}\n{ "type" : "x", "a": 1.50, "\\u0074ag":[ ] }\n{}\n`],
    ["copies that a compaction writes", jsonl([...rows, boundary(5, 4), ...rows])],
    ["a call at the end", jsonl([...rows, user(5, 4), call(6, 5, "t")])],
    [
      "parallel calls",
      jsonl([user(1, null), call(2, 1, "a", "m"), call(3, 2, "b", "m"), result(4, 2, "a"), result(5, 3, "b")]),
    ],
    ["nothing", ""],
    ["surrogate pairs, escaped", `{"type":"x","a":"\\ud83d\\ude00 \\\\ud83d"}\n`],
  ])("%s", ([, transcript]) => {
    expect(repaired(transcript).brief).toBe("");
    expect(repaired(transcript).bytes.toString()).toBe(transcript);
  });
});

test("numbers stay as they are written, in what is salvaged and in what becomes text", () => {
  const big = '12345678901234567890,"m":1.10,"e":1e400';
  const withBig = (row: Row): string => line(row).replace('"BIG"', big);
  const cutCall = withBig(
    assistant(2, 1, [{ type: "tool_use", id: "t", name: "T", input: { n: "BIG", text: "long text" } }]),
  );
  const orphan = withBig(
    user(4, 3, [{ type: "tool_result", tool_use_id: "gone", content: [{ type: "text", text: "T", n: "BIG" }] }]),
  );
  const { bytes } = repaired(`${one}\n${cut(cutCall, "long")}\n${three}\n${orphan}\n${line(assistant(5, 4))}\n`);
  expect(bytes.toString()).toContain(`"input":{"n":${big},"text":"long"}`);
  expect(bytes.toString()).toContain(big.replaceAll('"', String.raw`\"`));
});

describe("lines", () => {
  test.for<[what: string, transcript: string | Buffer, changes: string, lines: string[]]>([
    ["several rows on a line", `${one}${two} ${three}\n${four}\n`, "glued 1", [one, two, three, four]],
    ["NULs between rows", `${one}\n\0\0\0${two}\n\0\0\n`, "debris 2, debris 3", [one, two]],
    ["a byte order mark", `\ufeff${one}\n${two}\n`, "debris 1", [one, two]],
    ["a comma after a row", `${one},\n${two}\n`, "debris 1", [one, two]],
    ["no final newline", `${one}\n${two}`, "no_final_newline 2", [one, two]],
    ["NULs in a string", `${one.replace("one", "o\0\0\0e")}\n`, "nul 1", [one.replace("one", "o\ufffde")]],
    [
      "control characters",
      `${one.replace("one", "o\u0001\te")}\n`,
      "control 1",
      [one.replace("one", "o\\u0001\\u0009e")],
    ],
    ["unknown escapes", `${one.replace("one", "\\x \\u12")}\n`, "escape 1", [one.replace("one", "\\\\x \\\\u12")]],
    [
      "lone surrogates",
      `${one.replace("one", "\\uDe00\\ud83dx\\ud83d\\ude00")}\n`,
      "surrogate 1",
      [one.replace("one", "\\ufffd\\ufffdx\\ud83d\\ude00")],
    ],
    [
      "bytes that are not UTF-8",
      Buffer.from(`${one.replace("one", "o\xe9e")}\n`, "latin1"),
      "bad_utf8 1",
      [one.replace("one", "o\ufffde")],
    ],
  ])("%s", ([, transcript, changes, lines]) => {
    const { brief, bytes } = repaired(transcript);
    expect(brief).toBe(changes);
    expect(bytes.toString()).toBe(lines.map((text) => `${text}\n`).join(""));
  });

  test("bytes that are not a row are kept in one, with their place", () => {
    const bytes = Buffer.concat([
      Buffer.from(`${one}\nsome words\n`),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from(`${two}\n`),
    ]);
    const { brief, bytes: out } = repaired(bytes);
    expect(brief).toBe("not_json 2, not_json 3");
    const type = "claude-transcripts-remains";
    expect(rowsIn(out).slice(1, 3)).toEqual([
      { type, line: 2, offset: one.length + 1, bytes: 10, text: "some words", sessionId: "s" },
      { type, line: 3, offset: one.length + 12, bytes: 2, base64: "//4=", sessionId: "s" },
    ]);
  });

  test.for<[what: string, line: string, junk: string[]]>([
    ["around a row", `x${two}y`, ["x", "y"]],
    ["of a list", `[${two},`, ["["]],
    ["around several rows", `x${two}${three}y`, ["x", "y"]],
  ])("rows are read among other bytes: %s", ([, given, junk]) => {
    const { bytes } = repaired(`${one}\n${given}\n${four}\n`);
    const rows = rowsIn(bytes);
    expect(rows.flatMap(({ text }) => (typeof text === "string" ? [text] : []))).toEqual(junk);
    expect(bytes.toString()).toContain(`\n${two}\n`);
    expect(repaired(bytes).brief).toBe("");
  });

  test("a file without a row stays as it is", () => {
    const { plan } = repaired(Buffer.alloc(100));
    expect([plan.changes.total, plan.changes.left.map(({ bytes }) => bytes)]).toEqual([0, [100]]);
  });
});

describe("rows that were cut", () => {
  const LOST = "… [the rest was lost]";
  const prompt = written(user(3, 2, "three words typed"));
  const answer = written(assistant(4, 3, [{ type: "text", text: "four words said" }]));
  const callRow = written(assistant(4, 3, [{ type: "tool_use", id: "t", name: "Bash", input: { command: "ls -l" } }]));
  const resultRow = written(user(5, 4, [{ tool_use_id: "t", type: "tool_result", content: "many files" }]));

  test.for<[what: string, transcript: string, content: unknown]>([
    ["a prompt", `${one}\n${two}\n${cut(prompt, "three w")}`, `three w${LOST}`],
    ["an answer", `${one}\n${two}\n${prompt}\n${cut(answer, "four w")}`, [{ type: "text", text: `four w${LOST}` }]],
    [
      "a call",
      `${one}\n${two}\n${prompt}\n${cut(callRow, "ls ")}`,
      [{ type: "tool_use", id: "t", name: "Bash", input: { command: "ls " } }],
    ],
    [
      "a result",
      `${one}\n${two}\n${prompt}\n${callRow}\n${cut(resultRow, "many f")}`,
      [{ tool_use_id: "t", type: "tool_result", content: `many f${LOST}` }],
    ],
    ["a prompt, in an escape", `${one}\n${two}\n${cut(prompt, "three w")}\\u00`, `three w${LOST}`],
    ["a prompt, NULs after it", `${one}\n${two}\n${cut(prompt, "three w")}\0\0\0`, `three w${LOST}`],
    ["a prompt, after it was said", `${one}\n${two}\n${cut(prompt, '"uuid":"0000')}`, "three words typed"],
  ])("%s is a row again, as far as it can be read", ([, transcript, content]) => {
    const { bytes } = repaired(transcript);
    const last = rowsIn(bytes).at(-1);
    expect(textOf(last)).toEqual(content);
    expect(last).toMatchObject({ cwd: "/w", sessionId: "s", isSidechain: false, timestamp: expect.any(String) });
    expect(repaired(bytes).brief).toBe("");
  });

  test("it has the uuid that the next row names as its parent", () => {
    const { bytes, brief } = repaired(`${one}\n${two}\n${cut(prompt, "three w")}\n${line(assistant(4, 3))}\n`);
    expect(brief).toBe("cut 3");
    expect(links(bytes)).toBe("u1<- a2<1 u3<2 a4<3");
  });

  test("the row that was written after it, on the same line, is read", () => {
    const { bytes, brief } = repaired(`${one}\n${two}\n${cut(prompt, "three w")}${line(user(5, 2))}\n`);
    expect(brief).toBe("cut 3, glued 3");
    expect(links(bytes)).toBe("u1<- a2<1 u3840<2 u5<2");
  });

  test("what of it can be shown is a row, and all of it is kept", () => {
    const said = { type: "text", text: "four" };
    const answer = written(assistant(4, 3, [said, { type: "thinking", thinking: "hm, well" }]));
    const { bytes } = repaired(`${one}\n${cut(answer, "hm, ")}\n`);
    const [, row, remains] = rowsIn(bytes);
    expect(textOf(row)).toEqual([said]);
    expect(remains).toMatchObject({ type: "claude-transcripts-remains", text: cut(answer, "hm, ") });
  });

  test("the beginning of a key is kept", () => {
    const beginning = cut(prompt, "words typed") + '"},"promp';
    const { bytes } = repaired(`${one}\n${beginning}\n`);
    expect(rowsIn(bytes).at(-1)).toMatchObject({ type: "claude-transcripts-remains", text: beginning });
  });

  test.for<[what: string, bytes: string]>([
    ["before its message", cut(one, '"cwd":"/w')],
    ["of another type", `{"type":"system","content":"no`],
    ["in a thought", `{"parentUuid":null,"message":{"role":"assistant","content":[{"type":"thinking","thinking":"hm`],
  ])("what cannot be shown is kept as it is: cut %s", ([, beginning]) => {
    const { bytes } = repaired(`${beginning}\n${two}\n`);
    expect(rowsIn(bytes)[0]).toMatchObject({ type: "claude-transcripts-remains", text: beginning });
  });
});

describe("links", () => {
  test.for<[what: string, rows: readonly Row[], changes: string, links: string]>([
    ["a parent that is not there", [user(1, null), assistant(2, 1), user(3, 9)], "dangling_parent 3", "u1<- a2<1 u3<2"],
    ["of the first row", [user(1, 9), assistant(2, 1)], "dangling_parent 1", "u1<- a2<1"],
    ["progress is no parent", [user(1, null), progress(2, 1), user(3, 9)], "dangling_parent 3", "u1<- p2<1 u3<1"],
    ["of a boundary", [user(1, null), { ...boundary(2, 1), parentUuid: uuid(9) }], "dangling_parent 2", "u1<- s2<-"],
    ["of a sidechain", [user(1, null), user(2, 9, "x", { isSidechain: true })], "dangling_parent 2", "u1<- u2<-"],
    ["a row that is its own parent", [user(1, null), user(2, 2)], "own_parent 2", "u1<- u2<1"],
    ["a cycle of all", [user(1, 3), assistant(2, 1), user(3, 2)], "cycle 1", "u1<- a2<1 u3<2"],
    [
      "a cycle after others",
      [user(1, null), user(2, 4), user(3, 2), user(4, 3), user(5, 4)],
      "cycle 2",
      "u1<- u2<1 u3<2 u4<3 u5<4",
    ],
    ["two cycles", [user(1, 2), user(2, 1), user(3, 4), user(4, 3)], "cycle 1, cycle 3", "u1<- u2<1 u3<- u4<3"],
    [
      "a uuid of two prompts",
      [user(1, null, "a"), user(2, 1), user(1, 2, "b"), user(3, 1)],
      "repeated_uuid 3, repeated_uuid 4",
      "u1<- u2<1 u3840<2 u3<3840",
    ],
    [
      "a later version of an answer",
      [user(1, null), assistant(2, 1, "a", { message: "m" }), assistant(2, 1, "ab", { message: "m" })],
      "",
      "u1<- a2<1 a2<1",
    ],
    [
      "not a row below it, which was written twice",
      [user(1, null), attachment(2, 1), assistant(5, 4), attachment(4, 3), assistant(5, 4)],
      "dangling_parent 4",
      "u1<- a2<1 a5<4 a4<2 a5<4",
    ],
    [
      "not an old row that was written again",
      [user(1, null), assistant(2, 1), user(3, 2), user(1, null), assistant(2, 1), user(5, 4)],
      "dangling_parent 6",
      "u1<- a2<1 u3<2 u1<- a2<1 u5<3",
    ],
    [
      "a parent of a type that nobody knows",
      [user(1, null), { type: "note", uuid: uuid(2), parentUuid: uuid(1) }, assistant(3, 2)],
      "",
      "u1<- n2<1 a3<2",
    ],
    [
      "a cycle of rows that are there twice",
      [user(1, 2), user(2, 1), user(1, 2)],
      "cycle 1, cycle 3",
      "u1<- u2<1 u1<-",
    ],
    ["a parent that comes later", [user(1, null), user(3, 2), user(2, 1)], "", "u1<- u3<2 u2<1"],
  ])("%s", ([, given, changes, expected]) => {
    const { brief, bytes } = repaired(jsonl(given));
    expect(brief).toBe(changes);
    expect(links(bytes)).toBe(expected);
    expect(repaired(bytes).brief).toBe("");
  });

  test("a subagent's rows are all of its main chain", () => {
    const aside = (row: Row): Row => ({ ...row, isSidechain: true });
    const { bytes } = repaired(jsonl([aside(user(1, null)), aside(user(2, 9))]), { isSubagent: true });
    expect(links(bytes)).toBe("u1<- u2<1");
  });

  test("all but the value that changes stays byte for byte", () => {
    const odd = ` { "parentUuid" : "nowhere", "uuid":"b","type":"user","n":1.50,"message":{"content":"\\u0061" } }`;
    const { bytes } = repaired(`${one}\n${odd}\n`);
    expect(bytes.toString()).toBe(`${one}\n${odd.trim().replace('"nowhere"', `"${uuid(1)}"`)}\n`);
  });
});

describe("calls and results", () => {
  test("a call without a result gets one, if the conversation goes on after it", () => {
    const { brief, bytes } = repaired(jsonl([user(1, null), call(2, 1, "t"), user(3, 2), assistant(4, 3)]));
    expect(brief).toBe("missing_result 2");
    expect(links(bytes)).toBe("u1<- a2<1 u3840<2 u3<2 a4<3");
    expect(rowsIn(bytes)[2]).toMatchObject({
      message: { role: "user", content: [{ type: "tool_result", tool_use_id: "t", is_error: true }] },
      sourceToolAssistantUUID: uuid(2),
      sessionId: "s",
    });
    expect(repaired(bytes).brief).toBe("");
  });

  test("the row with the result follows its call, also where the next row is on the same line", () => {
    const { bytes } = repaired(`${one}\n${line(call(2, 1, "t"))}${line(user(3, 2))}\n`);
    expect(links(bytes)).toBe("u1<- a2<1 u3840<2 u3<2");
  });

  test("of parallel calls only the ones without a result", () => {
    const given = [user(1, null), call(2, 1, "a", "m"), call(3, 2, "b", "m"), result(4, 3, "b"), assistant(5, 4)];
    expect(repaired(jsonl(given)).brief).toBe("missing_result 2");
  });

  test("a text that was the result of a parallel call follows the results of the others", () => {
    const given = [user(1, null), call(2, 1, "a", "m"), result(4, 2, "b"), result(5, 2, "a"), assistant(6, 5)];
    const { brief, bytes } = repaired(jsonl(given));
    expect(brief).toBe("orphan_result 3, orphan_result 5");
    expect(links(bytes)).toBe("u1<- a2<1 u4<5 u5<2 a6<4");
    expect(repaired(bytes).brief).toBe("");
  });

  test("what a result without its call says is text", () => {
    const image = { type: "image", source: { type: "url", url: "https://example.org/a.png" } };
    const given = user(3, 2, [
      { type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "words" }, image] },
    ]);
    const { brief, bytes } = repaired(jsonl([user(1, null), assistant(2, 1), given]));
    expect(brief).toBe("orphan_result 3");
    expect(textOf(rowsIn(bytes)[2])).toEqual([
      { type: "text", text: "[Result of a tool call that is not in this transcript]\nwords" },
      image,
    ]);
  });
});

test("a row with several faults has each of them mended once", () => {
  const bad = line(user(3, 9, [{ type: "tool_result", tool_use_id: "t", content: "", is_error: true }])).replace(
    '"/w"',
    '"/w\u0001"',
  );
  const { brief, bytes } = repaired(`${one}\n${two}${bad}`);
  expect(brief.split(", ").toSorted()).toEqual(
    [
      "control 2",
      "dangling_parent 2",
      "empty_content 2",
      "glued 2",
      "no_final_newline 2",
      "orphan_result 2",
    ].toSorted(),
  );
  expect(repaired(bytes).brief).toBe("");
});
