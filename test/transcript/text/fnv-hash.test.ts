import { expect, test } from "vitest";
import { fnvHash } from "../../../src/transcript/text/fnv-hash.ts";

/** Published values of 32-bit FNV-1a. */
test.for([
  ["", 0x811c9dc5],
  ["a", 0xe40c292c],
  ["foobar", 0xbf9cf968],
] as const)("%j", ([text, expected]) => {
  expect(fnvHash(text)).toBe(expected);
});

test("another basis gives another hash", () => {
  expect(fnvHash("a", 1)).not.toBe(fnvHash("a"));
});
