/**
 * Measures the built package and the official Agent SDK, in turns, and reports whether the targets are met. README.md
 * describes the rows.
 *
 *     node bench/run.mjs [--quick] [--only TEXT] [--json FILE] [--keep]
 *                        [--sessions 10000] [--projects 50] [--megabytes 200] [--acp-megabytes 50] [--mcp-megabytes 500]
 *                        [--catalog-megabytes 5000] [--rounds 5] [--shape TEXT] [--cache DIR] [--results DIR]
 *                        [--store DIR] [--copied-store DIR] [--single DIR] [--acp-single DIR]
 *                        [--search-store DIR]
 *
 * Each measurement has a process of its own, so that neither side warms up or bloats the other; medians count. Stores are
 * made once under --cache (5 GB each by default; about 100 MB with --quick). The last five options name existing config
 * dirs. Exits with 1 if a target is missed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { makeCatalogStore, makeHugeRow } from "./catalog-store.mjs";
import { comparison, fileOf, lastLike, machine, resultOf, write } from "./results.mjs";
import { measureCatalog } from "./rows/catalog.mjs";
import { measureList } from "./rows/list.mjs";
import { measureMessages } from "./rows/messages.mjs";
import { MACHINE, measureQuick } from "./rows/quick.mjs";
import { measureSearch } from "./rows/search.mjs";
import { measureAcp, measureMcp, measureStartup } from "./rows/servers.mjs";
import { measureScale } from "./scale.mjs";
import { makeLongRow, makeSingle, makeStore } from "./store.mjs";
import { missed, printHead, rows } from "./table.mjs";

const SIZES = {
  sessions: 10_000,
  projects: 50,
  megabytes: 200,
  "acp-megabytes": 50,
  "mcp-megabytes": 500,
  "catalog-megabytes": 5000,
  rounds: 5,
};
const QUICK_SIZES = { sessions: 300, projects: 10, megabytes: 20, rounds: 9 };

const { values } = parseArgs({
  options: {
    ...Object.fromEntries(Object.keys(SIZES).map((name) => [name, { type: "string" }])),
    quick: { type: "boolean", default: false },
    shape: { type: "string", default: "" },
    only: { type: "string", default: "" },
    json: { type: "string" },
    keep: { type: "boolean", default: false },
    results: { type: "string", default: path.join(import.meta.dirname, "results") },
    cache: { type: "string", default: path.join(os.tmpdir(), "claude-transcripts-bench") },
    store: { type: "string" },
    "copied-store": { type: "string" },
    single: { type: "string" },
    "acp-single": { type: "string" },
    "search-store": { type: "string" },
  },
});
const sizes = Object.fromEntries(
  Object.entries(values.quick ? QUICK_SIZES : SIZES).map(([name, usual]) => [name, Number(values[name] ?? usual)]),
);
const { rounds, sessions, projects, megabytes } = sizes;

const { cpu, cores, node, os: system } = machine();
console.log(`Node ${node}, ${system}, ${cores} × ${cpu}`);
console.log(`medians of ${rounds} rounds; ms unless said; official: claude-agent-sdk ${officialVersion()}\n`);
printHead();
if (values.quick) await measureQuick({ rounds, store: store(false), single: single(megabytes, values.single) });
else await measureAll();
console.log(missed() === 0 ? "\nall targets met" : `\n${missed()} targets missed`);

const result = resultOf({ rows, options: { ...sizes, only: values.only }, quick: values.quick });
if (values.quick) {
  const last = lastLike(values.results, result);
  const none = "there is no earlier result of this machine to compare with; --keep keeps this one";
  console.log(last === undefined ? none : comparison(last, result, MACHINE).join("\n"));
}
if (values.json !== undefined) write(values.json, result);
if (values.keep) write(fileOf(values.results, result), result);
process.exitCode = missed() === 0 ? 0 : 1;

async function measureAll() {
  if (wanted("list")) {
    const small = prepared("small", undefined, (dir) => makeStore(dir, { sessions: 200, projects: 10, copied: false }));
    for (const copied of [false, true]) {
      const what = `${sessions} ${copied ? "copied " : ""}sessions`;
      measureList({ rounds, store: store(copied), small, sessions, what, copied });
    }
  }
  if (wanted("messages")) {
    measureMessages({ rounds, store: single(megabytes, values.single), what: `${megabytes} MB` });
  }
  if (wanted("acp")) {
    const size = sizes["acp-megabytes"];
    await measureAcp({ rounds, store: single(size, values["acp-single"]), what: `${size} MB` });
  }
  if (wanted("mcp")) {
    const size = sizes["mcp-megabytes"];
    const long = prepared("long-row", undefined, makeLongRow);
    await measureMcp({ rounds, store: single(size), long, what: `${size} MB` });
  }
  if (wanted("catalog")) {
    const size = sizes["catalog-megabytes"];
    const catalog = prepared(`catalog-${sessions}-${size}`, undefined, (dir) =>
      makeCatalogStore(dir, { sessions, bytes: size * 1e6 }),
    );
    const large = {
      "a file of 400 MB": prepared("catalog-file", undefined, (dir) =>
        makeCatalogStore(dir, { sessions: 1, bytes: 420e6 }),
      ),
      "a row of 200 MB": prepared("catalog-row", undefined, (dir) => makeHugeRow(dir, 200e6)),
    };
    measureCatalog({ rounds, store: catalog, large, what: `${size} MB` });
  }
  if (wanted("startup")) {
    const home = prepared("home", undefined, (dir) => mkdirSync(path.join(dir, "projects")));
    await measureStartup({ rounds, store: store(false), home, what: `${sessions} sessions` });
  }
  if (wanted("search")) {
    const given = values["search-store"];
    const what = given === undefined ? `${sessions} sessions` : path.basename(given);
    await measureSearch({ store: given === undefined ? store(false) : prepared("search", given, () => {}), what });
  }
  if (wanted("scale")) await measureScale({ rounds: 1, only: values.shape });
}

function wanted(group) {
  return values.only === "" || group.includes(values.only);
}

function store(copied) {
  const name = `${copied ? "copied" : "normal"}-${sessions}-${projects}`;
  return prepared(name, copied ? values["copied-store"] : values.store, (dir) =>
    makeStore(dir, { sessions, projects, copied }),
  );
}

function single(size, given) {
  return prepared(`single-${size}`, given, (dir) => makeSingle(dir, { megabytes: size }));
}

/** Returns the given config dir, or makes one under the cache. Replaces one that was not finished. */
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

function officialVersion() {
  const file = new URL("../node_modules/@anthropic-ai/claude-agent-sdk/package.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).version;
}
