/**
 * Computes what sessions cost without any code of src, by JSON.parse of every row, and compares it with `stats`: cent by
 * cent, for every session, model and day, and in total.
 *
 *     node scripts/check-cost.mjs DIR…                    config dirs; needs a build
 *     node scripts/check-cost.mjs --generated N           N made-up stores with forks, copies, subagents and records; with --ccusage without forks
 *     node scripts/check-cost.mjs --ccusage PATH DIR…     also against ccusage (bench/peers), session by session
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { generateStore } from "./check-cost/generate.mjs";
import { readCharges, spendOf, unrecordedOf } from "./check-cost/truth.mjs";

const CLI = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "dist", "cli.js");
/** Half a cent, in micro-dollars: a larger difference may be another cent. */
const HALF_CENT = 5000;

const { values, positionals } = parseArgs({
  options: { ccusage: { type: "string" }, generated: { type: "string", default: "0" } },
  allowPositionals: true,
});
const generated = Number(values.generated);
if (positionals.length === 0 && !(generated > 0)) {
  console.error("usage: node scripts/check-cost.mjs [--ccusage PATH] [--generated N] [DIR…]");
  process.exit(2);
}
let failures = 0;
let cache = "";
function check(dir) {
  const charges = readCharges(dir);
  const { spend } = spendOf(charges);
  const unrecorded = unrecordedOf(charges, spend);
  for (const extra of [[], ["--no-index"]]) {
    const name = `${dir}${extra.length === 0 ? "" : " without the index"}`;
    const bySession = stats(dir, "session", extra);
    compare(
      `${name}: sessions`,
      sumBy([...spend, ...unrecorded], ({ session }) => session),
      costs(bySession),
    );
    compare(
      `${name}: models`,
      sumBy([...spend, ...unrecorded], ({ model }) => model),
      costs(stats(dir, "model", extra)),
    );
    compare(
      `${name}: days`,
      sumBy([...spend, ...unrecorded], ({ ts }) => utcDay(ts)),
      costs(stats(dir, "day", extra)),
    );
    const total = [...spend, ...unrecorded].reduce((sum, { micros }) => sum + micros, 0);
    compare(`${name}: total`, new Map([["", total]]), new Map([["", bySession.totals.cost]]));
    const requests = spend.length;
    if (bySession.totals.requests !== requests) fail(`${name}: ${bySession.totals.requests} requests, not ${requests}`);
  }
  if (values.ccusage !== undefined) compareWithCcusage(dir, charges);
}

/** Compares with ccusage, which neither reads `agent_progress` rows nor cost-state rows. */
function compareWithCcusage(dir, charges) {
  const { spend } = spendOf(charges.filter(({ isProgress, isRecord }) => !isProgress && !isRecord));
  const env = { ...process.env, CLAUDE_CONFIG_DIR: dir };
  const out = execFileSync(values.ccusage, ["session", "--json", "--offline"], { env, maxBuffer: 2 ** 28 });
  const theirs = new Map();
  // It knows the models up to its own publication, and says nothing of the others.
  const unknown = new Set();
  for (const { period, modelBreakdowns } of JSON.parse(out).session) {
    for (const { modelName, cost, ...tokens } of modelBreakdowns) {
      theirs.set(period, (theirs.get(period) ?? 0) + cost * 1e6);
      if (cost === 0 && Object.values(tokens).some((count) => count > 0)) unknown.add(modelName);
    }
  }
  if (unknown.size > 0) console.log(`  ccusage does not know ${[...unknown].join(", ")}`);
  const known = spend.filter(({ model }) => !unknown.has(model));
  compare(
    `${dir}: ccusage`,
    sumBy(known, ({ session }) => session),
    theirs,
  );
  const all = spendOf(charges).spend.reduce((sum, { micros }) => sum + micros, 0);
  const without = spend.reduce((sum, { micros }) => sum + micros, 0);
  console.log(`  $${usd(all - without)} of $${usd(all)} is in agent_progress rows only`);
}

function stats(dir, by, extra) {
  const args = [CLI, "stats", "--json", "--by", by, "--config-dir", dir, ...extra];
  const env = { ...process.env, TZ: "UTC", XDG_CACHE_HOME: cache };
  return JSON.parse(execFileSync(process.execPath, args, { env, maxBuffer: 2 ** 28 }));
}

const costs = ({ groups }) => new Map(groups.map(({ key, cost }) => [key, cost]));

function compare(name, expected, actual) {
  const keys = new Set([...expected.keys(), ...actual.keys()]);
  const wrong = [...keys].filter((key) => Math.abs((expected.get(key) ?? 0) - (actual.get(key) ?? 0)) > HALF_CENT);
  const sum = [...expected.values()].reduce((total, value) => total + value, 0);
  console.log(`${wrong.length === 0 ? "equal" : "WRONG"}  ${name}: ${keys.size}, $${usd(sum)}`);
  for (const key of wrong.slice(0, 10))
    fail(`  ${key}: ${usd(actual.get(key) ?? 0)}, not ${usd(expected.get(key) ?? 0)}`);
  if (wrong.length > 10) fail(`  and ${wrong.length - 10} more`);
}

function sumBy(list, keyOf) {
  const sums = new Map();
  for (const one of list) sums.set(keyOf(one), (sums.get(keyOf(one)) ?? 0) + one.micros);
  return sums;
}

function fail(text) {
  failures++;
  console.log(text);
}

const usd = (micros) => (micros / 1e6).toFixed(4);
const utcDay = (ts) => (ts === 0 ? "" : new Date(ts * 1000).toISOString().slice(0, 10));

cache = mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-cost-"));
try {
  for (const dir of positionals) check(path.resolve(dir));
  for (let seed = 1; seed <= generated; seed++) {
    const dir = path.join(cache, `generated-${seed}`);
    // ccusage knows no records, regions and searches, and charges forks elsewhere.
    generateStore(dir, { seed, sessions: 20, plain: values.ccusage !== undefined });
    check(dir);
  }
} finally {
  rmSync(cache, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
