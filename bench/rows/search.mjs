/** Searches of everything, in a warm and in a fresh process, and beside ripgrep and claude-historian-mcp if they are installed. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { CLASSES } from "../search-queries.mjs";
import { report, reportRatio } from "../table.mjs";
import { median } from "../turns.mjs";

const QUERIES = 200;
const MEDIAN_MS = 30;
const SLOW_MS = 120;
const CLASS_MS = 150;
/** Queries that are also given to fresh processes and other programs. */
const SOME = 18;

const bench = path.resolve(import.meta.dirname, "..");
const CLI = path.resolve(bench, "../dist/cli.js");
const peers = path.join(bench, "peers", "node_modules");
const RIPGREP = path.join(peers, "@vscode", `ripgrep-${process.platform}-${process.arch}`, "bin", "rg");
const HISTORIAN = path.join(peers, "claude-historian-mcp", "dist", "index.js");

export async function measureSearch({ store, what }) {
  const cache = mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-bench-cache-"));
  const env = { ...process.env, CLAUDE_CONFIG_DIR: store, XDG_CACHE_HOME: cache };
  try {
    const args = [path.join(bench, "search.mjs"), String(QUERIES)];
    const runs = JSON.parse(execFileSync(process.execPath, args, { env, encoding: "utf8", maxBuffer: 1 << 26 }));
    reportWarm(runs, what);
    const some = runs.slice(0, SOME);
    reportFresh(some, what, env);
    reportRipgrep(some, what, store);
    await reportHistorian(some, what, store);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

function reportWarm(runs, what) {
  const cpu = runs.map(({ cpuMs }) => cpuMs);
  const name = `${what}: ${runs.length} searches, warm, CPU`;
  reportRatio(`${name}: median / ${MEDIAN_MS} ms`, { base: MEDIAN_MS, value: median(cpu), most: 1 });
  reportRatio(`${name}: 95 % / ${SLOW_MS} ms`, { base: SLOW_MS, value: most(cpu, 0.95), most: 1 });
  for (const kind of CLASSES) {
    const own = runs.filter((run) => run.kind === kind).map(({ cpuMs }) => cpuMs);
    if (own.length === 0) continue;
    report(`… ${kind}: median`, { ours: { ms: median(own) } });
    reportRatio(`… ${kind}: 95 % / ${CLASS_MS} ms`, { base: CLASS_MS, value: most(own, 0.95), most: 1 });
  }
}

/** The start of a process and one search, against that of `node -e 0` and a warm search. */
function reportFresh(runs, what, env) {
  const times = { node: [], search: [] };
  for (const { query } of runs) {
    times.node.push(timeOf(process.execPath, ["-e", "0"], env));
    times.search.push(timeOf(process.execPath, [CLI, "search", "--json", query], env));
  }
  const base = 2.5 * median(times.node) + median(runs.map(({ ms }) => ms));
  const name = `${what}: search as a process / 2.5 × node -e 0 and a search`;
  reportRatio(name, { base, value: median(times.search), most: 1 });
}

function reportRipgrep(runs, what, store) {
  if (!existsSync(RIPGREP)) return console.log("  ripgrep is not installed in bench/peers");
  const projects = path.join(store, "projects");
  const times = runs.map(({ word }) => timeOf(RIPGREP, ["-ilF", "--no-ignore", "--hidden", "--", word, projects]));
  const ours = { ms: median(runs.map(({ ms }) => ms)) };
  report(`${what}: ripgrep -ilF / search, warm`, { official: { ms: median(times) }, ours });
}

/** Returns the time of a process, ms. */
function timeOf(file, args, env = process.env) {
  const began = performance.now();
  const { error } = spawnSync(file, args, { env, stdio: "ignore" });
  if (error !== undefined) throw error;
  return performance.now() - began;
}

async function reportHistorian(runs, what, store) {
  if (!existsSync(HISTORIAN)) return console.log("  claude-historian-mcp is not installed in bench/peers");
  const home = mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-bench-home-"));
  mkdirSync(path.join(home, ".claude"));
  symlinkSync(path.join(store, "projects"), path.join(home, ".claude", "projects"));
  const times = [];
  const matched = runs.filter(({ total }) => total > 0);
  let missed = 0;
  try {
    for (const { query } of matched) {
      // A process for each query: after one that finds nothing, it finds nothing any more.
      const server = startHistorian(home);
      await server.call(query);
      const began = performance.now();
      const { content } = await server.call(query);
      times.push(performance.now() - began);
      if (isEmpty(content)) missed++;
      server.stop();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  const ours = { ms: median(matched.map(({ ms }) => ms)) };
  report(`${what}: claude-historian-mcp, the same again / search, warm`, { official: { ms: median(times) }, ours });
  console.log(`  claude-historian-mcp finds nothing for ${missed} of ${matched.length} queries that sessions match`);
}

function startHistorian(home) {
  const server = spawn(process.execPath, [HISTORIAN], {
    env: { ...process.env, HOME: home },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const answers = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  let id = 0;
  const ask = async (method, params) => {
    server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params })}\n`);
    for (;;) {
      const { value } = await answers.next();
      const answer = value.startsWith("{") ? JSON.parse(value) : {};
      if (answer.id === id) return answer.result;
    }
  };
  const clientInfo = { name: "bench", version: "1" };
  const ready = ask("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
  return {
    call: async (query) => {
      await ready;
      return ask("tools/call", { name: "search_conversations", arguments: { query } });
    },
    stop: () => server.kill(),
  };
}

/** It says how many results it has, after the query. */
const isEmpty = ([{ text }]) => /\| 0 results/.test(text);
const most = (numbers, part) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * part)];
