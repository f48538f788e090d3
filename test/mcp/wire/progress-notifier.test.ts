import { expect, test } from "vitest";
import { progressTo } from "../../../src/mcp/wire/progress-notifier.ts";

/** What is sent, when the call goes on as told: pairs of a time and how far it has come. */
function sent(steps: readonly (readonly [time: number, done: number])[], token: string | undefined = "t"): number[] {
  const told: number[] = [];
  let now = 0;
  const progress = progressTo(
    token,
    ({ progress: done }) => told.push(done),
    () => now,
  );
  for (const [time, done] of steps) {
    now = time;
    progress(done, 100);
  }
  return told;
}

test("nothing in the first half second, then at most five a second", () => {
  const steps = Array.from({ length: 200 }, (_, n) => [n * 10, n + 1] as const);
  const told = sent(steps);
  expect(told[0]).toBe(51);
  expect(told).toEqual([51, 71, 91, 111, 131, 151, 171, 191]);
});

test("it never goes back, nor stays", () => {
  const steps = [
    [600, 5],
    [900, 5],
    [1200, 4],
    [1500, 6],
  ] as const;
  expect(sent(steps)).toEqual([5, 6]);
});

test("sends nothing without a token", () => {
  const told: unknown[] = [];
  progressTo(
    undefined,
    (one) => told.push(one),
    () => 10_000,
  )(1);
  expect(told).toEqual([]);
});

test("sends total and message only if given", () => {
  const told: object[] = [];
  let now = 0;
  const progress = progressTo(
    7,
    (one) => told.push(one),
    () => now,
  );
  now = 600;
  progress(1);
  now = 900;
  progress(2, 3, "files");
  expect(told).toEqual([
    { progressToken: 7, progress: 1 },
    { progressToken: 7, progress: 2, total: 3, message: "files" },
  ]);
});
