import { expect, test } from "vitest";
import { UsageError } from "../../../src/cli/terminal/command.ts";
import { parseSpan, parseTime, relativeTime } from "../../../src/cli/terminal/time.ts";

const NOW = new Date(2026, 10, 21, 12, 0, 0).getTime();
const S = 1000;
const DAY = 86_400 * S;

test.for<[ago: number, text: string]>([
  [0, "just now"],
  [59 * S, "just now"],
  [-30 * S, "just now"],
  [60 * S, "1 min ago"],
  [3599 * S, "59 min ago"],
  [3600 * S, "1 h ago"],
  [DAY - 1, "23 h ago"],
  [DAY, "1 d ago"],
  [28 * DAY - 1, "27 d ago"],
  [28 * DAY, "2026-10-24"],
  [-2 * DAY, "2026-11-23"],
  [Number.NaN, "unknown"],
  [8.64e15 * 2, "unknown"],
])("what was %i ms ago is told as %s", ([ago, text]) => {
  expect(relativeTime(NOW - ago, NOW)).toBe(text);
});

test.for<[text: string, span: number]>([
  ["90s", 90 * S],
  ["15m", 900 * S],
  ["1.5h", 5400 * S],
  [" 2 D ", 2 * DAY],
  ["30 days", 30 * DAY],
  ["1w", 7 * DAY],
  ["0d", 0],
])("%s is a span", ([text, span]) => {
  expect(parseSpan(text, "--x")).toBe(span);
  expect(parseTime(text, "--x", { now: NOW })).toBe(NOW - span);
});

test("what is no time is answered with what is understood", () => {
  for (const text of ["", "d", "soon", "2026-13-01"]) {
    expect(() => parseTime(text, "--since")).toThrow(UsageError);
    expect(() => parseTime(text, "--since")).toThrow(
      /^--since must be a time, got ".*"\. A time is .*yesterday.*2026-08-21/,
    );
    expect(() => parseSpan(text, "--older-than")).toThrow(
      /^--older-than must be a duration such as 30d, 2w or 12h, got "/,
    );
  }
});
