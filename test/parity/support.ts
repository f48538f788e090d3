/** What the parity tests share. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Pair } from "./compare.ts";
import { newTotals, runSeed, type Totals } from "./run.ts";
import { makeUniverse } from "./universe.ts";

/** Runs the first stores of a kind in a directory of their own. */
export async function runSome(
  mode: string,
  count: number,
  pair: Pair,
  { from = 0, small = false } = {},
): Promise<Totals> {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "parity-")));
  try {
    const universe = makeUniverse(path.join(root, "u"));
    const totals = newTotals(mode);
    for (let seed = from; seed < from + count; seed++)
      await runSeed(totals, `${mode}-${seed}`, pair, universe, { small });
    return totals;
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
}
