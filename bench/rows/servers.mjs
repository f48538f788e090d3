/** The servers and the program as their clients run them, compared with the minimum for any program in Node. */
import { loadSession, timeOfNode, timeToFirstLine, timeToInitialize } from "../acp.mjs";
import { bytesOfToolsList, readPages, readSlices, timeOfPass, timeToMcpInitialize } from "../mcp.mjs";
import { incumbent } from "../peers/agents.mjs";
import { fileOfSingle, LONG_ROW, SINGLE_SESSION } from "../store.mjs";
import { report, reportMemory, reportRatio } from "../table.mjs";
import { child, median } from "../turns.mjs";
import { STREAM_RSS_MB } from "./messages.mjs";

const MCP_RSS_MB = 200;
/** Maximum time of a page of an open conversation, ms. */
const LATER_PAGE_MS = 50;
const TOOLS_LIST_BYTES = 12_000;
const PAGE = 50;
/** Starts of a process in each round, because they are short and vary. */
const STARTS = 4;
/** Maximum number of loads: those of a slow client take long, and only their memory matters. */
const MOST_LOADS = 3;

export async function measureAcp({ rounds, store, what }) {
  const clients = { "client that reads at once": [0, 0], "client that stalls and reads slowly": [3000, 3] };
  for (const [client, [stallMs, pauseMs]] of Object.entries(clients)) {
    const loaded = [];
    for (let i = 0; i < Math.min(rounds, MOST_LOADS); i++) {
      loaded.push(await loadSession(store, SINGLE_SESSION, { stallMs, pauseMs }));
    }
    const ours = { ms: median(loaded.map((run) => run.ms)), maxRssMb: most(loaded) };
    report(`ACP load of ${what}, ${client}`, { ours });
    reportMemory(`ACP load of ${what}, ${client}`, { ours }, STREAM_RSS_MB);
  }
}

/** Measures waiting times of a model: a session's first page, later pages, slices of one long row. */
export async function measureMcp({ rounds, store, long, what }) {
  const file = fileOfSingle(store);
  // Once unmeasured, to fill the disk cache.
  timeOfPass(file);
  const runs = [];
  for (let i = 0; i < rounds; i++) {
    const pass = timeOfPass(file);
    const pages = await readPages(store, SINGLE_SESSION, { later: 5 });
    runs.push({ pass, ...pages, slices: await readSlices(long, SINGLE_SESSION, LONG_ROW) });
  }
  const [base, value] = [runs.map((run) => run.pass), runs.map((run) => run.first)].map(median);
  reportRatio(`MCP: first page of ${what} against a pass over its bytes`, { base, value, most: 3 });
  const later = median(runs.flatMap((run) => run.later));
  const name = `MCP: later pages of ${what} against ${LATER_PAGE_MS} ms`;
  reportRatio(name, { base: LATER_PAGE_MS, value: later, most: 1 });
  reportMemory(`MCP: pages of ${what}`, { ours: { maxRssMb: most(runs) } }, MCP_RSS_MB);
  const slices = runs.map((run) => run.slices);
  const { units, later: more } = slices[0];
  const ms = median(slices.flatMap((run) => run.later));
  report(`MCP: one of ${more.length + 1} slices of a row of ${(units / 1e6).toFixed(0)} MB`, { ours: { ms } });
  reportMemory("MCP: those slices", { ours: { maxRssMb: most(slices) } }, MCP_RSS_MB);
  const times = { node: [], initialize: [] };
  for (let i = 0; i < rounds * STARTS; i++) {
    times.node.push(await timeOfNode());
    times.initialize.push(await timeToMcpInitialize(store));
  }
  const [node, initialize] = Object.values(times).map(median);
  reportRatio("MCP: spawn → initialize against node -e 0", { base: node, value: initialize, most: 2 });
  const bytes = await bytesOfToolsList(store);
  const unit = "bytes";
  reportRatio("MCP: bytes of tools/list against 12,000", { base: TOOLS_LIST_BYTES, value: bytes, most: 1, unit });
}

/** Measures waiting times of a person or an editor at the start. `home`: an empty config dir. */
export async function measureStartup({ rounds, store, home, what }) {
  const times = { node: [], initialize: [], incumbent: [], page: [], line: [] };
  for (let i = 0; i < rounds * STARTS; i++) {
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
  reportRatio("spawn → initialize against node -e 0", { base: node, value: initialize, most: 3 });
  if (incumbent === undefined) console.log("spawn → initialize of the incumbent: npm install --prefix bench/peers");
  else {
    const name = `spawn → initialize against ${incumbent.name} ${incumbent.version}`;
    reportRatio(name, { base: other, value: initialize, most: 1 });
  }
  const name = `${what}: list → first line against 3 node -e 0 + page`;
  reportRatio(name, { base: 3 * node + page, value: line, most: 1 });
}

const most = (runs) => Math.max(...runs.map((run) => run.maxRssMb ?? Number.NaN));
