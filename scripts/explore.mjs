/**
 * Runs the property tests with new random seeds, to find cases that the fixed seed never draws.
 *
 *     npm run test:explore -- [--rounds 3] [--runs 200] [FILE...]
 *
 * A failure's line has the file, the property, the seed and the path; CONTRIBUTING.md says how to repeat it. Exits
 * with 1 if there was one.
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const VITEST = path.join(root, "node_modules/vitest/vitest.mjs");
const PROJECTS = ["unit", "store", "two-file-systems"].flatMap((name) => ["--project", name]);
/** Imports of tests that draw random values. */
const DRAWS = /from "fast-check"|\/support\/runs\.ts"/;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "3" }, runs: { type: "string", default: "200" } },
});
const files = positionals.length > 0 ? positionals : filesThatDraw();
const failed = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const seed = String(randomInt(2 ** 31));
  console.log(`seed ${seed}, ${values.runs} runs of each property`);
  const env = { ...process.env, TEST_SEED: seed, TEST_RUNS: values.runs };
  const { status } = spawnSync(process.execPath, [VITEST, "run", ...PROJECTS, ...files], {
    cwd: root,
    env,
    stdio: "inherit",
  });
  if (status !== 0) failed.push(seed);
}
console.log(failed.length === 0 ? "no seed failed" : `failed: seed ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function filesThatDraw() {
  return readdirSync(path.join(root, "test"), { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => path.join("test", name))
    .filter((name) => DRAWS.test(readFileSync(path.join(root, name), "utf8")));
}
