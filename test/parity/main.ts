import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { checkStore, type Failure, isPlain, makeScratch, type Report } from "./check.ts";
import { deviations as declared } from "./deviations.ts";
import { official } from "./official.ts";
import { ours } from "./ours.ts";
import { Rng } from "./rng.ts";
import { generateStore } from "./store.ts";
import { makeUniverse } from "./universe.ts";

/** `main.ts --mode plain|<deviation>|all --count N --from N --verbose` */
const flag = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
};
const same = process.argv.includes("--same");
const pair = { official, ours: same ? official : ours };

const root = fs.mkdtempSync(path.join(os.tmpdir(), "parity-"));
process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));
const universe = makeUniverse(path.join(root, "u"));
const from = Number(flag("from", "0"));
const modes = flag("mode", "plain") === "all" ? declared.map(({ id }) => id) : flag("mode", "plain").split(",");
let failed = 0;

for (const mode of modes) {
  const total: Report = { calls: {}, shown: {}, deviating: 0, failures: [] };
  const started = Date.now();
  let stores = 0;
  let showing = 0;
  let plain = 0;
  for (let n = from; n < from + Number(flag("count", "100")); n++) {
    const seed = `${mode}-${n}`;
    const provoked = declared.find(({ id }) => id === mode);
    let store = generateStore(seed, universe, provoked === undefined ? { accept: (one) => isPlain(one, declared) } : provoked.generate);
    if (provoked !== undefined) store = provoked.provoke(new Rng(`${seed}/provoke`), store, universe);
    const scratch = makeScratch(root);
    const report = await checkStore(store, pair, { deviations: declared, scratch, provoked });
    fs.rmSync(scratch, { recursive: true, force: true });
    stores++;
    if (report.deviating === 0) plain++;
    if ((report.shown[mode] ?? 0) > 0 && report.failures.length === 0) showing++;
    for (const [fn, count] of Object.entries(report.calls)) total.calls[fn] = (total.calls[fn] ?? 0) + count;
    for (const [id, count] of Object.entries(report.shown)) total.shown[id] = (total.shown[id] ?? 0) + count;
    for (const failure of report.failures) tell(failure, total);
  }
  failed += total.failures.length;
  const calls = Object.values(total.calls).reduce((sum, count) => sum + count, 0);
  console.log(`${mode}: ${stores} stores, ${plain} without any deviation, ${showing} showing it, ${calls} calls compared, ${total.failures.length} different, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (process.argv.includes("--counts")) console.log(JSON.stringify({ calls: total.calls, shown: total.shown }));
}
process.exitCode = failed > 0 ? 1 : 0;

function tell(failure: Failure, total: Report): void {
  total.failures.push(failure);
  if (total.failures.length > Number(flag("tell", "5"))) return;
  const { expected, actual } = failure;
  let at = 0;
  while (at < expected.length && expected[at] === actual[at]) at++;
  const cut = (text: string): string => text.slice(Math.max(0, at - 160), at + 300);
  console.log(`DIFF ${failure.seed} ${failure.call.fn}(${JSON.stringify(failure.call.args)?.slice(1, -1)}) [${failure.deviations.join(", ")}] at ${at}\n  expected ${cut(expected)}\n  actual   ${cut(actual)}`);
}
