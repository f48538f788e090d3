/**
 * One measurement of the catalog in a process of its own: `node catalog.mjs CASE [JSON]`, with CLAUDE_CONFIG_DIR and
 * XDG_CACHE_HOME set. Prints one line of JSON.
 */
import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { NEWEST_WORD, USUAL_WORD } from "./catalog-store.mjs";

const CASES = { floor, build, newest, refresh, size };
/** Newest sessions that must soon be searchable. */
const NEWEST = 100;

const [, , name, json = "{}"] = process.argv;
const configDir = process.env.CLAUDE_CONFIG_DIR;
const result = await CASES[name](JSON.parse(json));
console.log(JSON.stringify({ ...result, maxRssMb: process.resourceUsage().maxRSS / 1024 }));

/** Reads each transcript, and parses each of its rows from the buffer: the least that any program does. */
function floor() {
  const began = process.cpuUsage();
  let count = 0;
  for (const file of transcripts()) {
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length;) {
      const newline = bytes.indexOf(0x0a, at);
      const end = newline < 0 ? bytes.length : newline;
      if (end > at && typeof JSON.parse(bytes.toString("utf8", at, end)) === "object") count++;
      at = end + 1;
    }
  }
  return { cpuMs: cpuSince(began), count };
}

/** Searches for a word of one session, with an empty cache. `delayMs`: the longest time that the thread of the program could do nothing else. */
async function build() {
  const { searchTranscripts } = await import("../dist/index.js");
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const began = performance.now();
  delay.enable();
  const { total, of } = await searchTranscripts({ query: NEWEST_WORD });
  delay.disable();
  return { ms: performance.now() - began, cpuMs: cpuSince(cpu), delayMs: delay.max / 1e6, count: of, total };
}

/** Returns the time until the newest sessions can be found, while the rest is being read. */
async function newest() {
  const { searchTranscripts } = await import("../dist/index.js");
  const began = performance.now();
  for (;;) {
    const { searched, of } = await searchTranscripts({ query: USUAL_WORD, waitMs: 1000 });
    if (searched >= Math.min(NEWEST, of)) return { ms: performance.now() - began, count: searched };
  }
}

/** Compares a refresh of an index that is complete with reading the directories and one lstat for each file. */
async function refresh({ repeat }) {
  const { openCatalog, refresh: refreshIndex } = await sources();
  const catalog = await openCatalog(configDir);
  const works = { base: async () => ({ files: statAll() }), value: () => refreshIndex(catalog) };
  const ms = { base: [], value: [] };
  let read = 0;
  for (let round = 0; round < repeat; round++) {
    for (const [which, work] of Object.entries(works)) {
      const cpu = process.cpuUsage();
      const { bytes = 0 } = await work();
      ms[which].push(cpuSince(cpu));
      read += bytes;
    }
  }
  catalog.close();
  return { ...ms, read };
}

/** Returns the bytes of the words of the index, of the whole database without its free pages, and of the texts in it. */
async function size() {
  const { openCatalog, Extractor, scanChunks } = await sources();
  const catalog = await openCatalog(configDir);
  const pragma = (key) => Number(catalog.database.prepare(`PRAGMA ${key}`).get()[key]);
  const database = (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  const tables = ["words_data", "words_idx", "words_docsize", "segment"].map((table) =>
    bytesOf(catalog.database, table),
  );
  const index = tables.reduce((sum, bytes) => sum + bytes, 0);
  catalog.close();
  let text = 0;
  const add = ({ segments, agents }) => {
    for (const segment of [segments, ...agents.values()].flatMap((part) => part.segments ?? part))
      for (const column of ["output", "input", "said", "thinking", "title"]) text += Buffer.byteLength(segment[column]);
  };
  for (const file of transcripts()) {
    const fd = openSync(file, "r");
    const extractor = new Extractor("session");
    const visitor = { row: (...row) => extractor.row(...row) };
    for await (const _chunk of scanChunks(fd, visitor, { to: fstatSync(fd).size })) add(extractor.takeSegments());
    add(extractor.end());
    closeSync(fd);
  }
  return { index, database, text };
}

/** Bytes of what a table holds, and of the numbers of its rows. */
function bytesOf(database, table) {
  const columns = database
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map(({ name }) => `length(CAST("${name}" AS BLOB))`);
  return Number(database.prepare(`SELECT sum(${columns.join(" + ")} + 8) AS bytes FROM ${table}`).get().bytes);
}

/** Bundles what the package does not export. */
async function sources() {
  const { buildSync } = await import("esbuild");
  const root = path.dirname(import.meta.dirname);
  // Below node_modules, so that libsql is found.
  const dir = path.join(root, "node_modules", ".cache", "claude-transcripts");
  mkdirSync(dir, { recursive: true });
  const outfile = path.join(dir, "bench-catalog.mjs");
  const contents = `export { openCatalog } from "./src/catalog/schema/open-catalog.ts";
    export { refresh } from "./src/catalog/refresh/refresh.ts";
    export { Extractor } from "./src/catalog/extract/extractor.ts";
    export { scanChunks } from "./src/store/read/scan-file.ts";`;
  const stdin = { contents, resolveDir: root, loader: "ts" };
  buildSync({
    absWorkingDir: root,
    stdin,
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
  });
  return import(pathToFileURL(outfile).href);
}

function* transcripts() {
  const projects = path.join(configDir, "projects");
  for (const file of readdirSync(projects, { recursive: true, encoding: "utf8" }))
    if (file.endsWith(".jsonl")) yield path.join(projects, file);
}

function statAll() {
  let count = 0;
  const open = [path.join(configDir, "projects")];
  for (let dir = open.pop(); dir !== undefined; dir = open.pop()) {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const file = `${dir}/${entry.name}`;
      if (entry.isDirectory()) open.push(file);
      else if (lstatSync(file).isFile()) count++;
    }
  }
  return count;
}

function cpuSince(began) {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}
