import { expect, test } from "vitest";
import { InvalidSessionIdError } from "../../../src/store/errors.ts";
import { isSessionId, requireSessionId } from "../../../src/store/layout/session-id.ts";

const valid = [
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "AAAAAAAA-0000-4000-8000-00000000000a",
  "01890a5d-ac96-774b-bcce-b302099a8057",
];
const invalid: unknown[] = [
  undefined,
  null,
  "",
  5,
  {},
  ["00000000-0000-4000-8000-000000000001"],
  new String("00000000-0000-4000-8000-000000000001"),
  "00000000-0000-4000-8000-00000000000",
  "00000000-0000-4000-8000-0000000000011",
  "00000000-0000-4000-8000-00000000000g",
  "00000000-0000-4000-8000-000000000001\n",
  "\n00000000-0000-4000-8000-000000000001",
  " 00000000-0000-4000-8000-000000000001",
  "00000000000040008000000000000001",
  "{00000000-0000-4000-8000-000000000001}",
  "../00000-0000-4000-8000-000000000001",
  "00000000-0000-4000-8000-000000000001.jsonl",
];

test.each(valid)("%s is a session id, and stays as it is", (id) => {
  expect(isSessionId(id)).toBe(true);
  expect(requireSessionId(id)).toBe(id);
});

test.each(invalid.map((value) => [value]))("%j is none", (value) => {
  expect(isSessionId(value)).toBe(false);
  expect(() => requireSessionId(value)).toThrow(InvalidSessionIdError);
});

test("the error has the official text", () => {
  expect(() => requireSessionId("x")).toThrow(
    expect.objectContaining({ code: "InvalidSessionId", message: "Invalid sessionId: x" }),
  );
});
