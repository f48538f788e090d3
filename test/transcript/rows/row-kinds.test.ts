import { expect, test } from "vitest";
import { RowScan, scanObject } from "../../../src/transcript/rows/json-scanner.ts";
import {
  AI_TITLE,
  ASSISTANT,
  ATTACHMENT,
  CONTINUED_IN,
  CUSTOM_TITLE,
  ESCAPED,
  isForkFact,
  isOfConversation,
  LAST_PROMPT,
  OTHER,
  PROGRESS,
  QUEUE_OPERATION,
  readKind,
  RELOCATED,
  SYSTEM,
  TAG,
  typeOfKind,
  USER,
} from "../../../src/transcript/rows/row-kinds.ts";

const CONVERSATION = [USER, ASSISTANT, SYSTEM, ATTACHMENT, PROGRESS];
const OTHERS = [LAST_PROMPT, QUEUE_OPERATION, TAG, CONTINUED_IN, RELOCATED, CUSTOM_TITLE, AI_TITLE];

function kindOfRow(json: string, isPlain = false): number {
  const bytes = Buffer.from(json);
  const scan = new RowScan();
  expect(scanObject(bytes, 0, bytes.length, scan)).toBe(true);
  return readKind(bytes, scan, isPlain);
}

test("maps each type to its kind and back", () => {
  const types = [...CONVERSATION, ...OTHERS].map((kind) => typeOfKind(kind));
  expect(types.slice(0, 5)).toEqual(["user", "assistant", "system", "attachment", "progress"]);
  expect(types.map((type) => kindOfRow(JSON.stringify({ uuid: "a", type })))).toEqual([...CONVERSATION, ...OTHERS]);
});

test("counts only kinds with a place in the tree as the conversation", () => {
  expect([...CONVERSATION, ...OTHERS, OTHER, ESCAPED].filter(isOfConversation)).toEqual(CONVERSATION);
});

test("knows which types a fork carries over", () => {
  const types = ["relocated", "custom-title", "ai-title", "tools-used", "derived-from", "tag", "user", "mode"];
  expect(types.filter((type) => isForkFact(kindOfRow(JSON.stringify({ type }))))).toEqual(types.slice(0, 5));
});

test.each<[json: string, kind: number]>([
  ['{"type":"user","type":"system"}', SYSTEM],
  ['{"type":"user","type":"usher"}', OTHER],
  ['{"type":"user","type":5}', OTHER],
  ['{"message":{"type":"user"}}', OTHER],
  ['{"tyqe":"user"}', OTHER],
  ['{"type":"us\\u0065r"}', ESCAPED],
  ['{"typ\\u0065":"user"}', ESCAPED],
  ["{}", OTHER],
])("%s", (json, kind) => {
  expect(kindOfRow(json)).toBe(kind);
});

test("does not undo escapes twice", () => {
  expect(kindOfRow('{"type":"a\\"b"}', true)).toBe(OTHER);
});
