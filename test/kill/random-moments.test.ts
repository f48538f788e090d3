import { expect, test } from "vitest";
import { timing } from "../../src/store/timing.ts";
import { imports } from "./import-operations.ts";
import { killAt } from "./kill-at.ts";
import { moves } from "./move-operations.ts";
import { type Operation, operations } from "./operations.ts";
import { repairs } from "./repair-operations.ts";
import { run } from "./run.ts";
import { saves } from "./save-operations.ts";
import { makeStore } from "./store.ts";

/** `RANDOM_KILLS=300 npx vitest run test/kill/random-moments` */
const KILLS = Number(process.env["RANDOM_KILLS"] ?? 2);
const LONG = { timeout: 3_600_000 };

timing.quietMs = 0;

const all = [...operations, ...moves, ...saves, ...imports, ...repairs].filter(({ apart }) => !apart);

test.for(all)("$title, killed at random moments", LONG, async (operation) => {
  const ms = await durationOf(operation);
  const problems: string[] = [];
  for (let i = 0; i < KILLS; i++) {
    const after = Math.random() * ms;
    for (const problem of await killAt(operation, `after-ms:${after}`)) problems.push(`${after} ms: ${problem}`);
  }
  expect(problems).toEqual([]);
});

async function durationOf(operation: Operation): Promise<number> {
  const store = makeStore(operation);
  try {
    await operation.prepare(store);
    const { ms, error } = await run(operation.call(store), "count");
    if (error !== undefined || ms === undefined) throw new Error(error ?? "no duration");
    return ms;
  } finally {
    store.remove();
  }
}
