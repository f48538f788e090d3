import { describe, expect, test } from "vitest";
import { ActivitySearch } from "../../src/transcript/last-activity.ts";
import { assistant, attachment, jsonl, progress, system, user } from "../support/rows.ts";

const at = (n: number): number => Date.UTC(2026, 0, 1) + n * 1000;
const meta = { type: "queue-operation", operation: "enqueue", timestamp: "2026-03-01T00:00:00.000Z" };
const title = { type: "custom-title", customTitle: "T" };

function searched(text: string, from = 0, atLineStart = true): { time: number; end: number } {
  const bytes = Buffer.from(text);
  const search = new ActivitySearch();
  search.search(bytes, from, bytes.length, atLineStart);
  return { time: search.time, end: search.end };
}

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
    ["no row of a conversation", jsonl([meta, title]), NaN],
    ["nothing", "", NaN],
    ["garbage", '{{{{\u0000]]\n"\n{}\n', NaN],
  ])("%s", (_what, text, time) => {
    expect(searched(text).time).toBe(time);
  });

  test("leaves a first line whose beginning is missing to a later search", () => {
    const text = jsonl([user(1, null), meta, title]);
    const from = 10;
    expect(searched(text, from, false)).toEqual({ time: NaN, end: jsonl([user(1, null)]).length });
    expect(searched(text, from, true).end).toBe(from);
    expect(searched(text.trimEnd(), text.length - 5, false)).toEqual({ time: NaN, end: text.length - 1 });
  });
});
