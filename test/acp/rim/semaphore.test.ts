import { expect, test } from "vitest";
import { semaphore } from "../../../src/acp/rim/semaphore.ts";

const never = new AbortController().signal;
const tick = () => new Promise((resolve) => setImmediate(resolve));

test("at most `permits` run at a time, in order", async () => {
  const turn = semaphore(2);
  const log: string[] = [];
  const ends = new Map<number, () => void>();
  const work = (n: number) => () =>
    new Promise<number>((resolve) => {
      log.push(`start ${n}`);
      ends.set(n, () => resolve(n));
    });
  const all = Promise.all([1, 2, 3, 4].map((n) => turn(never, work(n))));
  await tick();
  expect(log).toEqual(["start 1", "start 2"]);
  ends.get(2)?.();
  await tick();
  expect(log).toEqual(["start 1", "start 2", "start 3"]);
  ends.get(1)?.();
  await tick();
  ends.get(3)?.();
  ends.get(4)?.();
  expect(await all).toEqual([1, 2, 3, 4]);
});

test("work that fails releases its permit", async () => {
  const turn = semaphore(1);
  await expect(turn(never, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await turn(never, () => Promise.resolve("yes"))).toBe("yes");
});

test("an aborted waiter takes no permit", async () => {
  const turn = semaphore(1);
  let end = (): void => undefined;
  const first = turn(never, () => new Promise<void>((resolve) => (end = resolve)));
  const stop = new AbortController();
  const second = turn(stop.signal, () => Promise.resolve("ran"));
  const third = turn(never, () => Promise.resolve("ran"));
  stop.abort(new Error("enough"));
  await expect(second).rejects.toThrow("enough");
  await expect(turn(stop.signal, () => Promise.resolve("ran"))).rejects.toThrow("enough");
  end();
  await first;
  expect(await third).toBe("ran");
});
