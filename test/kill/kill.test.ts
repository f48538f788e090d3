import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { timing } from "../../src/store/timing.ts";
import { imports } from "./import-operations.ts";
import { moves } from "./move-operations.ts";
import { killAt } from "./kill-at.ts";
import { type Operation, operations } from "./operations.ts";
import { repairs } from "./repair-operations.ts";
import { run } from "./run.ts";
import { saves } from "./save-operations.ts";
import { hasTwoFileSystems, makeStore } from "./store.ts";

/** Processes at once. */
const AT_ONCE = 2;
/** A limit is there to end a hang; each point is a process of its own. */
const LONG = { timeout: 1_800_000 };

timing.quietMs = 0;

/** A writer that makes no more calls than these is killed before and after every one of them. */
const FEW_CALLS = 60;

/** Calls that change the disk, or make a change last. Around the others there is one state of the disk. */
const CHANGING = /^(?:chmod|fchmod|fsync|link|lutimes|mkdir|open|rename|rmdir|symlink|unlink|utimes|write)Sync$/;

/**
 * Every writer is killed (SIGKILL) in every state that the disk goes through: before each of its file-system calls that
 * changes something, and after the last; with `KILL_POINTS=all` before and after every call. After each kill nothing may
 * be lost, half-written or unreadable, and a second run has to finish the job or say why not.
 */
test.for([...operations, ...moves, ...saves, ...imports, ...repairs])(
  "$title, killed at every point",
  LONG,
  async (operation, { skip }) => {
    if (operation.apart && !hasTwoFileSystems) skip("there is no second file system");
    const calls = await callsOf(operation);
    const everywhere = process.env["KILL_POINTS"] === "all" || (!operation.variant && calls.length <= FEW_CALLS);
    const lastChange = calls.findLastIndex((name) => CHANGING.test(name));
    const points = calls.flatMap((name, i) => {
      if (!everywhere && !CHANGING.test(name)) return [];
      // After a change the disk is as it is before the next one.
      const killsAt = everywhere || i === lastChange ? ["before", "after"] : ["before"];
      return killsAt.map((when) => ({ name, killAt: `${when}:${i + 1}` }));
    });
    const problems: string[] = [];
    let done = 0;
    const worker = async (): Promise<void> => {
      for (let point = points[done++]; point !== undefined; point = points[done++]) {
        for (const problem of await killAt(operation, point.killAt))
          problems.push(`${point.killAt} ${point.name}: ${problem}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    console.info(`${operation.title}: ${calls.length} calls, killed at ${points.length} points`);
    expect(problems).toEqual([]);
    expect(points.length).toBeGreaterThan(10);
  },
);

test("the points are all calls that the one door to the disk makes", () => {
  const found = (file: string, pattern: RegExp): unknown[] => {
    const text = fs.readFileSync(path.resolve(import.meta.dirname, file), "utf8");
    return [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
  };
  const wrapped = found("wrapped.mjs", /^ {2}"([\w.]+)",$/gm);
  expect(found("../../src/store/disk/fs.ts", /\bfs\.(\w+Sync(?:\.native)?)\(/g)).toEqual(wrapped);
});

/** The calls of an undisturbed run. */
async function callsOf(operation: Operation): Promise<readonly string[]> {
  const store = makeStore(operation);
  try {
    await operation.prepare(store);
    const { calls, error } = await run(operation.call(store), "count");
    if (error !== undefined) throw new Error(error);
    return calls;
  } finally {
    store.remove();
  }
}
