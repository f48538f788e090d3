import { describe, expect, test } from "vitest";
import { ActivitySearch } from "../../../src/transcript/summary/last-activity.ts";
import { assistant, attachment, jsonl, progress, system, user } from "../../support/rows.ts";

const at = (n: number): number => Date.UTC(2026, 0, 1) + n * 1000;
const meta = { type: "queue-operation", operation: "enqueue", timestamp: "2026-03-01T00:00:00.000Z" };
const title = { type: "custom-title", customTitle: "T" };

function searched(text: string, from = 0, atLineStart = true): { time: number; end: number } {
  const bytes = Buffer.from(text);
  const search = new ActivitySearch();
  search.search(bytes, from, bytes.length, atLineStart);
  return { time: search.time, end: search.end };
}

/** An answer as Claude Code writes it: what is asked for stands behind the message. */
const answer = (n: number, ...behind: Record<string, unknown>[]): string => {
  const known = { uuid: `u${n}`, timestamp: new Date(at(n)).toISOString() };
  const row = { parentUuid: null, message: { content: "said" }, type: "assistant", ...known, cwd: "/w", version: "2" };
  return jsonl([Object.assign({ ...row }, ...behind)]);
};
const LATER = '"timestamp":"2030-01-01T00:00:00.000Z"';

describe("ActivitySearch", () => {
  test.each<[what: string, text: string, time: number]>([
    ["the last row", jsonl([user(1, null), assistant(2, 1)]), at(2)],
    ["a row that is no message", jsonl([user(1, null), attachment(2, 1)]), at(2)],
    ["a system row", jsonl([user(1, null), system(2, 1, "turn_duration")]), at(2)],
    ["a progress row", jsonl([user(1, null), progress(2, 1)]), at(2)],
    ["metadata behind it", jsonl([user(1, null), meta, title]), at(1)],
    ["no final newline", jsonl([user(1, null), user(2, 1)]).trimEnd(), at(2)],
    ["a cut row behind it", `${jsonl([user(1, null), user(2, 1)])}{"type":"user","timest`, at(2)],
    ["a row glued to another", JSON.stringify(user(1, null)) + JSON.stringify(assistant(2, 1)), at(2)],
    ["a timestamp that is none", jsonl([user(1, null), user(2, 1, "x", { timestamp: "then" })]), at(1)],
    ["a timestamp of another type", jsonl([user(1, null), user(2, 1, "x", { timestamp: 5 })]), at(1)],
    ["a timestamp inside", jsonl([user(1, null), { type: "user", message: { timestamp: "2030-01-01" } }]), at(1)],
    ["blank lines", `\n\n${jsonl([user(1, null)])}\n \n\r\n`, at(1)],
    ["a row known by its end", answer(3), at(3)],
    ["titles behind it", answer(3) + jsonl([title, { type: "last-prompt", lastPrompt: "p" }]), at(3)],
    ["metadata with a time behind it", answer(3) + jsonl([meta]), at(3)],
    ["two of them", answer(3) + answer(2), at(2)],
    ["one that goes on", answer(3, { toolUseResult: { stdout: "x" } }), at(3)],
    ["one with a blank", answer(3).replace('"timestamp":', '"timestamp": '), at(3)],
    ["one without a newline", answer(3).trimEnd(), at(3)],
    ["a carriage return", answer(3).replace("\n", "\r\n"), at(3)],
    ["two timestamps", answer(3).replace('"cwd":', `${LATER},"cwd":`), Date.UTC(2030, 0, 1)],
    ["two types, and the last is none", answer(3).replace('"cwd":', '"type":"x","cwd":'), NaN],
    ["two types before it", answer(3).replace('"uuid":', '"type":"x","uuid":'), NaN],
    ["what looks like one in a row that was cut", `${answer(3)}{"type":"x","data":{"type":"user",${LATER}}`, at(3)],
    ["what looks like one in a message", answer(3) + jsonl([{ type: "x", data: `{"type":"user",${LATER}}` }]), at(3)],
    ["what looks like one in another row", answer(3) + `{"type":"x","data":{"type":"user",${LATER}}}\n`, at(3)],
    ["one that a bracket ends", answer(3).replace("}\n", "]\n").replace('"}', '"]'), NaN],
    ["one with another mark between members", `{"type":"user";${LATER}}\n`, NaN],
    ["one with a newline in a string", answer(3).replace('"/w"', '"/\nw"'), NaN],
    ["one with a newline in a key", answer(3).replace('"cwd"', '"c\nwd"'), NaN],
    ["a path with backslashes behind it", answer(3, { cwd: "C:\\w\\" }), at(3)],
    ["no row of a conversation", jsonl([meta, title]), NaN],
    ["nothing", "", NaN],
    ["garbage", '{{{{\u0000]]\n"\n{}\n', NaN],
  ])("%s", (_what, text, time) => {
    expect(searched(text).time).toBe(time);
  });

  test("knows a first line by its end when its beginning is missing", () => {
    expect(searched(answer(3), 10, false).time).toBe(at(3));
    expect(searched(answer(3).replace('"cwd":', '"n":1.5,"cwd":'), 10, false).time).toBeNaN();
    expect(searched(`{"xtype":"user",${LATER}}\n`, 2, false).time).toBeNaN();
  });

  test("leaves a first line whose beginning is missing to a later search", () => {
    const text = jsonl([user(1, null), meta, title]);
    const from = 10;
    expect(searched(text, from, false)).toEqual({ time: NaN, end: jsonl([user(1, null)]).length });
    expect(searched(text, from, true).end).toBe(from);
    expect(searched(text.trimEnd(), text.length - 5, false)).toEqual({ time: NaN, end: text.length - 1 });
  });
});
