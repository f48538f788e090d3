import type { Database } from "../engine/sqlite.ts";

/** Number of the schema. A database with another one is built anew: raise it with every change of what tables contain. */
export const SCHEMA_VERSION = 9;
/** Marks our databases: "CTRC". */
export const APPLICATION_ID = 0x43545243;
/** Bits of a segment's number within its file: `segment.id = file.id * 2 ** SEGMENT_BITS + n`. */
export const SEGMENT_BITS = 20;

/** Numbers of `file.kind`. */
export const FileKind = { main: 0, subagent: 1, spilled: 2 } as const;
export type FileKind = (typeof FileKind)[keyof typeof FileKind];

/**
 * Tables. Times are ms since 1970, except `segment.ts` (seconds) and `slot` (quarters of an hour), from which the days of
 * any time zone can be summed.
 *
 * - `file`: as it was when it was last read, up to `offset`; `mtime` and `ino` are text because they exceed 2^53. `state`
 *   is what extraction carries over, as JSON.
 * - `session`: `path` is the copy that lists show; `cost_state` is in micro-dollars; `tags` are JSON; `stamp` changes with its title and mark.
 * - `hidden`: titles, tags and the description of a session that lists do not find at the ends of its file, as JSON.
 * - `segment`: bytes `[off, off+len)` of the file. Its text is in `words` under the same id, not stored.
 * - `charge`: the last row of each request in each file. `counts` is 1 in one of the files that repeat a request, the one that
 *   `spend` has in its sums.
 * - `name`: interned models, branches, variants, tools and paths.
 * - `tally`: `active` is in ms, without gaps above 5 minutes.
 * - `touched`: paths that tools read (`changed` 0) or changed (1).
 * - `cut`: rows that were too long to be read whole.
 * - `lease`: the process that builds, so that two do not do the same work.
 */
const TABLES: Readonly<Record<string, string>> = {
  file: `TABLE file(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, session INT NOT NULL, agent TEXT, kind INT NOT NULL,
    size INT NOT NULL, mtime TEXT NOT NULL, ino TEXT NOT NULL, offset INT NOT NULL, fingerprint TEXT NOT NULL,
    segments INT NOT NULL, state TEXT NOT NULL) STRICT`,
  file_session: "INDEX file_session ON file(session)",
  session: `TABLE session(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, path TEXT NOT NULL, project TEXT, cwd TEXT,
    branch TEXT, title TEXT, tags TEXT, model TEXT, created INT, active INT, archived INT NOT NULL,
    programmatic INT NOT NULL, forked INT NOT NULL, cost_state INT, stamp TEXT NOT NULL) STRICT`,
  hidden: "TABLE hidden(session INTEGER PRIMARY KEY, titles TEXT NOT NULL) STRICT",
  segment: "TABLE segment(id INTEGER PRIMARY KEY, off INT NOT NULL, len INT NOT NULL, ts INT NOT NULL) STRICT",
  words: `VIRTUAL TABLE words USING fts5(output, input, said, thinking, title, content='', contentless_delete=1,
    tokenize="unicode61 remove_diacritics 2 tokenchars '_'")`,
  charge: `TABLE charge(key TEXT NOT NULL, file INT NOT NULL, ts INT NOT NULL, model INT NOT NULL, variant INT NOT NULL,
    branch INT NOT NULL, input INT, output INT, w5 INT, w1h INT, read INT, web INT, lower INT, counts INT NOT NULL, PRIMARY KEY(file, key))
    STRICT, WITHOUT ROWID`,
  charge_counts: "UNIQUE INDEX charge_counts ON charge(key) WHERE counts = 1",
  charge_repeated: "INDEX charge_repeated ON charge(key, ts) WHERE counts = 0",
  name: "TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",
  spend: `TABLE spend(session INT, slot INT, model INT, variant INT, long INT, branch INT, requests INT, input INT,
    output INT, w5 INT, w1h INT, read INT, web INT, lower INT,
    PRIMARY KEY(session, slot, model, variant, long, branch)) STRICT, WITHOUT ROWID`,
  tally: `TABLE tally(file INT, slot INT, prompts INT, turns INT, messages INT, calls INT, active INT, added INT,
    removed INT, PRIMARY KEY(file, slot)) STRICT, WITHOUT ROWID`,
  tool_use: "TABLE tool_use(file INT, slot INT, tool INT, n INT, PRIMARY KEY(file, slot, tool)) STRICT, WITHOUT ROWID",
  touched: `TABLE touched(session INT, path INT, changed INT, file INT, PRIMARY KEY(session, path, file))
    STRICT, WITHOUT ROWID`,
  touched_file: "INDEX touched_file ON touched(file)",
  cut: `TABLE cut(file INT, "offset" INT, bytes INT, PRIMARY KEY(file, "offset")) STRICT, WITHOUT ROWID`,
  lease: "TABLE lease(one INTEGER PRIMARY KEY CHECK(one = 1), pid INT, token TEXT, beat INT) STRICT",
};

/**
 * Settings of `words`, kept in the database. With the 1 MB that FTS5 gathers by default, and its merges of four, a build
 * takes a third more time to insert the same words (67 MB: 1.47 s against 1.0 s).
 */
const WORDS_SETTINGS: Readonly<Record<string, number>> = { hashsize: 8 * 1024 * 1024, automerge: 8 };

/** Contents of a database, as far as its header and its schema tell. */
export type SchemaState = "empty" | "ours" | "other-version" | "incomplete" | "foreign";

export function schemaState(database: Database): SchemaState {
  const { id, version, tables } =
    database
      .prepare(
        `SELECT (SELECT application_id FROM pragma_application_id) AS id, (SELECT user_version FROM pragma_user_version) AS version,
          (SELECT count(*) FROM sqlite_schema) AS tables`,
      )
      .get() ?? {};
  if (tables === 0 && (id === 0 || id === APPLICATION_ID)) return "empty";
  if (id !== APPLICATION_ID) return "foreign";
  if (version !== SCHEMA_VERSION) return "other-version";
  const rows = database.prepare("SELECT name FROM sqlite_schema").all();
  const names = new Set(rows.map(({ name }) => name));
  return Object.keys(TABLES).every((name) => names.has(name)) ? "ours" : "incomplete";
}

/** Creates the tables in one transaction, unless another process was first. */
export function createSchema(database: Database): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    if (schemaState(database) === "empty") {
      for (const table of Object.values(TABLES)) database.exec(`CREATE ${table}`);
      for (const [name, value] of Object.entries(WORDS_SETTINGS))
        database.exec(`INSERT INTO words(words, rank) VALUES ('${name}', ${value})`);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
    }
    database.exec("COMMIT");
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** Ends a transaction that failed. SQLite may have ended it itself, for instance when the disk was full. */
export function rollBack(database: Database): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // No transaction is open.
  }
}
