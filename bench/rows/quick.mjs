/** A few rows on small stores, without the official functions: enough to notice that something became slower. */
import { loadSession, timeOfNode, timeToFirstLine, timeToInitialize } from "../acp.mjs";
import { readPages, timeToMcpInitialize } from "../mcp.mjs";
import { SINGLE_SESSION } from "../store.mjs";
import { report, reportMemory, reportRatio } from "../table.mjs";
import { child, median, warmed } from "../turns.mjs";
import { STREAM_RSS_MB } from "./messages.mjs";

/** The row that shows the current speed of the machine. */
export const MACHINE = "node -e 0";
const PAGE = 50;
const LIST_RSS_MB = 250;

/** `store` has many sessions, `single` one long session. */
export async function measureQuick({ rounds, store, single }) {
  const sessionId = SINGLE_SESSION;
  const once = (dir, name, options) => {
    const { ms, maxRssMb } = child(dir, "ours", name, options);
    return { ms: ms[0], maxRssMb };
  };
  const cases = {
    [MACHINE]: async () => ({ ms: await timeOfNode() }),
    "list: first page, fresh process": () => once(store, "page", { limit: PAGE }),
    "list: first page, warm process": () => warmed(child(store, "ours", "page", { limit: PAGE, repeat: 7 })),
    "list: all sessions": () => once(store, "list", {}),
    "messages as an array": () => once(single, "messages", { sessionId }),
    "a page of 10 messages": () => once(single, "messages", { sessionId, limit: 10 }),
    "messages one by one": () => once(single, "iterate", { sessionId }),
    fork: () => once(single, "fork", { sessionId }),
    "ACP: spawn → initialize": async () => ({ ms: await timeToInitialize(store) }),
    "ACP: load": () => loadSession(single, sessionId, { stallMs: 0, pauseMs: 0 }),
    "MCP: spawn → initialize": async () => ({ ms: await timeToMcpInitialize(store) }),
    "MCP: first page": async () => ({ ms: (await readPages(single, sessionId, { later: 0 })).first }),
    "CLI: list → first line": async () => ({ ms: await timeToFirstLine(store) }),
  };
  const runs = Object.keys(cases).map((name) => [name, []]);
  for (let round = 0; round < rounds; round++) {
    for (const [name, results] of runs) results.push(await cases[name]());
  }
  const times = Object.fromEntries(runs.map(([name, results]) => [name, median(results.map(({ ms }) => ms))]));
  const peaks = Object.fromEntries(
    runs.map(([name, results]) => [name, Math.max(...results.map(({ maxRssMb }) => maxRssMb ?? Number.NaN))]),
  );
  const node = times[MACHINE];
  /** Bounds of some rows: at most `most` times `base`. */
  const bounds = {
    "ACP: spawn → initialize": { base: node, most: 3 },
    "MCP: spawn → initialize": { base: node, most: 2 },
    "CLI: list → first line": { base: 3 * node + times["list: first page, fresh process"], most: 1 },
  };
  for (const [name, ms] of Object.entries(times)) {
    if (bounds[name] === undefined) report(name, { ours: { ms } });
    else reportRatio(name, { ...bounds[name], value: ms });
  }
  const memory = {
    "list: all sessions": LIST_RSS_MB,
    "messages one by one": STREAM_RSS_MB,
    fork: STREAM_RSS_MB,
    "ACP: load": STREAM_RSS_MB,
  };
  for (const [name, most] of Object.entries(memory)) {
    // Only Linux reports the peak of a server.
    if (!Number.isNaN(peaks[name])) reportMemory(name, { ours: { maxRssMb: peaks[name] } }, most);
  }
}
