import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startProgress } from "../../../src/cli/terminal/progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What stands on the line of a terminal after everything that was written to it. */
function screen(): { isTTY: boolean; write: (text: string) => void; line: () => string } {
  let line = "";
  const write = (text: string): void => {
    for (const part of text.split("\r").slice(text.startsWith("\r") ? 1 : 0)) line = part.replace("\u001B[K", "");
  };
  return { isTTY: true, write, line: () => line };
}

test("appears after a second, and disappears at the end", () => {
  const stderr = screen();
  const progress = startProgress("Reading", stderr);
  vi.advanceTimersByTime(900);
  expect(stderr.line()).toBe("");
  vi.advanceTimersByTime(200);
  expect(stderr.line()).toBe("Reading … 1 s");
  vi.advanceTimersByTime(3000);
  expect(stderr.line()).toBe("Reading … 4 s");
  progress.stop();
  expect(stderr.line()).toBe("");
  vi.advanceTimersByTime(5000);
  expect(stderr.line()).toBe("");
});

test("goes when something else is printed, and comes back when nothing is for a second", () => {
  const stderr = screen();
  const progress = startProgress("Reading", stderr);
  vi.advanceTimersByTime(1500);
  progress.clear();
  expect(stderr.line()).toBe("");
  vi.advanceTimersByTime(500);
  expect(stderr.line()).toBe("");
  vi.advanceTimersByTime(1000);
  expect(stderr.line()).toBe("Reading … 3 s");
  progress.stop();
});

test("is no business of a file or a pipe", () => {
  const stderr = { ...screen(), isTTY: false };
  const progress = startProgress("Reading", stderr);
  vi.advanceTimersByTime(5000);
  progress.stop();
  expect(stderr.line()).toBe("");
});

test("has a bar once it is told how much is done", () => {
  const stderr = screen();
  const progress = startProgress("Reading", stderr);
  progress.report(0, 0);
  vi.advanceTimersByTime(1100);
  expect(stderr.line()).toBe("Reading … 1 s");
  progress.report(50, 100);
  vi.advanceTimersByTime(250);
  expect(stderr.line()).toBe("Reading … [############------------] 50 % 1 s");
  progress.report(300, 200);
  vi.advanceTimersByTime(250);
  expect(stderr.line()).toBe("Reading … [########################] 100 % 2 s");
  progress.stop();
  expect(stderr.line()).toBe("");
});
