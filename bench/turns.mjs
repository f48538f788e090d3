/** Alternating measurements, each in a process of its own. */
import { execFileSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const MEASURE = fileURLToPath(new URL("measure.mjs", import.meta.url));

/** Runs the measurements in turns, `rounds` times. Returns the median of each, and the largest RSS. */
export function compare(rounds, cases) {
  const runs = Object.keys(cases).map((name) => [name, []]);
  for (let round = 0; round < rounds; round++) {
    for (const [name, results] of runs) results.push(cases[name]());
  }
  return Object.fromEntries(runs.map(([name, results]) => [name, summary(results)]));
}

function summary(results) {
  return {
    ms: median(results.map((result) => (Array.isArray(result.ms) ? result.ms[0] : result.ms))),
    laterMs: median(results.map((result) => result.laterMs ?? Number.NaN)),
    processMs: median(results.map((result) => result.processMs)),
    maxRssMb: Math.max(...results.map((result) => result.maxRssMb)),
    counts: new Set(results.map((result) => result.count)),
  };
}

/** Runs a case of measure.mjs. */
export function child(configDir, implementation, name, options) {
  const env = { ...process.env, CLAUDE_CONFIG_DIR: configDir };
  const args = [MEASURE, implementation, name, JSON.stringify(options)];
  const began = performance.now();
  const output = execFileSync(process.execPath, args, { env, encoding: "utf8", maxBuffer: 1 << 26 });
  return { processMs: performance.now() - began, ...JSON.parse(output) };
}

/** Returns the result of a warm process: the median of all calls except the first. */
export function warmed(result) {
  return { ...result, ms: median(result.ms.slice(1)) };
}

export function firstAndLater(result) {
  return { ...result, ms: result.ms[0], laterMs: median(result.ms.slice(1)) };
}

export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
