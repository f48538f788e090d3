import { describe, expect, test } from "vitest";
import { decodeCursor, encodeCursor, type PageEnd } from "../../../src/store/list/page-cursor.ts";
import { InvalidCursorError } from "../../../src/store/errors.ts";
import { sessionId } from "../../support/config-dir.ts";

const FILTERS = '[null,true,"exclude",["/home/me/.claude"]]';
const end: PageEnd = { activity: 1_750_000_000_000, sessionId: sessionId(1), seen: undefined };
const seen = { since: 1_760_000_000_000, butFor: [sessionId(2), sessionId(3)] };
const encoded = (fields: unknown): string => Buffer.from(JSON.stringify(fields)).toString("base64url");
const fieldsOf = (cursor: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(cursor, "base64url").toString()) as Record<string, unknown>;

describe("cursors", () => {
  test.each([end, { ...end, seen }, { ...end, activity: -1 }, { ...end, seen: { since: 1, butFor: [] } }])(
    "%j comes back",
    (value) => {
      expect(decodeCursor(encodeCursor(value, FILTERS), FILTERS)).toEqual(value);
    },
  );

  test.each([
    ["an id in capitals", { ...end, sessionId: sessionId(1).toUpperCase() }, false],
    ["a time before 1970", { ...end, activity: -1 }, false],
    ["a time that is no whole number", { ...end, activity: 1.5 }, false],
    ["a time after all", { ...end, activity: 2 ** 48 }, false],
    ["what is known of files", { ...end, seen }, false],
    ["the last time", { ...end, activity: 2 ** 48 - 1 }, true],
    ["nothing further", end, true],
  ])("one with %s comes back, of 40 characters where they hold it", (_what, value, short) => {
    const cursor = encodeCursor(value, FILTERS);
    expect(cursor.length === 40).toBe(short);
    expect(decodeCursor(cursor, FILTERS)).toEqual(value);
  });

  test("a character of a short one that was changed is told, wherever it stands", () => {
    const cursor = encodeCursor(end, FILTERS);
    for (let at = 0; at < cursor.length; at++) {
      const changed = `${cursor.slice(0, at)}${cursor[at] === "A" ? "B" : "A"}${cursor.slice(at + 1)}`;
      expect(() => decodeCursor(changed, FILTERS)).toThrow("it was not made by this program");
    }
    expect(() => decodeCursor("=".repeat(40), FILTERS)).toThrow("it was not made by this program");
  });

  test.each([end, { ...end, seen }])("one of another list is told: %j", (value) => {
    const cursor = encodeCursor(value, FILTERS);
    expect(() => decodeCursor(cursor, FILTERS.replace("true", "false"))).toThrow("it belongs to another list");
    expect(() => decodeCursor(cursor, `${FILTERS} `)).toThrow(InvalidCursorError);
  });

  const good = encodeCursor({ ...end, seen }, FILTERS);
  test.each<[what: string, cursor: unknown]>([
    ["nothing", undefined],
    ["a number", 5],
    ["an empty string", ""],
    ["text", "next page please"],
    ["an offset", "50"],
    ["JSON in plain", JSON.stringify(fieldsOf(good))],
    ["an empty object", encoded({})],
    ["null", encoded(null)],
    ["an array", encoded([1, 2, 3])],
    ["a prototype", encoded({ __proto__: { v: 1 } })],
    ["more behind it", `${good}AA`],
    ["its beginning", good.slice(0, -4)],
    ["padding", `${good}=`],
    ["another time", encoded({ ...fieldsOf(good), t: 5 })],
    ["another id", encoded({ ...fieldsOf(good), i: sessionId(9) })],
    ["an id that is none", encoded({ ...fieldsOf(good), i: "../x" })],
    ["other exceptions", encoded({ ...fieldsOf(good), b: [] })],
    ["another key", encoded({ ...fieldsOf(good), x: 1 })],
    ["a megabyte", "A".repeat(1_000_000)],
    ["deep nesting", Buffer.from("[".repeat(3000)).toString("base64url")],
  ])("%s is no cursor", (_what, cursor) => {
    expect(() => decodeCursor(cursor, FILTERS)).toThrow(InvalidCursorError);
    expect(() => decodeCursor(cursor, FILTERS)).toThrow("Invalid cursor: it was not made by this program");
  });

  test("one of another version is told", () => {
    expect(() => decodeCursor(encoded({ ...fieldsOf(good), v: 2 }), FILTERS)).toThrow("another version");
  });
});
