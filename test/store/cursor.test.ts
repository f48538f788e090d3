import { describe, expect, test } from "vitest";
import { decodeCursor, encodeCursor, type PageEnd } from "../../src/store/cursor.ts";
import { InvalidCursorError } from "../../src/store/errors.ts";
import { sessionId } from "../support/config-dir.ts";

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

  test("one of another list is told", () => {
    const cursor = encodeCursor(end, FILTERS);
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
