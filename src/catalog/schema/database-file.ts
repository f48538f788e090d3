import { statLink, unlink } from "../../store/disk/fs.ts";
import { type Database, faultOf } from "../engine/sqlite.ts";

/** Path of a database without a file. */
export const MEMORY = ":memory:";

/** Files of one database: itself, and what SQLite keeps next to it. */
const SUFFIXES = ["", "-wal", "-shm", "-journal"];
/** Time that a statement waits for another writer, in ms. */
const BUSY_MS = 5_000;
const CACHE_KB = 65_536;
/** Size to which a write-ahead log shrinks after a checkpoint, in bytes. */
const LOG_BYTES = 32 * 1024 * 1024;
/** Pages in the log that begin a checkpoint: at 1000, a build would write most pages several times. */
const LOG_PAGES = LOG_BYTES / 4096;

/** Readers do not wait for a writer with a write-ahead log. */
export type Journal = "wal" | "rollback" | "memory";

export interface OpenCatalog {
  readonly database: Database;
  readonly configDir: string;
  /** Of the database, or `:memory:` if no directory can be written. */
  readonly path: string;
  readonly journal: Journal;
  /** Sentences for the person: what is wrong with the index, and what to do. */
  readonly warnings: readonly string[];
  /** Reports whether the path still has this file: false once it was removed or built anew. Makes one stat. */
  isCurrent(): boolean;
  /** May be called twice. */
  close(): void;
}

export function catalogOf(
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

/** Makes statements wait for other processes. */
export const waitWhenBusy = (database: Database): void => database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);

/** Sets what is not kept in the file, and the journal. Returns the journal in force. */
export function prepare(database: Database): Journal {
  waitWhenBusy(database);
  // Sorting must not leave words of transcripts in files elsewhere.
  database.exec(`PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${CACHE_KB};
    PRAGMA wal_autocheckpoint = ${LOG_PAGES}; PRAGMA journal_size_limit = ${LOG_BYTES}; PRAGMA synchronous = NORMAL`);
  const mode = journalMode(database);
  return mode === "wal" || mode === "memory" ? mode : "rollback";
}

function journalMode(database: Database): unknown {
  try {
    // The answer is another mode if the file system cannot share memory.
    return database.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"];
  } catch (error) {
    // Or the attempt fails, as on some network file systems.
    if (faultOf(error) !== "unwritable") throw error;
    return database.prepare("PRAGMA journal_mode = TRUNCATE").get()?.["journal_mode"];
  }
}

/** Returns the paths of a database that exist. */
export const filesOf = (path: string): string[] =>
  SUFFIXES.map((suffix) => path + suffix).filter((file) => statLink(file) !== undefined);

/** Removes a database. Processes that have it open may go on with it until they are done. */
export function removeDatabase(path: string): void {
  for (const file of filesOf(path)) {
    try {
      unlink(file);
    } catch {
      // Another process was faster, or Windows keeps the file while another process has it open.
    }
  }
}
