import { expect, test } from "vitest";
import { jsonText } from "../../src/view/json-text.ts";

test("of undefined is null", () => {
  expect(jsonText(undefined)).toBe("null");
});

test("replaces what is nested too deep, and keeps the rest", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 50_000; i++) deep = i % 2 === 0 ? [deep] : { deep };
  const json = jsonText({ deep, beside: "x" });
  expect(json).toContain("[nested deeper than 200 levels]");
  expect(JSON.parse(json)).toMatchObject({ beside: "x" });
});
