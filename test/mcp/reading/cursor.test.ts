import { expect, test } from "vitest";
import { type Cursor, decodeCursor, encodeCursor } from "../../../src/mcp/reading/cursor.ts";
import { selectionFrom } from "../../../src/mcp/reading/include.ts";

const cursor: Cursor = { side: "before", at: { number: 12, offset: 345 }, mark: "abc", selection: selectionFrom(5) };

test("a cursor comes back as it was, for its own conversation only", () => {
  const text = encodeCursor(cursor, "one");
  expect(decodeCursor(text, "one")).toEqual(cursor);
  const refusal: unknown = expect.objectContaining({ code: "InvalidCursor" });
  expect(() => decodeCursor(text, "two")).toThrow(refusal);
  expect(() => decodeCursor(text.replace("12", "13"), "one")).toThrow(refusal);
});
