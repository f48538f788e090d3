import fc from "fast-check";
import { expect, test } from "vitest";
import { LongLine } from "../../src/servers/long-line.ts";

function scanned(line: string, step: number): Pick<LongLine, "id" | "method"> {
  const bytes = Buffer.from(line);
  const long = new LongLine();
  for (let from = 0; from < bytes.length; from += step) long.scan(bytes.subarray(from, from + step));
  expect(long.length).toBe(bytes.length);
  return { id: long.id, method: long.method };
}

test("finds the members anywhere in an object, however it arrives", () => {
  const name = fc.oneof(fc.constantFrom("id", "method", "params", 'a"}', "\\"), fc.string());
  const value = fc.oneof(fc.constantFrom<unknown>(1, -7, "id", 'x\\"', "ping"), fc.jsonValue());
  fc.assert(
    fc.property(
      fc.dictionary(name, value),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(0, 2),
      (members, step, space) => {
        const line = JSON.stringify(members, null, space);
        const { id, method } = JSON.parse(line) as { id?: unknown; method?: unknown };
        const isId = typeof id === "string" || Number.isSafeInteger(id);
        expect(scanned(line, step)).toEqual({
          id: isId ? id : undefined,
          method: typeof method === "string" ? method : undefined,
        });
      },
    ),
  );
});

test.for([
  [`{"params":{"id":1,"method":"inside"},"id":2,"method":"ping"}`, { id: 2, method: "ping" }],
  [`{"params":{"text":"\\"id\\":3,{[\\\\"},"method":"ping","\\u0069d":4}`, { id: 4, method: "ping" }],
  [`{"id":"${"x".repeat(2000)}","method":"ping"}`, { id: undefined, method: "ping" }],
  [`{"id":[5],"method":{"a":1}}`, { id: undefined, method: undefined }],
  [`{"id":5,"method":"cut`, { id: 5, method: undefined }],
  ["x".repeat(5000), { id: undefined, method: undefined }],
  ["[".repeat(5000), { id: undefined, method: undefined }],
  ["]}".repeat(5000), { id: undefined, method: undefined }],
] as const)("%.60s", ([line, expected]) => {
  for (const step of [1, 7, 100_000]) expect(scanned(line, step)).toEqual(expected);
});
