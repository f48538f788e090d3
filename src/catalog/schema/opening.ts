import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomHex } from "../../store/disk/builtins.ts";
import { close, createNew, readNames, setMode, statLink } from "../../store/disk/fs.ts";
import { claimDirectory } from "../../store/layout/cache-place.ts";
import { yieldToEventLoop } from "../../store/timing.ts";
import { type Engine, faultOf, isDamaged } from "../engine/sqlite.ts";
import { catalogOf, filesOf, type OpenCatalog, prepare, removeDatabase, waitWhenBusy } from "./database-file.ts";
import { createSchema, SCHEMA_VERSION, schemaState } from "./schema.ts";

const PRIVATE_FILE = 0o600;
/** Permission bits of all but the owner. */
const OTHERS = 0o077;
/** Time for other processes to finish creating or replacing the database, in ms. */
const OPENING_MS = 15_000;
const RETRY_MS = 20;

export const DAMAGED = "The search index was damaged, and is built anew.";
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

/** Returns the names in a directory that are of databases of this schema, the one in use first. */
export function databaseNames(directory: string, prefix: string): string[] {
  const beginning = `${prefix}${SCHEMA_VERSION}-`;
  return readNames(directory)
    .filter((name) => name.startsWith(beginning) && name.endsWith(".db"))
    .sort();
}

/**
 * Opens the database in one directory. The name of each new database has its time in it and is never used again: a process
 * that still has an old file open also uses the name of its write-ahead log, which must not be that of another database.
 * The first name in order is the one in use.
 */
export class Opening {
  readonly #options: OpeningOptions;
  readonly #warnings = new Set<string>();
  readonly #inTheWay = new Set<string>();

  constructor(options: OpeningOptions) {
    this.#options = options;
  }

  /** Throws if the directory cannot be used. */
  async open(): Promise<OpenCatalog> {
    const { directory } = this.#options;
    claimDirectory(directory);
    const until = performance.now() + OPENING_MS;
    while (performance.now() < until) {
      const name = this.#names()[0] ?? (await this.#create());
      try {
        const catalog = this.#openFile(join(directory, name));
        if (this.#names()[0] === name) {
          this.#sweep(name);
          return catalog;
        }
        catalog.close();
      } catch (error) {
        if (error instanceof InTheWay) this.#inTheWay.add(name);
        else if (faultOf(error) === "busy") await sleep(RETRY_MS);
        else throw error;
      }
    }
    throw new Error("other processes keep it locked");
  }

  #names(): string[] {
    const { directory, prefix } = this.#options;
    return databaseNames(directory, prefix).filter((name) => !this.#inTheWay.has(name));
  }

  /** Creates a database, and removes those of other versions of the schema. Returns its name. */
  async #create(): Promise<string> {
    const { directory, prefix } = this.#options;
    const name = `${prefix}${SCHEMA_VERSION}-${Date.now().toString(36)}${randomHex(4)}.db`;
    const path = join(directory, name);
    close(createNew(path));
    try {
      this.#openFile(path).close();
      await yieldToEventLoop();
    } catch (error) {
      // A disk that is full, or a file system on which databases do not work.
      removeDatabase(path);
      throw error;
    }
    const otherVersion = new RegExp(`^${prefix}(?!${SCHEMA_VERSION}-)\\d+-[0-9a-z]+\\.db$`);
    const old = readNames(directory).filter((other) => otherVersion.test(other));
    for (const other of old) removeDatabase(join(directory, other));
    if (old.length > 0) this.#warnings.add(OTHER_VERSION);
    return name;
  }

  /** Removes databases and logs that nobody needs. Processes that have one open may go on with it. */
  #sweep(current: string): void {
    const { directory, prefix } = this.#options;
    // Processes that started at once have created one each.
    for (const name of this.#names()) if (name !== current) removeDatabase(join(directory, name));
    // A process that opened a database just before it was removed has created its logs anew.
    const names = new Set(readNames(directory));
    const log = new RegExp(`^(${prefix}${SCHEMA_VERSION}-[0-9a-z]+\\.db)-(?:wal|shm|journal)$`);
    for (const name of names) {
      const [, database] = log.exec(name) ?? [];
      if (database !== undefined && !names.has(database)) removeDatabase(join(directory, database));
    }
  }

  #openFile(path: string): OpenCatalog {
    const { engine, configDir } = this.#options;
    this.#examine(path);
    const database = engine.open(path);
    try {
      waitWhenBusy(database);
      const state = schemaState(database);
      if (state === "foreign") throw this.#leave(path, "is not a search index");
      if (state === "other-version") throw this.#replace(path, OTHER_VERSION);
      if (state === "incomplete") throw this.#replace(path, DAMAGED);
      // Only a database without pages can be told to give free pages back.
      if (state === "empty") database.exec("PRAGMA auto_vacuum = INCREMENTAL");
      const journal = prepare(database);
      if (state === "empty") createSchema(database);
      return catalogOf(database, { configDir, path, journal, warnings: [...this.#warnings] });
    } catch (error) {
      database.close();
      throw isDamaged(error) ? this.#replace(path, DAMAGED) : error;
    }
  }

  /** Checks that a name is a file of ours, and makes it private. */
  #examine(path: string): void {
    const found = statLink(path);
    if (found === undefined) return;
    if (found.isSymbolicLink()) throw this.#replace(path, `The search index ${path} was a link, and is built anew.`);
    if (!found.isFile()) throw this.#leave(path, "is not a file");
    const uid = process.getuid?.();
    if (uid === undefined) return;
    if (found.uid !== uid) throw this.#replace(path, `The search index ${path} was another user's, and is built anew.`);
    if ((found.mode & OTHERS) !== 0) for (const file of filesOf(path)) setMode(file, PRIVATE_FILE);
  }

  #replace(path: string, warning: string): InTheWay {
    removeDatabase(path);
    this.#warnings.add(warning);
    return new InTheWay(warning);
  }

  #leave(path: string, what: string): InTheWay {
    this.#warnings.add(`${path} ${what}, and was left alone: remove it.`);
    return new InTheWay(what);
  }
}
