/** The catalog's first build and its refresh, compared with the least that any program must do. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { reportMemory, reportRatio } from "../table.mjs";
import { median } from "../turns.mjs";

const MEASURE = path.resolve(import.meta.dirname, "../catalog.mjs");
const RSS_MB = 300;
const BLOCKED_MS = 20;
const NEWEST_MS = 2000;
/** Refreshes of one process. */
const REPEAT = 15;

/** `large`: stores with one large file and with one long row. */
export function measureCatalog({ rounds, store, large, what }) {
  const runs = { floor: [], build: [], newest: [] };
  let refreshed;
  let size;
  for (let round = 0; round < rounds; round++) {
    const cache = mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-bench-cache-"));
    try {
      runs.floor.push(child(store, cache, "floor"));
      runs.build.push(child(store, cache, "build"));
      if (round > 0) continue;
      refreshed = child(store, cache, "refresh", { repeat: REPEAT });
      size = child(store, cache, "size");
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
    const empty = mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-bench-cache-"));
    runs.newest.push(child(store, empty, "newest"));
    rmSync(empty, { recursive: true, force: true });
  }
  const middle = (name, key) => median(runs[name].map((run) => run[key]));
  const cpu = { base: middle("floor", "cpuMs"), value: middle("build", "cpuMs") };
  reportRatio(`${what}: first build / read and parse, CPU`, { ...cpu, most: 1.3 });
  const blocked = { base: BLOCKED_MS, value: middle("build", "delayMs"), most: 1 };
  reportRatio(`${what}: main thread blocked meanwhile / ${BLOCKED_MS} ms`, blocked);
  const newest = { base: NEWEST_MS, value: middle("newest", "ms"), most: 1 };
  reportRatio(`${what}: newest 100 sessions found / ${NEWEST_MS} ms`, newest);
  reportRatio(`${what}: index of words / text in it`, {
    base: size.text,
    value: size.index,
    most: 0.33,
    unit: "bytes",
  });
  reportRatio(`${what}: whole database / text`, { base: size.text, value: size.database, unit: "bytes" });
  reportMemory(
    `${what}: first build`,
    { ours: { maxRssMb: Math.max(...runs.build.map((run) => run.maxRssMb)) } },
    RSS_MB,
  );
  const refresh = { base: median(refreshed.base), value: median(refreshed.value), most: 2.5 };
  reportRatio(`${what}: refresh, nothing changed / lstat, CPU`, refresh);
  for (const [name, dir] of Object.entries(large)) {
    const cache = mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-bench-cache-"));
    reportMemory(`first build of ${name}`, { ours: child(dir, cache, "build") }, RSS_MB);
    rmSync(cache, { recursive: true, force: true });
  }
}

function child(store, cache, name, options = {}) {
  const env = { ...process.env, CLAUDE_CONFIG_DIR: store, XDG_CACHE_HOME: cache };
  return JSON.parse(
    execFileSync(process.execPath, [MEASURE, name, JSON.stringify(options)], { env, encoding: "utf8" }),
  );
}
