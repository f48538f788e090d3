/**
 * The only file that knows the SQLite engines: `node:sqlite` of Node 22.13 and newer, else `libsql` if it is installed. Both
 * take the same SQL and may have one file open at the same time.
 */
import type Libsql from "libsql";
import { yieldToEventLoop } from "../../store/timing.ts";

/** Neither blobs nor integers above 2^53: `libsql` rounds those silently, and has two types for blobs. */
export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SqlValue>>;

/** Takes as many values as the SQL has parameters: `libsql` does not notice a missing one, and takes the last call's. */
export interface Statement {
  run(...values: readonly SqlValue[]): void;
  get(...values: readonly SqlValue[]): Row | undefined;
  all(...values: readonly SqlValue[]): Row[];
}

export interface Database {
  readonly engine: EngineName;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /** May be called twice. */
  close(): void;
}

export type EngineName = "node:sqlite" | "libsql";

export interface Engine {
  readonly name: EngineName;
  /** Opens a file, or `:memory:`. Creates a missing file; an unusable one throws here or at the first statement. */
  open(path: string): Database;
}

const ENGINES: Readonly<Record<EngineName, () => Promise<Engine | undefined>>> = {
  "node:sqlite": async () => loadNodeSqlite(),
  libsql: loadLibsql,
};

/**
 * Returns the engine of this process; undefined if there is none. `CLAUDE_TRANSCRIPTS_ENGINE` is the name of the only one
 * to try, or `none`.
 */
export async function loadEngine(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Engine | undefined> {
  const wanted = env["CLAUDE_TRANSCRIPTS_ENGINE"];
  for (const [name, load] of Object.entries(ENGINES)) {
    if (wanted !== undefined && wanted !== "" && wanted !== name) continue;
    const engine = await load();
    if (engine === undefined) continue;
    await yieldToEventLoop();
    if (canIndex(engine)) {
      await yieldToEventLoop();
      return engine;
    }
  }
  return undefined;
}

/** First SQLite with `contentless_delete`, as major * 1000 + minor. A Node linked to the system's SQLite may lack it. */
const OLDEST_SQLITE = 3_043;

function canIndex(engine: Engine): boolean {
  const database = engine.open(":memory:");
  try {
    const sql = "SELECT sqlite_version() AS version, sqlite_compileoption_used('ENABLE_FTS5') AS fts5";
    const { version, fts5 } = database.prepare(sql).get() ?? {};
    const [major = 0, minor = 0] = String(version).split(".").map(Number);
    return fts5 === 1 && major * 1000 + minor >= OLDEST_SQLITE;
  } finally {
    database.close();
  }
}

/** Kinds of failures that a caller can do something about. */
export type Fault = "damaged" | "full" | "busy" | "unwritable";

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const FAULTS: ReadonlyMap<number, Fault> = new Map([
  [5, "busy"],
  [6, "busy"],
  [8, "unwritable"],
  [10, "unwritable"],
  [11, "damaged"],
  [13, "full"],
  [14, "unwritable"],
  // Our statements violate no constraint of a sound database.
  [19, "damaged"],
  [23, "unwritable"],
  [26, "damaged"],
]);

/** Returns why a call of a database failed; undefined for errors of other kinds, such as a wrong statement. */
export function faultOf(error: unknown): Fault | undefined {
  const { errcode, rawCode, message } = error as { errcode?: unknown; rawCode?: unknown; message?: unknown };
  // A failure to open has its code only in the message of libsql.
  const opening = /^ConnectionFailed\(.*: (\d+)"?\)$/.exec(String(message))?.[1];
  const code = errcode ?? rawCode ?? Number(opening);
  // The bits above the lowest eight say more about the same failure.
  return typeof code === "number" ? FAULTS.get(code & 0xff) : undefined;
}

/** Reports whether the database must be built anew. Damage may first show in any statement, so ask after each failure. */
const FAULT_TEXT: Readonly<Record<Fault, string>> = {
  busy: "other processes keep it locked",
  damaged: "it is damaged",
  full: "the disk is full",
  unwritable: "it cannot be read or written",
};

/** Says that a search or a count went without the index. */
export const withoutIndex = (fault: Fault): string =>
  `The search index cannot be used: ${FAULT_TEXT[fault]}. The transcripts were read instead.`;

export const isDamaged = (error: unknown): boolean => faultOf(error) === "damaged";

// ── node:sqlite ────────────────────────────────────────────────────────────

type Bound = string | bigint | number | null;

/** The part of `node:sqlite` in use: the types of Node 20 do not have it. */
interface NodeDatabase {
  exec(sql: string): void;
  prepare(sql: string): {
    run(...values: Bound[]): unknown;
    get(...values: Bound[]): Row | undefined;
    all(...values: Bound[]): Row[];
  };
  close(): void;
}
interface NodeSqlite {
  readonly DatabaseSync: new (path: string) => NodeDatabase;
}

/** First release with a stable enough `node:sqlite` and without a flag. */
const OLDEST_NODE = 22_013;

function loadNodeSqlite(): Engine | undefined {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major * 1000 + minor < OLDEST_NODE) return undefined;
  const sqlite = withoutSqliteWarning(() => process.getBuiltinModule("node:sqlite")) as NodeSqlite | undefined;
  if (sqlite === undefined) return undefined;
  return { name: "node:sqlite", open: (path) => nodeDatabase(new sqlite.DatabaseSync(path)) };
}

/** Loads the module without the warning of Node 22 that it is experimental. All other warnings pass. */
function withoutSqliteWarning<T>(load: () => T): T {
  const emitWarning = Reflect.get(process, "emitWarning") as (...values: unknown[]) => void;
  process.emitWarning = (...values: unknown[]): void => {
    const [warning, type] = values;
    if (type !== "ExperimentalWarning" || !String(warning).startsWith("SQLite "))
      Reflect.apply(emitWarning, process, values);
  };
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function nodeDatabase(database: NodeDatabase): Database {
  let open = true;
  return {
    engine: "node:sqlite",
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (...values) => void statement.run(...values.map(bound)),
        get: (...values) => statement.get(...values.map(bound)),
        all: (...values) => statement.all(...values.map(bound)),
      };
    },
    close() {
      if (open) database.close();
      open = false;
    },
  };
}

// ── libsql ─────────────────────────────────────────────────────────────────

async function loadLibsql(): Promise<Engine | undefined> {
  try {
    const { default: Sqlite } = await import("libsql");
    return { name: "libsql", open: (path) => libsqlDatabase(new Sqlite(path)) };
  } catch {
    // It is not installed, or has no binary for this machine.
    return undefined;
  }
}

function libsqlDatabase(database: InstanceType<typeof Libsql>): Database {
  return {
    engine: "libsql",
    exec: (sql) => void database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      // Values go in one array: a single null would be taken for an object of named values.
      return {
        run: (...values) => void statement.run(values.map(bound)),
        get(...values) {
          const row = statement.get(values.map(bound)) as Record<string, SqlValue> | undefined;
          // Times that libsql adds to each row.
          if (row !== undefined) delete row["_metadata"];
          return row;
        },
        all: (...values) => statement.all(values.map(bound)) as Row[],
      };
    },
    close: () => void database.close(),
  };
}

/**
 * Returns a value as both engines keep it. A number would be bound as REAL, so that `? / 900` had a fraction; `libsql` cuts
 * a text that it reads at NUL, and ends the process at a value of another type.
 */
function bound(value: SqlValue): Bound {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === "string") return value.includes("\0") ? value.replaceAll("\0", "\u{FFFD}") : value;
  if (value === null) return null;
  throw new TypeError(`a value of SQL must be a string, a number or null, got ${typeof value}`);
}
