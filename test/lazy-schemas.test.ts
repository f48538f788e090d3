import { expect, test } from "vitest";
import { withLazySchemas } from "../scripts/lazy-schemas.mjs";

const NAME = /z[A-Z]\w*/;
const CODE = `
import * as z from "${import.meta.resolve("zod")}";
export let made = 0;
const counted = (schema) => (made++, schema);
export const zName = counted(z.string().min(1));
export const zPerson = counted(z.object({
  name: zName,
}));
`;

const load = async (code: string): Promise<Record<string, unknown>> =>
  (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Record<string, unknown>;

test("makes a schema when it is first used, and stands for it in everything", async () => {
  const lazy = (await load(withLazySchemas(CODE, NAME))) as { made: number; zPerson: Schema; zName: Schema };
  const eager = (await load(CODE)) as typeof lazy;
  expect([lazy.made, eager.made]).toEqual([0, 2]);
  expect(lazy.zPerson.parse({ name: "a" })).toEqual({ name: "a" });
  expect(() => lazy.zPerson.parse({ name: "" })).toThrow(/name/);
  expect(lazy.made).toBe(2);
  expect(eager.zPerson.parse({ name: "a" })).toEqual({ name: "a" });
  expect(Reflect.ownKeys(lazy.zPerson)).toEqual(Reflect.ownKeys(eager.zPerson));
  expect(Object.keys({ ...lazy.zPerson })).toEqual(Object.keys({ ...eager.zPerson }));
  expect(lazy.zPerson.parse).toBe(lazy.zPerson.parse);
  expect("safeParse" in lazy.zPerson).toBe(true);
  expect(Object.getPrototypeOf(lazy.zName)).toBe(Object.getPrototypeOf(eager.zName));
});

interface Schema {
  readonly parse: (this: void, value: unknown) => unknown;
}

test.for([
  ["none", "export const other = 1;\n"],
  ["a half", "export const zA = z.string();\nexport let zB = z.string();\n"],
  ["one that goes on", "export const zA = z.string();\nexport const zB = [\nz.string()];\nexport const zC\n= 1;\n"],
])("fails on a file of which it understands %s", ([, code]) => {
  expect(() => withLazySchemas(code as string, NAME)).toThrow("have the known form");
});
