/**
 * A process that has an index open, for tests under several versions of Node.
 *
 *     program values                           what the engine gives for values of all kinds, and its failures
 *     program open DIR                         opens the index; prints where it is
 *     program write DIR TAG ROUNDS             writes ROUNDS rows, each in a transaction that reads first
 *     program rebuild DIR ROUNDS               calls the index damaged again and again
 *     program damage DIR STEP                  overwrites every STEPth page and uses the index each time
 *     program fill DIR                         writes until that fails
 *     program warnings                         loads the engine between warnings of its own
 */
import fs from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { faultOf, isDamaged, loadEngine, type SqlValue } from "../../../src/catalog/engine/sqlite.ts";
import { rollBack } from "../../../src/catalog/schema/schema.ts";
import { type OpenCatalog, openCatalog, rebuildCatalog } from "../../../src/catalog/schema/open-catalog.ts";

const PAGE = 4096;
/** Bytes at the beginning of a database that say what it is. */
const HEADER = 100;

const COMMANDS: Readonly<Record<string, (dir: string, ...rest: string[]) => Promise<unknown>>> = {
  values,
  open: async (dir) => report(await opened(dir)),
  write,
  rebuild,
  damage,
  fill,
  warnings,
};

const [command = "", dir = "", ...rest] = process.argv.slice(2);
console.log(JSON.stringify(await COMMANDS[command]?.(dir, ...rest)));

async function opened(dir: string): Promise<OpenCatalog> {
  const catalog = await openCatalog(dir);
  if (catalog === undefined) throw new Error("there is no engine");
  return catalog;
}

function report({ database, path, journal, warnings }: OpenCatalog): unknown {
  const { integrity_check: integrity } = database.prepare("PRAGMA integrity_check").get() ?? {};
  const names = database.prepare("SELECT text FROM name ORDER BY text").all();
  return { engine: database.engine, path, journal, warnings, integrity, names: names.map(({ text }) => text) };
}

async function values(): Promise<unknown> {
  const engine = await loadEngine();
  if (engine === undefined) throw new Error("there is no engine");
  const database = engine.open(":memory:");
  const fails = (call: () => unknown): unknown => {
    try {
      return call();
    } catch (error) {
      return { thrown: (error as Error).constructor === TypeError ? "TypeError" : "Error", fault: faultOf(error) };
    }
  };
  const given: SqlValue[] = [null, 3, -0, 2 ** 53 - 1, 1.5, "", "ü😀", "nul\0 in it", "lone \ud800"];
  const kept = given.map((value) => database.prepare("SELECT ? AS v, typeof(?) AS t").get(value, value));
  database.exec("CREATE TABLE t(a INT UNIQUE) STRICT");
  const insert = database.prepare("INSERT INTO t VALUES (?)");
  insert.run(7);
  return {
    engine: database.engine,
    kept: kept.map((row) => [row?.["v"], row?.["t"], Object.keys(row ?? {}).length]),
    half: database.prepare("SELECT ? / 2 AS v").all(7),
    none: database.prepare("SELECT a FROM t WHERE a = ?").get(8) ?? "undefined",
    all: database.prepare("SELECT a, NULL AS b FROM t").all(),
    twice: fails(() => insert.run(7)),
    syntax: fails(() => database.prepare("SELEC")),
    type: fails(() => insert.run(true as never)),
    directory: fails(() => engine.open(process.cwd()).exec("CREATE TABLE t(a)")),
    missing: fails(() => engine.open("/no/such/directory/x.db").exec("CREATE TABLE t(a)")),
    closed: [database.close(), database.close()].length,
  };
}

async function write(dir: string, tag: string, rounds: string): Promise<unknown> {
  let catalog = await opened(dir);
  for (let round = 0; round < Number(rounds); round++) {
    if (!catalog.isCurrent()) {
      catalog.close();
      catalog = await opened(dir);
    }
    const { database } = catalog;
    database.exec("BEGIN IMMEDIATE");
    const { n } = database.prepare("SELECT count(*) AS n FROM name").get() ?? {};
    database.prepare("INSERT INTO name(text) VALUES (?)").run(`${tag}-${String(round).padStart(4, "0")}`);
    database.prepare("INSERT INTO words(rowid, said) VALUES (?, ?)").run(Number(n) + 1, `${tag} ${round}`);
    database.exec("COMMIT");
  }
  const found = report(catalog);
  catalog.close();
  return found;
}

async function rebuild(dir: string, rounds: string): Promise<unknown> {
  let catalog: OpenCatalog | undefined = await opened(dir);
  for (let round = 0; round < Number(rounds) && catalog !== undefined; round++) catalog = await rebuildCatalog(catalog);
  return catalog && report(catalog);
}

/** Returns how many pages were overwritten, how many times that was noticed, and the failures that were not damage. */
async function damage(dir: string, step: string): Promise<unknown> {
  const { database, path: file } = await opened(dir);
  database.exec("BEGIN");
  for (let n = 1; n <= 300; n++) {
    const words = Array.from({ length: 200 }, (_, at) => `w${(n * at * 7919) % 5000}`);
    database.prepare("INSERT INTO words(rowid, output, said) VALUES (?, ?, 'hello')").run(n, words.join(" "));
    database.prepare("INSERT INTO segment VALUES (?, 0, 10, 5)").run(n);
  }
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  const sound = fs.readFileSync(file);
  const found = { pages: 0, noticed: 0, other: [] as string[] };
  for (let page = 0; page * PAGE < sound.length; page += Number(step)) {
    const bytes = Buffer.from(sound);
    for (let at = page * PAGE + (page === 0 ? HEADER : 0); at < (page + 1) * PAGE; at++) bytes[at] = (at * 73) & 0xff;
    for (const name of fs.readdirSync(path.dirname(file))) fs.rmSync(path.join(path.dirname(file), name));
    fs.writeFileSync(file, bytes);
    found.pages++;
    let catalog = await opened(dir);
    found.noticed += catalog.warnings.length;
    try {
      use(catalog);
    } catch (error) {
      if (isDamaged(error)) found.noticed++;
      else found.other.push(String(error));
      catalog = (await rebuildCatalog(catalog)) ?? catalog;
      use(catalog);
    }
    catalog.close();
  }
  return found;
}

function use({ database }: OpenCatalog): void {
  const ranked = database.prepare("SELECT rowid, bm25(words) AS s FROM words WHERE words MATCH ? ORDER BY s");
  for (const word of ["hello", "w1", "w*"]) ranked.all(word);
  database.prepare("SELECT * FROM segment").all();
  database.exec("BEGIN IMMEDIATE; DELETE FROM words WHERE rowid = 7; UPDATE segment SET off = off + 1");
  database.prepare("INSERT INTO words(rowid, said) VALUES (1000, ?)").run("hello");
  database.exec("COMMIT");
}

async function fill(dir: string): Promise<unknown> {
  const catalog = await opened(dir);
  const insert = catalog.database.prepare("INSERT INTO words(said) VALUES (?)");
  for (let round = 0; round < 10_000; round++) {
    const words = Array.from({ length: 5_000 }, (_, at) => `word${(round * 5_000 + at).toString(36)}`);
    try {
      catalog.database.exec("BEGIN");
      insert.run(words.join(" "));
      catalog.database.exec("COMMIT");
    } catch (error) {
      rollBack(catalog.database);
      const { n } = catalog.database.prepare("SELECT count(*) AS n FROM words WHERE words MATCH 'word1'").get() ?? {};
      return { fault: faultOf(error), damaged: isDamaged(error), rounds: round, found: n, path: catalog.path };
    }
  }
  return { rounds: "all" };
}

async function warnings(): Promise<unknown> {
  const { emitWarning } = process as unknown as Record<string, unknown>;
  process.emitWarning("first", "ExperimentalWarning");
  const engine = await loadEngine();
  const isRestored = emitWarning === (process as unknown as Record<string, unknown>)["emitWarning"];
  process.emitWarning("last");
  if (process.argv[3] !== "inside") {
    const worker = new Worker(new URL(import.meta.url), { argv: ["warnings", "inside"] });
    await new Promise((resolve) => void worker.once("exit", resolve));
  }
  return { engine: engine?.name, isRestored };
}
