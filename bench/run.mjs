/**
 * Measures the built package against the official Agent SDK, in turns, and says whether the targets are met.
 *
 *     node bench/run.mjs [--sessions 10000] [--projects 50] [--megabytes 200] [--acp-megabytes 50] [--rounds 5]
 *                        [--mcp-megabytes 500] [--only TEXT] [--shape TEXT] [--cache DIR] [--store DIR] [--copied-store DIR] [--single DIR] [--acp-single DIR]
 *
 * Each measurement is a process of its own, so that neither side warms up or bloats the other; medians count. Stores are
 * made once under --cache (5 GB each by default); the last four options give config dirs that exist already. Ends with 1
 * when a target is missed.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadSession, timeOfNode, timeToFirstLine, timeToInitialize } from "./acp.mjs";
import { bytesOfToolsList, readPages, readSlices, timeOfPass, timeToMcpInitialize } from "./mcp.mjs";
import { incumbent } from "./peers/agents.mjs";
import { measureScale } from "./scale.mjs";
import { fileOfSingle, LONG_ROW, makeLongRow, makeSingle, makeStore, SINGLE_SESSION } from "./store.mjs";

const MEASURE = fileURLToPath(new URL("measure.mjs", import.meta.url));
/** Memory that a list, and everything that streams, may take: MB of RSS, Node itself included. */
const LIST_RSS_MB = 250;
const STREAM_RSS_MB = 150;
const MCP_RSS_MB = 200;
/** A page of a conversation that lies open already, ms. */
const LATER_PAGE_MS = 50;
const TOOLS_LIST_BYTES = 12_000;
const PAGE = 50;

const { values } = parseArgs({
  options: {
    sessions: { type: "string", default: "10000" },
    projects: { type: "string", default: "50" },
    megabytes: { type: "string", default: "200" },
    "acp-megabytes": { type: "string", default: "50" },
    "mcp-megabytes": { type: "string", default: "500" },
    rounds: { type: "string", default: "5" },
    shape: { type: "string", default: "" },
    only: { type: "string", default: "" },
    cache: { type: "string", default: path.join(os.tmpdir(), "claude-transcripts-bench") },
    store: { type: "string" },
    "copied-store": { type: "string" },
    single: { type: "string" },
    "acp-single": { type: "string" },
  },
});
const sessions = Number(values.sessions);
const projects = Number(values.projects);
const rounds = Number(values.rounds);
let missed = 0;

console.log(
  `Node ${process.version}, ${os.platform()} ${os.arch()}, ${os.cpus().length} × ${os.cpus()[0]?.model.trim()}`,
);
console.log(`medians of ${rounds} rounds; ms unless said; official: claude-agent-sdk 0.3.329\n`);
printLine("", ["official", "ours", "ratio", "target"]);

if (wanted("list")) {
  const small = prepared("small", undefined, (dir) => makeStore(dir, { sessions: 200, projects: 10, copied: false }));
  for (const copied of [false, true]) {
    const name = copied ? "copied" : "normal";
    const given = copied ? values["copied-store"] : values.store;
    const store = prepared(`${name}-${sessions}-${projects}`, given, (dir) =>
      makeStore(dir, { sessions, projects, copied }),
    );
    measureList(store, small, `${sessions} ${copied ? "copied " : ""}sessions`, copied);
  }
}
if (wanted("messages")) {
  measureMessages(single(Number(values.megabytes), values.single), `${values.megabytes} MB`);
}
if (wanted("acp")) {
  await measureAcp(single(Number(values["acp-megabytes"]), values["acp-single"]), `${values["acp-megabytes"]} MB`);
}
if (wanted("mcp")) {
  await measureMcp(single(Number(values["mcp-megabytes"])), `${values["mcp-megabytes"]} MB`);
}
if (wanted("startup")) {
  const store = prepared(`normal-${sessions}-${projects}`, values.store, (dir) =>
    makeStore(dir, { sessions, projects, copied: false }),
  );
  await measureStartup(store, `${sessions} sessions`);
}
if (wanted("scale")) missed += await measureScale({ rounds: 1, only: values.shape });
console.log(missed === 0 ? "\nall targets met" : `\n${missed} targets missed`);
process.exitCode = missed === 0 ? 0 : 1;

function measureList(store, small, what, copied) {
  const repeat = 7;
  const limit = PAGE;
  const warm = compare({
    official: () => warmed(child(store, "official", "page", { limit, repeat })),
    ours: () => warmed(child(store, "ours", "page", { limit, repeat })),
    floor: () => warmed(child(store, "none", "floor", { repeat })),
  });
  report(`${what}: first page, warm process`, warm, { faster: 4 });
  reportRatio(`${what}: … against readdir + stat`, warm.ours.ms / warm.floor.ms, 2, warm.floor.ms, warm.ours.ms);

  const swapped = true;
  const warmSwapped = compare({
    official: () => warmed(child(store, "official", "page", { limit, repeat, swapped })),
    ours: () => warmed(child(store, "ours", "page", { limit, repeat, swapped })),
  });
  report(`${what}: listSessions({ limit: 50 }), warm process`, warmSwapped, { faster: 4 });
  const freshSwapped = compare({
    official: () => child(store, "official", "page", { limit, swapped }),
    ours: () => child(store, "ours", "page", { limit, swapped }),
  });
  report(`${what}: listSessions({ limit: 50 }), fresh process`, freshSwapped, { faster: 2 });

  const unseen = compare({
    official: () => child(store, "official", "page", { limit, warmUp: small }),
    ours: () => child(store, "ours", "page", { limit, warmUp: small }),
  });
  report(`${what}: first page, warm code, new store`, unseen);

  const fresh = compare({
    official: () => child(store, "official", "page", { limit }),
    ours: () => child(store, "ours", "page", { limit }),
    ...(copied && { floor: () => child(store, "none", "openAll", {}) }),
  });
  // Where all mtimes are equal, the official order is by mtime still, while ours has to open every transcript once.
  const target = { faster: 2 };
  report(`${what}: first page, fresh process`, fresh, target);
  const whole = { official: { ms: fresh.official.processMs }, ours: { ms: fresh.ours.processMs } };
  report(`${what}: … from the start of the process to its end`, whole, target);
  if (copied) {
    row(`${what}: … against opening all`, [fresh.floor.ms, fresh.ours.ms], fresh.ours.ms / fresh.floor.ms);
  }

  const { middle, last } = cursors(store);
  const pages = compare({
    first: () => child(store, "ours", "page", { limit }),
    middle: () => child(store, "ours", "page", { limit, cursor: middle }),
    last: () => child(store, "ours", "page", { limit, cursor: last }),
    warmFirst: () => warmed(child(store, "ours", "page", { limit, repeat })),
    warmMiddle: () => warmed(child(store, "ours", "page", { limit, repeat, cursor: middle })),
    warmLast: () => warmed(child(store, "ours", "page", { limit, repeat, cursor: last })),
  });
  reportRatio(
    `${what}: middle page / first, fresh`,
    pages.middle.ms / pages.first.ms,
    1.5,
    pages.first.ms,
    pages.middle.ms,
  );
  reportRatio(`${what}: last page / first, fresh`, pages.last.ms / pages.first.ms, 1.5, pages.first.ms, pages.last.ms);
  reportRatio(
    `${what}: middle page / first, warm`,
    pages.warmMiddle.ms / pages.warmFirst.ms,
    1.5,
    pages.warmFirst.ms,
    pages.warmMiddle.ms,
  );
  reportRatio(
    `${what}: last page / first, warm`,
    pages.warmLast.ms / pages.warmFirst.ms,
    1.5,
    pages.warmFirst.ms,
    pages.warmLast.ms,
  );

  const full = compare({
    official: () => firstAndLater(child(store, "official", "list", { repeat: 2 })),
    ours: () => firstAndLater(child(store, "ours", "list", { repeat: 4 })),
  });
  report(`${what}: full list, fresh process`, full, { faster: 8 });
  const unchanged = { official: { ms: full.official.laterMs }, ours: { ms: full.ours.laterMs } };
  report(`${what}: full list, nothing changed`, unchanged, { faster: 50 });
  reportMemory(`${what}: full list`, full, LIST_RSS_MB);
}

function measureMessages(store, what) {
  const sessionId = SINGLE_SESSION;
  const whole = compare({
    official: () => child(store, "official", "messages", { sessionId }),
    ours: () => child(store, "ours", "messages", { sessionId }),
  });
  report(`${what}: messages as an array`, whole, { faster: 1.5 });
  reportMemory(`${what}: messages as an array`, whole);
  const ten = compare({
    official: () => child(store, "official", "messages", { sessionId, limit: 10 }),
    ours: () => child(store, "ours", "messages", { sessionId, limit: 10 }),
  });
  report(`${what}: a page of 10 messages`, ten, { faster: 5 });
  const iterated = compare({ ours: () => child(store, "ours", "iterate", { sessionId }) });
  report(`${what}: messages one by one`, iterated);
  reportMemory(`${what}: messages one by one`, iterated, STREAM_RSS_MB);
  const forked = compare({
    official: () => child(store, "official", "fork", { sessionId }),
    ours: () => child(store, "ours", "fork", { sessionId }),
  });
  report(`${what}: fork`, forked, { faster: 4 });
  reportMemory(`${what}: fork`, forked, STREAM_RSS_MB);
}

async function measureAcp(store, what) {
  const clients = { "client that reads at once": [0, 0], "client that stalls and reads slowly": [3000, 3] };
  for (const [client, [stallMs, pauseMs]] of Object.entries(clients)) {
    const loaded = [];
    for (let i = 0; i < Math.min(rounds, 3); i++) {
      loaded.push(await loadSession(store, SINGLE_SESSION, { stallMs, pauseMs }));
    }
    const maxRssMb = Math.max(...loaded.map((run) => run.maxRssMb ?? Number.NaN));
    const ours = { ms: median(loaded.map((run) => run.ms)), maxRssMb };
    report(`ACP load of ${what}, ${client}`, { ours });
    reportMemory(`ACP load of ${what}, ${client}`, { ours }, STREAM_RSS_MB);
  }
}

/** What a model waits for: a session's first page, the pages after it and before it, slices of one long row. */
async function measureMcp(store, what) {
  const file = fileOfSingle(store);
  const long = prepared("long-row", undefined, makeLongRow);
  const runs = [];
  for (let i = 0; i < rounds; i++) {
    // Once unmeasured: then the disk's cache has it.
    if (i === 0) timeOfPass(file);
    const pass = timeOfPass(file);
    const pages = await readPages(store, SINGLE_SESSION, { later: 5 });
    runs.push({ pass, ...pages, slices: await readSlices(long, SINGLE_SESSION, LONG_ROW) });
  }
  const [pass, first] = [runs.map((run) => run.pass), runs.map((run) => run.first)].map(median);
  reportRatio(`MCP: first page of ${what} against a pass over its bytes`, first / pass, 3, pass, first);
  const later = median(runs.flatMap((run) => run.later));
  reportRatio(
    `MCP: later pages of ${what} against ${LATER_PAGE_MS} ms`,
    later / LATER_PAGE_MS,
    1,
    LATER_PAGE_MS,
    later,
  );
  const maxRssMb = Math.max(...runs.map((run) => run.maxRssMb ?? Number.NaN));
  reportMemory(`MCP: pages of ${what}`, { ours: { maxRssMb } }, MCP_RSS_MB);
  const slice = median(runs.flatMap(({ slices }) => slices.later));
  const { units, later: more } = runs[0].slices;
  report(`MCP: one of ${more.length + 1} slices of a row of ${(units / 1e6).toFixed(0)} MB`, { ours: { ms: slice } });
  const sliceRss = Math.max(...runs.map(({ slices }) => slices.maxRssMb ?? Number.NaN));
  reportMemory("MCP: those slices", { ours: { maxRssMb: sliceRss } }, MCP_RSS_MB);
  const times = { node: [], initialize: [] };
  for (let i = 0; i < rounds * 4; i++) {
    times.node.push(await timeOfNode());
    times.initialize.push(await timeToMcpInitialize(store));
  }
  const [node, initialize] = Object.values(times).map(median);
  reportRatio("MCP: spawn → initialize against node -e 0", initialize / node, 2, node, initialize);
  const bytes = await bytesOfToolsList(store);
  reportRatio("MCP: bytes of tools/list against 12,000", bytes / TOOLS_LIST_BYTES, 1, TOOLS_LIST_BYTES, bytes);
}

/** What a person or an editor waits for before anything is there, against the least that any program in Node takes. */
async function measureStartup(store, what) {
  const home = prepared("home", undefined, (dir) => mkdirSync(path.join(dir, "projects")));
  const times = { node: [], initialize: [], incumbent: [], page: [], line: [] };
  for (let i = 0; i < rounds * 4; i++) {
    times.node.push(await timeOfNode());
    times.initialize.push(await timeToInitialize(store));
    times.page.push(child(store, "ours", "page", { limit: PAGE }).ms[0]);
    times.line.push(await timeToFirstLine(store));
    if (incumbent === undefined) continue;
    const connection = incumbent.start(home, home);
    await connection.initialize();
    times.incumbent.push(connection.elapsedMs);
    await connection.stop();
  }
  const [node, initialize, other, page, line] = Object.values(times).map(median);
  reportRatio("spawn → initialize against node -e 0", initialize / node, 3, node, initialize);
  if (incumbent === undefined) console.log("spawn → initialize of the incumbent: npm install --prefix bench/peers");
  else
    reportRatio(
      `spawn → initialize against ${incumbent.name} ${incumbent.version}`,
      initialize / other,
      1,
      other,
      initialize,
    );
  const most = 3 * node + page;
  reportRatio(`${what}: list → first line against 3 node -e 0 + page`, line / most, 1, most, line);
}

/** Runs the measurements in turns; the median of each, and the largest RSS. */
function compare(cases) {
  const runs = Object.keys(cases).map((name) => [name, []]);
  for (let round = 0; round < rounds; round++) {
    for (const [name, results] of runs) results.push(cases[name]());
  }
  return Object.fromEntries(
    runs.map(([name, results]) => [
      name,
      {
        ms: median(results.map((result) => (Array.isArray(result.ms) ? result.ms[0] : result.ms))),
        laterMs: median(results.map((result) => result.laterMs ?? Number.NaN)),
        processMs: median(results.map((result) => result.processMs)),
        maxRssMb: Math.max(...results.map((result) => result.maxRssMb)),
        counts: new Set(results.map((result) => result.count)),
      },
    ]),
  );
}

function child(configDir, implementation, name, options) {
  const env = { ...process.env, CLAUDE_CONFIG_DIR: configDir };
  const args = [MEASURE, implementation, name, JSON.stringify(options)];
  const began = performance.now();
  const output = execFileSync(process.execPath, args, { env, encoding: "utf8", maxBuffer: 1 << 26 });
  return { processMs: performance.now() - began, ...JSON.parse(output) };
}

/** A warm process: the median of all calls but the first. */
function warmed(result) {
  return { ...result, ms: median(result.ms.slice(1)) };
}

function firstAndLater(result) {
  return { ...result, ms: result.ms[0], laterMs: median(result.ms.slice(1)) };
}

/** Cursors of a page in the middle and of the last one. */
function cursors(store) {
  const after = (count) => child(store, "ours", "cursorAfter", { count }).nextCursor;
  return { middle: after(Math.floor(sessions / 2)), last: after(sessions - PAGE) };
}

function report(name, { official, ours }, { faster } = {}) {
  const ratio = official === undefined ? undefined : official.ms / ours.ms;
  const met = faster === undefined ? undefined : ratio >= faster;
  const different = official?.counts !== undefined && ![...official.counts].every((count) => ours.counts.has(count));
  row(name, [official?.ms, ours.ms], ratio, faster && `≥ ${faster}`, met, different ? "  (the results differ)" : "");
}

function reportRatio(name, ratio, most, base, value) {
  row(name, [base, value], ratio, `≤ ${most}`, ratio <= most);
}

function reportMemory(name, { official, ours }, most) {
  const met = most === undefined ? undefined : ours.maxRssMb < most;
  row(`${name}, RSS in MB`, [official?.maxRssMb, ours.maxRssMb], undefined, most && `< ${most}`, met);
}

function row(name, [left, right], ratio, target = "", met, note = "") {
  if (met === false) missed++;
  const number = (value) => (value === undefined ? "" : value.toFixed(value < 100 ? 1 : 0));
  const cells = [number(left), number(right), ratio === undefined ? "" : ratio.toFixed(2), target];
  const verdict = met === undefined ? "" : met ? "  met" : "  MISSED";
  printLine(name, cells, verdict + note);
}

function printLine(name, cells, end = "") {
  console.log([name.padEnd(56), ...cells.map((cell) => cell.padStart(8))].join(" ") + end);
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function wanted(group) {
  return values.only === "" || group.includes(values.only);
}

function single(megabytes, given) {
  return prepared(`single-${megabytes}`, given, (dir) => makeSingle(dir, { megabytes }));
}

/** A config dir: the given one, or one made under the cache. One that was not finished is made again. */
function prepared(name, given, make) {
  if (given !== undefined) {
    if (!existsSync(path.join(given, "projects"))) throw new Error(`${given} has no projects/`);
    return given;
  }
  const dir = path.join(values.cache, name);
  const finished = path.join(dir, "finished");
  if (!existsSync(finished)) {
    console.error(`making ${dir} …`);
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    make(dir);
    writeFileSync(finished, `${readdirSync(path.join(dir, "projects")).length} projects\n`);
  }
  return dir;
}
