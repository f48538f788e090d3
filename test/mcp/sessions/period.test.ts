import { expect, test } from "vitest";
import { readPeriod } from "../../../src/mcp/sessions/period.ts";
import { ToolFailure } from "../../../src/mcp/core/tool.ts";

const NOW = Date.UTC(2026, 7, 21, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const local = (text: string): number => new Date(text).getTime();

test.for([
  ["3d", NOW - 3 * DAY],
  ["12h", NOW - 12 * HOUR],
  [" 1.5 h ", NOW - 1.5 * HOUR],
  ["2026-08-20T10:00Z", Date.UTC(2026, 7, 20, 10)],
  ["2026-08-20T10:00+02:00", Date.UTC(2026, 7, 20, 8)],
  ["2026-08-20 10:00", local("2026-08-20T10:00")],
  ["2026-08-20", local("2026-08-20T00:00")],
  ["yesterday", local("2026-08-20T00:00")],
] as const)("since %s", ([since, expected]) => {
  expect(readPeriod({ since }, NOW)).toMatchObject({ since: expected, until: undefined });
});

test("until a date means with its day", () => {
  expect(readPeriod({ until: "2026-08-20" }, NOW).until).toBe(local("2026-08-21T00:00") - 1);
  expect(readPeriod({ until: "2d" }, NOW).until).toBe(NOW - 2 * DAY);
});

test.for(["", "x", "3", "soon", "2026-02-32", "20", "2026"])("%j is not a time", (since) => {
  expect(() => readPeriod({ since }, NOW)).toThrow(ToolFailure);
});

test("a page that follows means the same times as the first", () => {
  const first = readPeriod({ since: "1d", until: "1h" }, NOW);
  const cursor = first.withTimes("abc");
  expect(readPeriod({ since: "1d", until: "1h", cursor }, NOW + DAY)).toMatchObject({
    since: first.since,
    until: first.until,
    cursor: "abc",
  });
  const open = readPeriod({ until: "1h" }, NOW);
  expect(readPeriod({ until: "1h", cursor: open.withTimes("abc") }, NOW + DAY)).toMatchObject({
    since: undefined,
    until: open.until,
    cursor: "abc",
  });
  expect(readPeriod({}, NOW).withTimes("abc")).toBe("abc");
  const early = readPeriod({ since: "1960-01-01" }, NOW);
  expect(readPeriod({ since: "9d", cursor: early.withTimes("abc") }, NOW).since).toBe(early.since);
});
