import { describe, expect, test } from "vitest";
import { type Counted, countWork, tooMuch } from "./work.ts";

test("work that grows with the square is seen, of whatever kind it is", async () => {
  const counted = await countWork("test/scale/control.mjs", { shape: "organizations" });
  expect(counted).toHaveLength(7);
  for (const one of counted) expect(tooMuch(one).join("\n")).toContain(`: ${one.operation} `);
});

/** Surfaces, by what is asked of them. */
const OPERATIONS = ["list", "show", "load", "read_session", "fork", "doctor"];

describe("twice the bytes are no more than twice the work", () => {
  let all: Counted[] = [];
  test("there are counts", async () => {
    all = await countWork("test/scale/operations.ts", { processes: 2 });
    const shapes = new Set(all.map(({ shape }) => shape));
    expect(shapes.size).toBeGreaterThanOrEqual(100);
    expect(all).toHaveLength(shapes.size * OPERATIONS.length);
  });

  test.for(OPERATIONS)("%s", (operation) => {
    const counted = all.filter((one) => one.operation === operation);
    expect(counted.flatMap(tooMuch)).toEqual([]);
    expect(counted).not.toHaveLength(0);
  });
});
