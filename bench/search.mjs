/**
 * Searches in a warm process: `node search.mjs COUNT`, with CLAUDE_CONFIG_DIR and XDG_CACHE_HOME set. Builds the index first
 * if there is none. Prints one line of JSON: for each query its class, CPU time and wall time in ms, and the total.
 */
import { performance } from "node:perf_hooks";
import { searchTranscripts } from "../dist/index.js";
import { makeQueries } from "./search-queries.mjs";

/** Queries before those that count. */
const WARM_UP = 40;

const queries = makeQueries(process.env.CLAUDE_CONFIG_DIR, Number(process.argv[2]));
await searchTranscripts({ query: "warm" });
for (const { query } of queries.slice(0, WARM_UP)) await searchTranscripts({ query });
const results = [];
for (const { kind, query, word } of queries) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const { total, totalIs, searched } = await searchTranscripts({ query });
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  results.push({ kind, query, word, ms, cpuMs: (user + system) / 1000, total, totalIs, searched });
}
console.log(JSON.stringify(results));
