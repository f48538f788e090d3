/**
 * Compares as many generated stores as one asks for, and says what was compared:
 *
 *     --mode plain | <deviation>,… | all (every deviation)    --count stores of each    --from first seed
 *     --tell failures told of each    --small (no file over 64 KiB)
 *     --declared (only the calls that the deviation applies to)
 *     --same (the official functions against themselves)
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { deviations } from "./deviations.ts";
import { official } from "./official.ts";
import { ours } from "./ours.ts";
import { newTotals, runSeed, tellFailure } from "./run.ts";
import { makeUniverse } from "./universe.ts";

const flag = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
};

const pair = { official, ours: process.argv.includes("--same") ? official : ours };
const options = { small: process.argv.includes("--small"), provokedOnly: process.argv.includes("--declared") };
const from = Number(flag("from", "0"));
const count = Number(flag("count", "100"));
const mode = flag("mode", "plain");
const modes = mode === "all" ? deviations.map(({ id }) => id) : mode.split(",");

const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "parity-")));
process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));
const universe = makeUniverse(path.join(root, "u"));
const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0);
const told = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, one]) => `${name} ${one}`)
    .join(", ");

let failed = 0;
for (const each of modes) {
  const totals = newTotals(each);
  const began = Date.now();
  let said = 0;
  for (let seed = from; seed < from + count; seed++) {
    await runSeed(totals, `${each}-${seed}`, pair, universe, options);
    for (; said < Math.min(totals.failures.length, Number(flag("tell", "5"))); said++) {
      const failure = totals.failures[said];
      if (failure !== undefined) console.log(tellFailure(failure));
    }
  }
  failed += totals.failures.length;
  const shows =
    each === "plain"
      ? `${totals.plain} of them without any deviation`
      : `${totals.showing} of them show the declared result`;
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  console.log(
    `${each}: ${totals.stores} stores, ${shows}; ${sum(totals.calls)} calls compared, ${totals.failures.length} differ (${seconds} s)`,
  );
  if (modes.length === 1) console.log(`calls: ${told(totals.calls)}\nstores with: ${told(totals.features)}`);
  if (sum(totals.shown) > 0) console.log(`calls that showed a deviation: ${told(totals.shown)}`);
}
process.exitCode = failed > 0 ? 1 : 0;
