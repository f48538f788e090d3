import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { checkTranscript } from "../../../src/store/doctor/check-transcript.ts";
import { put, tempConfigDir } from "../../support/config-dir.ts";
import { assistant, jsonl, type Row, user, uuid } from "../../support/rows.ts";

const good = [user(1, null), assistant(2, 1), user(3, 2)];
const line = (row: Row): string => JSON.stringify(row);
const cut = (row: Row): string => line(row).slice(0, -20);

const check = async (content: string | Uint8Array): Promise<string> => {
  const { findings } = await checkTranscript(put(tempConfigDir(), "t.jsonl", content));
  return findings
    .map(({ kind, count, lines }) => `${kind} ${lines.join(",")}${count > lines.length ? ` of ${count}` : ""}`)
    .join("; ");
};

describe("what is wrong with a transcript, and on which line", () => {
  test.for<[string, string | Uint8Array, string]>([
    ["nothing", jsonl(good), ""],
    ["nothing in an empty one", "", ""],
    ["nothing in blank lines and CRLF", jsonl(good).replaceAll("\n", "\r\n\n"), ""],
    ["nothing in separators that are letters", jsonl([user(1, null, "a\u2028b\u0085c")]), ""],
    ["a row cut short", jsonl([user(1, null), cut(assistant(2, 1)), user(3, 1)]), "cut 2"],
    [
      "a row cut short, and the next glued to it",
      `${line(user(1, null))}\n${cut(assistant(2, 1))}${line(user(3, 1))}\n`,
      "cut 2; glued 2",
    ],
    ["two rows on a line", `${line(user(1, null))}${line(user(2, 1))}\n`, "glued 1"],
    ["the last row cut short", `${line(user(1, null))}\n${cut(user(2, 1))}`, "cut_at_end 2"],
    ["no end of the last line", jsonl(good).trimEnd(), "no_final_newline 3"],
    ["no row", `${jsonl(good)}hello\n[1]\n`, "not_json 4,5"],
    ["a row that ends and goes on", `${line(user(1, null))} x\n`, "not_json 1; glued 1"],
    ["NUL bytes", `${line(user(1, null))}\n\0\0\0${line(user(2, 1))}\n`, "nul 2"],
    [
      "bytes that are not UTF-8",
      Buffer.concat([Buffer.from(line(user(1, null, "é"))), Buffer.from("\n")]).map((byte) =>
        byte === 0xc3 ? 0xff : byte,
      ),
      "bad_utf8 1",
    ],
    ["raw control characters", jsonl([user(1, null), line(user(2, 1, "a")).replace("/w", "/w\u0001")]), "bad_string 2"],
    ["unknown escapes", jsonl([user(1, null), line(user(2, 1, "a")).replace("/w", "/w\\x")]), "bad_string 2"],
    ["half of a surrogate pair", jsonl([user(1, null, "\ud83d"), user(2, 1, "\ud83d\ude00")]), "lone_surrogate 1"],
    ["a parent that is not there", jsonl([user(1, 9), assistant(2, 1), user(3, 8)]), "dangling_parent 1,3"],
    ["a row that is its own parent", jsonl([user(1, 1)]), "own_parent 1"],
    ["a row that occurs twice", jsonl([...good, good[1] ?? ""]), "repeated_uuid 4"],
    ["rows without uuid have no place in the tree", jsonl([{ type: "summary", leafUuid: uuid(9) }, ...good]), ""],
  ])("%s", async ([, content, expected]) => {
    expect(await check(content)).toBe(expected);
  });

  test("of many only the first are named, and all are counted", async () => {
    expect(await check("x\n".repeat(1000))).toBe(
      `not_json ${Array.from({ length: 20 }, (_, i) => i + 1).join(",")} of 1000`,
    );
  });

  test("lines longer than what is read at once keep their number", async () => {
    const rows = [user(1, null, "x".repeat(1_000_000)), user(2, 1, "y".repeat(300_000)), "no row", user(3, 2)];
    expect(await check(jsonl(rows))).toBe("not_json 3");
  });

  test("returns its counts and its entrypoints", async () => {
    const rows = [
      user(1, null, "u", { entrypoint: "cli" }),
      { type: "summary" },
      user(2, 1, "u", { entrypoint: "claude-desktop" }),
    ];
    const path = put(tempConfigDir(), "t.jsonl", jsonl(rows));
    expect(await checkTranscript(path)).toEqual({
      content: "conversation",
      bytes: jsonl(rows).length,
      lines: 3,
      rows: 2,
      findings: [],
      entrypoints: ["cli", "claude-desktop"],
    });
  });

  test.for([
    ["conversation", jsonl([user(1, null, "u", { isSidechain: true }), { type: "assistant", uuid: "b" }])],
    ["sidechain", jsonl([{ type: "system", uuid: "a" }, user(1, null, "u", { isSidechain: true })])],
    ["metadata", jsonl([{ type: "summary" }, { type: "system", uuid: "a" }, { type: "user", uuid: 1 }])],
    ["nothing", `nonsense\n${"\0".repeat(9000)}\n\n{"cut`],
    ["nothing", ""],
  ])("what is in it: %s", async ([content, text]) => {
    expect((await checkTranscript(put(tempConfigDir(), "t.jsonl", text as string))).content).toBe(content);
  });

  test("a link is not followed", async () => {
    const path = put(tempConfigDir(), "t.jsonl", jsonl(good));
    fs.symlinkSync(path, `${path}.link`);
    await expect(checkTranscript(`${path}.link`)).rejects.toMatchObject({ code: "ELOOP" });
  });

  test("can be broken off", async () => {
    const path = put(tempConfigDir(), "t.jsonl", jsonl(good));
    await expect(checkTranscript(path, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });
});
