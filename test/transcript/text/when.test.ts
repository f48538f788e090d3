import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readTime } from "../../../src/transcript/text/when.ts";

/** `2026-08-21 14:30:00.000` of the local calendar. */
function shown(time: number | undefined): string | undefined {
  if (time === undefined) return undefined;
  const at = new Date(time);
  const two = (n: number, digits = 2): string => String(n).padStart(digits, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${two(at.getMilliseconds(), 3)}`;
}

const FIRST = "00:00:00.000";
const LAST = "23:59:59.999";

// A Friday; in Berlin summer time ends on 25 October and begins on 29 March.
const FRIDAY = "2026-08-21T15:45:10";
const AFTER_THE_CHANGE = "2026-10-26T12:00:00";

describe.each(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])("in %s", (zone) => {
  beforeEach(() => void vi.stubEnv("TZ", zone));
  afterEach(() => vi.unstubAllEnvs());

  const read = (text: string, edge: "start" | "end", now = FRIDAY) =>
    shown(readTime(text, { now: new Date(now).getTime(), edge }));

  test.for<[text: string, since: string, until: string, now?: string]>([
    ["now", "2026-08-21 15:45:10.000", "2026-08-21 15:45:10.000"],
    ["today", `2026-08-21 ${FIRST}`, `2026-08-21 ${LAST}`],
    [" Yesterday ", `2026-08-20 ${FIRST}`, `2026-08-20 ${LAST}`],
    ["thursday", `2026-08-20 ${FIRST}`, `2026-08-20 ${LAST}`],
    ["monday", `2026-08-17 ${FIRST}`, `2026-08-17 ${LAST}`],
    ["Mon", `2026-08-17 ${FIRST}`, `2026-08-17 ${LAST}`],
    ["last monday", `2026-08-17 ${FIRST}`, `2026-08-17 ${LAST}`],
    ["sunday", `2026-08-16 ${FIRST}`, `2026-08-16 ${LAST}`],
    // The last one before today.
    ["friday", `2026-08-14 ${FIRST}`, `2026-08-14 ${LAST}`],
    ["saturday", `2026-08-15 ${FIRST}`, `2026-08-15 ${LAST}`],
    ["monday", `2026-10-19 ${FIRST}`, `2026-10-19 ${LAST}`, AFTER_THE_CHANGE],
    ["yesterday", `2026-10-25 ${FIRST}`, `2026-10-25 ${LAST}`, AFTER_THE_CHANGE],
    ["yesterday", `2025-12-31 ${FIRST}`, `2025-12-31 ${LAST}`, "2026-01-01T00:00:00"],
    ["this week", `2026-08-17 ${FIRST}`, `2026-08-23 ${LAST}`],
    ["last week", `2026-08-10 ${FIRST}`, `2026-08-16 ${LAST}`],
    ["last  Week", `2026-08-10 ${FIRST}`, `2026-08-16 ${LAST}`],
    // Of a Monday and of a Sunday: a week begins on Monday.
    ["this week", `2026-08-17 ${FIRST}`, `2026-08-23 ${LAST}`, "2026-08-17T00:00:00"],
    ["this week", `2026-08-17 ${FIRST}`, `2026-08-23 ${LAST}`, "2026-08-23T23:59:59"],
    ["last week", `2026-10-19 ${FIRST}`, `2026-10-25 ${LAST}`, AFTER_THE_CHANGE],
    ["last week", `2026-03-23 ${FIRST}`, `2026-03-29 ${LAST}`, "2026-03-30T00:30:00"],
    ["this month", `2026-08-01 ${FIRST}`, `2026-08-31 ${LAST}`],
    ["last month", `2026-07-01 ${FIRST}`, `2026-07-31 ${LAST}`],
    ["last month", `2025-12-01 ${FIRST}`, `2025-12-31 ${LAST}`, "2026-01-31T10:00:00"],
    ["last year", `2025-01-01 ${FIRST}`, `2025-12-31 ${LAST}`],
    ["2026-08-20", `2026-08-20 ${FIRST}`, `2026-08-20 ${LAST}`],
    ["2024-02-29", `2024-02-29 ${FIRST}`, `2024-02-29 ${LAST}`],
    ["2026-02", `2026-02-01 ${FIRST}`, `2026-02-28 ${LAST}`],
    ["2026-10-25", `2026-10-25 ${FIRST}`, `2026-10-25 ${LAST}`],
    ["2026-03-29", `2026-03-29 ${FIRST}`, `2026-03-29 ${LAST}`],
    ["0099-01-02", `99-01-02 ${FIRST}`, `99-01-02 ${LAST}`],
    ["2026-08-20T14:30", "2026-08-20 14:30:00.000", "2026-08-20 14:30:00.000"],
    ["2026-08-20 14:30:05", "2026-08-20 14:30:05.000", "2026-08-20 14:30:05.000"],
    ["2026-08-20T14:30:05.250", "2026-08-20 14:30:05.250", "2026-08-20 14:30:05.250"],
    ["14:30", "2026-08-21 14:30:00.000", "2026-08-21 14:30:00.000"],
    // Later than now: that of yesterday.
    ["16:00", "2026-08-20 16:00:00.000", "2026-08-20 16:00:00.000"],
    ["yesterday 9:05", "2026-08-20 09:05:00.000", "2026-08-20 09:05:00.000"],
    ["monday at 09:05", "2026-08-17 09:05:00.000", "2026-08-17 09:05:00.000"],
    ["today 16:00", "2026-08-21 16:00:00.000", "2026-08-21 16:00:00.000"],
    ["1 month ago", "2026-07-21 15:45:10.000", "2026-07-21 15:45:10.000"],
    ["6mo", "2026-02-21 15:45:10.000", "2026-02-21 15:45:10.000"],
    ["a month ago", "2026-02-28 10:00:00.000", "2026-02-28 10:00:00.000", "2026-03-31T10:00:00"],
    ["2 years ago", "2024-08-21 15:45:10.000", "2024-08-21 15:45:10.000"],
    ["1 year ago", "2023-02-28 10:00:00.000", "2023-02-28 10:00:00.000", "2024-02-29T10:00:00"],
  ])("%s", ([text, since, until, now]) => {
    expect([read(text, "start", now), read(text, "end", now)]).toEqual([since, until]);
  });

  const NOW = Date.UTC(2026, 9, 26, 12);
  const HOUR = 3_600_000;
  test.for<[text: string, hours: number]>([
    ["90s", 0.025],
    ["90 seconds ago", 0.025],
    ["15m", 0.25],
    ["15min", 0.25],
    ["1.5h", 1.5],
    ["an hour ago", 1],
    ["3d", 72],
    ["3 days ago", 72],
    ["2 weeks ago", 336],
    ["2W", 336],
    ["a week", 168],
    ["last 2 weeks", 336],
    ["past 7 days", 168],
    ["0d", 0],
  ])("%s is so many hours before now, whether the clock was changed or not", ([text, hours]) => {
    for (const edge of ["start", "end"] as const) expect(readTime(text, { now: NOW, edge })).toBe(NOW - hours * HOUR);
  });

  test.for<[text: string, time: number]>([
    ["2026-08-21T14:30:05Z", Date.UTC(2026, 7, 21, 14, 30, 5)],
    ["2026-08-21t14:30z", Date.UTC(2026, 7, 21, 14, 30)],
    ["2026-08-21T14:30:05.123Z", Date.UTC(2026, 7, 21, 14, 30, 5, 123)],
    ["2026-08-21 14:30 +02:00", Date.UTC(2026, 7, 21, 12, 30)],
    ["2026-08-21T14:30-0530", Date.UTC(2026, 7, 21, 20)],
  ])("%s is the same everywhere", ([text, time]) => {
    expect(readTime(text, { now: NOW, edge: "end" })).toBe(time);
  });
});

const WRONG = [
  ..."|d|2|2x|-2d|+2d|2 d d|soon|next week|last|this|last today|mond|montag|2026|26-08-21|21.8.2026|2026-13-01".split(
    "|",
  ),
  ..."2026-02-30|2026-00-10|2026-08-00|2026-08-21T25:00|2026-08-21T14:60|2026-08-21T14|2026-02-30T10:00Z".split("|"),
  ..."2026-08-21T14:30+25:00x|24:00|14|last week 14:30|2026-08 14:30|9e99d|1e3d|at 14:30|ago|2 ago".split("|"),
  "9".repeat(400) + "d",
  "999999999999999w",
];

test.for(WRONG)("%j is not a time", (text) => {
  for (const edge of ["start", "end"] as const) {
    expect(readTime(text, { now: Date.UTC(2026, 7, 21), edge })).toBeUndefined();
  }
});

test("any input is a valid time or none; a period begins before it ends", () => {
  const word = fc.constantFrom(
    "last",
    "this",
    "week",
    "month",
    "monday",
    "today",
    "ago",
    "2",
    "at",
    "14:30",
    "2026-08-21",
    "d",
    "z",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 4 }).map((words) => words.join(" ")),
  );
  fc.assert(
    fc.property(text, fc.date({ noInvalidDate: true }), (typed, date) => {
      const now = date.getTime();
      const [start, end] = (["start", "end"] as const).map((edge) => readTime(typed, { now, edge }));
      for (const time of [start, end]) expect(time === undefined || !Number.isNaN(new Date(time).getTime())).toBe(true);
      expect(start ?? 0).toBeLessThanOrEqual(end ?? start ?? 0);
    }),
  );
});
