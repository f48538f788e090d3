import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomHex } from "../../store/disk/builtins.ts";
import { close, createNew, readNames, setMode, statLink, unlink } from "../../store/disk/fs.ts";
import { claimDirectory, type Environment, isIndexOff, placeOf } from "../engine/place.ts";
import { type Database, type Engine, faultOf, isDamaged, loadEngine } from "../engine/sqlite.ts";
import { createSchema, SCHEMA_VERSION, schemaState } from "./schema.ts";

export interface OpenCatalog {
  readonly database: Database;
  readonly configDir: string;
  /** Of the database, or `:memory:` if no directory can be written. */
  readonly path: string;
  /** Readers do not wait for a writer with a write-ahead log. */
  readonly journal: "wal" | "rollback" | "memory";
  /** Sentences for the person: what is wrong with the index, and what to do. */
  readonly warnings: readonly string[];
  /** Reports whether other processes still use this file: false once it was removed or built anew. Makes one stat. */
  isCurrent(): boolean;
  close(): void;
}

export interface OpenCatalogOptions {
  /** False to work without an index, as `CLAUDE_TRANSCRIPTS_INDEX=off` does. */
  readonly index?: boolean;
  readonly env?: Environment;
  /** The engine of this process if it is left out. */
  readonly engine?: Engine;
}

const MEMORY = ":memory:";
const PRIVATE_FILE = 0o600;
/** Files of one database: itself, and what SQLite keeps next to it. */
const SUFFIXES = ["", "-wal", "-shm", "-journal"];
/** Time that a statement waits for another writer, in ms. */
const BUSY_MS = 5_000;
/** Time for other processes to finish creating or replacing the database, in ms. */
const OPENING_MS = 15_000;
const RETRY_MS = 20;

/**
 * Opens the index of a config dir; creates it, or replaces one that is damaged or has another schema. Undefined if there is
 * no engine or the person wants no index. Never throws because of what is on the disk.
 */
export async function openCatalog(
  configDir: string,
  options: OpenCatalogOptions = {},
): Promise<OpenCatalog | undefined> {
  const env = options.env ?? process.env;
  if (options.index === false || isIndexOff(env)) return undefined;
  const engine = options.engine ?? (await loadEngine(env));
  if (engine === undefined) return undefined;
  const { directories, prefix } = placeOf(configDir, env);
  const failures: string[] = [];
  for (const directory of directories) {
    const opening = new Opening({ engine, configDir, directory, prefix });
    try {
      const catalog = await opening.open();
      return { ...catalog, warnings: [...elsewhere(failures, `in ${directory}`), ...catalog.warnings] };
    } catch (error) {
      failures.push(`${directory} cannot be used (${reasonOf(error)})`);
    }
  }
  const database = engine.open(MEMORY);
  createSchema(database);
  const warnings = elsewhere(failures, "in memory, and is built anew by every process");
  return catalogOf(database, { configDir, path: MEMORY, journal: "memory", warnings });
}

/** Opens the database that `openCatalog` opened, in a worker thread. Throws if it is gone. */
export async function openCatalogAt(path: string, configDir: string): Promise<OpenCatalog> {
  const engine = await loadEngine();
  if (engine === undefined) throw new Error("there is no SQLite engine");
  if (statLink(path) === undefined) throw new Error(`the index ${path} is gone`);
  const database = engine.open(path);
  return catalogOf(database, { configDir, path, journal: prepare(database), warnings: [] });
}

/** Closes a damaged index, removes it, and opens a new one. Other processes notice it by `isCurrent`. */
export async function rebuildCatalog(
  catalog: OpenCatalog,
  options: OpenCatalogOptions = {},
): Promise<OpenCatalog | undefined> {
  catalog.close();
  if (catalog.path !== MEMORY) removeDatabase(catalog.path);
  const rebuilt = await openCatalog(catalog.configDir, options);
  return rebuilt && { ...rebuilt, warnings: [DAMAGED, ...rebuilt.warnings] };
}

const DAMAGED = "The search index was damaged, and is built anew.";
const OTHER_VERSION = "The search index was made by another version of this program, and is built anew.";

interface OpeningOptions {
  readonly engine: Engine;
  readonly configDir: string;
  readonly directory: string;
  /** Beginning of the names of the files. */
  readonly prefix: string;
}

/** Thrown for a file that is no usable database of ours; its name is not tried again. */
class InTheWay extends Error {}

/**
 * Opens the database in one directory. The name of each new database has its time in it, and is never used again: while
 * another process has an old file open, it uses the names of its write-ahead log too, so a second database of one name
 * would be damaged. The first name in order is the one in use.
 */
class Opening {
  readonly #options: OpeningOptions;
  readonly #warnings: string[] = [];
  readonly #inTheWay = new Set<string>();

  constructor(options: OpeningOptions) {
    this.#options = options;
  }

  /** Throws if the directory cannot be used. */
  async open(): Promise<OpenCatalog> {
    claimDirectory(this.#options.directory);
    const until = performance.now() + OPENING_MS;
    for (;;) {
      const [name] = this.#names();
      if (name === undefined) {
        this.#create();
        continue;
      }
      try {
        const catalog = this.#openFile(join(this.#options.directory, name));
        const [first, ...others] = this.#names();
        if (first === name) {
          // Two processes created one each, and this is the older one.
          for (const other of others) removeDatabase(join(this.#options.directory, other));
          return catalog;
        }
        catalog.close();
      } catch (error) {
        if (error instanceof InTheWay) this.#inTheWay.add(name);
        else if (faultOf(error) !== "busy") throw error;
      }
      if (performance.now() > until) throw new Error("other processes keep it locked");
      await sleep(RETRY_MS);
    }
  }

  /** Returns the names of databases of this schema, the one in use first. */
  #names(): string[] {
    const beginning = `${this.#options.prefix}${SCHEMA_VERSION}-`;
    return readNames(this.#options.directory)
      .filter((name) => name.startsWith(beginning) && name.endsWith(".db") && !this.#inTheWay.has(name))
      .sort();
  }

  /** Creates an empty database, and removes those of other versions of the schema. */
  #create(): void {
    const name = `${this.#options.prefix}${SCHEMA_VERSION}-${Date.now().toString(36)}${randomHex(4)}.db`;
    const path = join(this.#options.directory, name);
    close(createNew(path));
    try {
      this.#openFile(path).close();
    } catch (error) {
      // A disk that is full, or a file system on which databases do not work.
      removeDatabase(path);
      throw error;
    }
    const otherVersion = new RegExp(`^${this.#options.prefix}(?!${SCHEMA_VERSION}-)\\d+-[0-9a-z]+\\.db$`);
    const old = readNames(this.#options.directory).filter((other) => otherVersion.test(other));
    for (const other of old) removeDatabase(join(this.#options.directory, other));
    if (old.length > 0) this.#warnings.push(OTHER_VERSION);
  }

  #openFile(path: string): OpenCatalog {
    this.#examine(path);
    const database = this.#options.engine.open(path);
    try {
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      const state = schemaState(database);
      if (state === "foreign") throw this.#leave(path, "is not a search index");
      if (state === "other-version") throw this.#replace(path, OTHER_VERSION);
      if (state === "incomplete") throw this.#replace(path, DAMAGED);
      const journal = prepare(database);
      if (state === "empty") createSchema(database);
      return catalogOf(database, { configDir: this.#options.configDir, path, journal, warnings: this.#warnings });
    } catch (error) {
      database.close();
      throw isDamaged(error) ? this.#replace(path, DAMAGED) : error;
    }
  }

  /** Checks that a name is a file of ours, and makes it private. */
  #examine(path: string): void {
    const found = statLink(path);
    if (found === undefined) return;
    if (found.isSymbolicLink() || (found.isFile() && found.uid !== (process.getuid?.() ?? found.uid)))
      throw this.#replace(path, `The search index ${path} was a link or another user's, and is built anew.`);
    if (!found.isFile()) throw this.#leave(path, "is not a file");
    if ((found.mode & OTHERS) === 0) return;
    for (const suffix of SUFFIXES) if (statLink(path + suffix) !== undefined) setMode(path + suffix, PRIVATE_FILE);
  }

  #replace(path: string, warning: string): InTheWay {
    removeDatabase(path);
    this.#warnings.push(warning);
    return new InTheWay(warning);
  }

  #leave(path: string, what: string): InTheWay {
    this.#warnings.push(`${path} ${what}, and was left alone: remove it.`);
    return new InTheWay(what);
  }
}

/** Permission bits of all but the owner. */
const OTHERS = 0o077;

/** Sets what is not kept in the file, and the journal. Returns the journal in force. */
function prepare(database: Database): OpenCatalog["journal"] {
  // Sorting must not leave words of transcripts in files elsewhere.
  database.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;
    PRAGMA journal_size_limit = 33554432; PRAGMA synchronous = NORMAL`);
  let mode: unknown;
  try {
    mode = database.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"];
  } catch (error) {
    // Shared memory does not work on some network file systems.
    if (faultOf(error) !== "unwritable") throw error;
    mode = database.prepare("PRAGMA journal_mode = TRUNCATE").get()?.["journal_mode"];
  }
  return mode === "wal" ? "wal" : mode === "memory" ? "memory" : "rollback";
}

function catalogOf(
  database: Database,
  rest: Pick<OpenCatalog, "configDir" | "path" | "journal" | "warnings">,
): OpenCatalog {
  const { path } = rest;
  const ino = path === MEMORY ? undefined : statLink(path)?.ino;
  return {
    ...rest,
    database,
    isCurrent: () => path === MEMORY || statLink(path)?.ino === ino,
    close: () => database.close(),
  };
}

/** Removes a database. Processes that have it open may go on with it until they are done. */
function removeDatabase(path: string): void {
  for (const suffix of SUFFIXES) {
    try {
      unlink(path + suffix);
    } catch {
      // It was not there, or Windows keeps it while another process has it open.
    }
  }
}

const elsewhere = (failures: readonly string[], where: string): string[] =>
  failures.length === 0
    ? []
    : [
        `The search index is ${where}: ${failures.join(", ")}. Set XDG_CACHE_HOME to a private directory with free space.`,
      ];

function reasonOf(error: unknown): string {
  if (faultOf(error) === "full") return "the disk is full";
  return (error as { code?: string }).code || (error as Error).message;
}
