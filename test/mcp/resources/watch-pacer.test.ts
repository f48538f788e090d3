import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pacer } from "../../../src/mcp/resources/watch-pacer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** When each key was told, while both change every 10 ms for three seconds. */
function run(pacer: Pacer): Map<string, number[]> {
  const told = new Map<string, number[]>();
  for (let time = 0; time < 3000; time += 10) {
    for (const key of ["a", "b"]) pacer.due(key, () => told.set(key, [...(told.get(key) ?? []), performance.now()]));
    vi.advanceTimersByTime(10);
  }
  return told;
}

test("reports many changes soon, then once a second, for each key separately", () => {
  const began = performance.now();
  const told = run(new Pacer(1000));
  expect([...told.keys()]).toEqual(["a", "b"]);
  for (const times of told.values()) {
    expect(times[0]).toBeLessThanOrEqual(began + 100);
    expect(times).toHaveLength(3);
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
  }
});

test("reports the last change too", () => {
  const pacer = new Pacer(1000);
  let told = 0;
  pacer.due("a", () => told++);
  vi.advanceTimersByTime(100);
  expect(told).toBe(1);
  pacer.due("a", () => told++);
  vi.advanceTimersByTime(900);
  expect(told).toBe(1);
  vi.advanceTimersByTime(100);
  expect(told).toBe(2);
  vi.advanceTimersByTime(10_000);
  expect(told).toBe(2);
});

test("reports nothing after cancel or close", () => {
  const pacer = new Pacer(1000);
  const told: string[] = [];
  for (const key of ["a", "b", "c"]) pacer.due(key, () => told.push(key));
  pacer.cancel("a");
  vi.advanceTimersByTime(100);
  expect(told).toEqual(["b", "c"]);
  pacer.due("b", () => told.push("late"));
  pacer.close();
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual(["b", "c"]);
  expect(vi.getTimerCount()).toBe(0);
});
