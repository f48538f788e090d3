import { describe, expect, test } from "vitest";
import { isFormatKey, isFormatName, isFormatWord, isLink } from "../../../src/bundle/redact/format-names.ts";

const ID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";

describe("names of the format", () => {
  test.for([
    [`${ID}.jsonl`, true],
    [ID, true],
    ["agent-abed.jsonl", true],
    ["agent-acompact-0123456789abcdef.meta.json", true],
    [`${ID}-agent-${ID}.json`, true],
    ["0123456789abcdef@v2", true],
    ["tool-results", true],
    ["-home-jane-shop", false],
    ["jane.txt", false],
    [`agent-jane-${ID}-x.jsonl`, false],
    [`7-sk_live_${ID}.txt`, false],
  ] as const)("a file %s: %s", ([name, is]) => expect(isFormatName(name)).toBe(is));

  test.for([
    ["uuid", ["toolUseResult", "input"], true],
    ["anyNewKey", [], true],
    ["any_new_key", ["message"], true],
    ["korrekthorse", ["message", "content", "[]", "input"], false],
    ["k7korrekthorse", [], false],
  ] as const)("a key %s in %j: %s", ([key, at, is]) => expect(isFormatKey(key, at)).toBe(is));

  test.for([
    ["parentUuid", ID, true],
    ["parentUuid", "jane", false],
    ["agentId", "abed123", true],
    ["tool_use_id", "toolu_01ABC", true],
    ["timestamp", "2026-08-19T16:20:44.217Z", true],
    ["timestamp", "jane's time", false],
    ["content", ID, false],
  ] as const)("%s %s is a link: %s", ([key, value, is]) => expect(isLink(key, value)).toBe(is));

  test("are no secrets", () =>
    expect(["assistant", "parentUuid", "korrekthorse"].map(isFormatWord)).toEqual([true, true, false]));
});
