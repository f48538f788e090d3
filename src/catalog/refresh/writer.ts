import type { Database, Statement } from "../engine/sqlite.ts";
import type { Extracted, ExtractedSegments, Facts, Part } from "../extract/extracted.ts";
import type { ExtractState } from "../extract/extractor.ts";
import type { Segment } from "../extract/segment-builder.ts";
import { tagsFound } from "../extract/session-tags.ts";
import { FileKind, rollBack, SEGMENT_BITS } from "../schema/schema.ts";
import { windowFacts } from "../../store/facts/metadata.ts";
import { isArchived } from "../../store/list/listed-session.ts";
import type { SessionFacts } from "../../transcript/summary/session-metadata.ts";
import { hiddenTitles } from "./hidden-titles.ts";
import { Names } from "./names.ts";
import { Spend } from "./spend.ts";
import type { SessionFile, StoreFile } from "./store-files.ts";

/** A file of the catalog while it is being read. */
export interface OpenFile {
  readonly id: number;
  readonly session: number;
  /** Stats at the last reading; `size` is negative if it did not reach the end. */
  readonly size: number;
  readonly mtime: string;
  readonly ino: string;
  readonly offset: number;
  readonly fingerprint: string;
  readonly segments: number;
  readonly state: string;
}

/** Where the reading of a file stands. */
export interface Place extends Pick<OpenFile, "size" | "mtime" | "ino" | "offset" | "fingerprint"> {
  readonly state: ExtractState;
}

const TALLIED = ["prompts", "turns", "messages", "calls", "active", "added", "removed"] as const;
const COLUMNS = ["output", "input", "said", "thinking", "title"] as const;
/**
 * Length of the texts that are inserted together, UTF-16 units. Inserted one by one, between reading rows, they find neither
 * the code nor the hash table of the engine in the processor's cache (341 MB of transcripts: 6.9 s of CPU against 5.8 s).
 */
const WAITING_UNITS = 2 * 1024 * 1024;
/** Tables with rows of a file. `segment`, `words` and `charge` are cleared otherwise. */
const OF_FILE = ["tally", "tool_use", "touched", "cut"];

/** A segment with its number. */
interface NumberedSegment {
  readonly id: number;
  readonly segment: Segment;
}

/**
 * Writes what extraction finds. All calls are inside a transaction, between `begin` and `commit`, at whose end everything is
 * in the database. Other users of the connection see a transaction only if they are called between the two.
 */
export class CatalogWriter {
  readonly #database: Database;
  readonly #names: Names;
  readonly #spend: Spend;
  readonly #statements = new Map<string, Statement>();
  /** Number of segments of the files that are being read. */
  readonly #segments = new Map<number, number>();

  /** Segments that are not inserted yet. */
  #waiting: NumberedSegment[] = [];
  #waitingUnits = 0;

  constructor(database: Database) {
    this.#database = database;
    this.#names = new Names(database);
    this.#spend = new Spend(database, this.#names);
  }

  begin(): void {
    this.#database.exec("BEGIN IMMEDIATE");
  }

  commit(): void {
    this.#insertSegments();
    this.#spend.flush();
    this.#database.exec("COMMIT");
  }

  rollBack(): void {
    rollBack(this.#database);
    this.#names.forget();
    this.#spend.forget();
    this.#segments.clear();
    this.#waiting = [];
    this.#waitingUnits = 0;
  }

  /** Returns the number of a session; adds it, or corrects what lists say of it. */
  session(file: SessionFile): number {
    const facts = windowFacts(file.candidate);
    this.#run(
      "INSERT OR IGNORE INTO session(uuid, path, archived, programmatic, forked, stamp) VALUES (?, '', 0, 0, 0, '')",
      file.sessionId,
    );
    const id = this.numberOf(file.sessionId) as number;
    const read = this.#factsOf(file.path);
    this.#setFacts(id, file, facts, read);
    const hidden = hiddenTitles(file.candidate, read);
    if (hidden === undefined) this.#run("DELETE FROM hidden WHERE session = ?", id);
    else this.#run("INSERT OR REPLACE INTO hidden(session, titles) VALUES (?, ?)", id, JSON.stringify(hidden));
    return id;
  }

  numberOf(sessionId: string): number | undefined {
    const row = this.#prepared("SELECT id FROM session WHERE uuid = ?").get(sessionId);
    return row === undefined ? undefined : Number(row["id"]);
  }

  /** Returns a file as the catalog has it; undefined for a new one. */
  find(path: string): OpenFile | undefined {
    const sql = `SELECT id, session, size, mtime, ino, "offset", fingerprint, segments, state FROM file WHERE path = ?`;
    return this.#prepared(sql).get(path) as unknown as OpenFile | undefined;
  }

  /** Adds a file of which nothing has been read. */
  add({ path, agent, kind }: StoreFile, session: number): OpenFile {
    this.#run(
      `INSERT INTO file(path, session, agent, kind, size, mtime, ino, "offset", fingerprint, segments, state)
        VALUES (?, ?, ?, ?, -1, '', '', 0, '', 0, '')`,
      path,
      session,
      agent ?? null,
      kind,
    );
    return this.find(path) as OpenFile;
  }

  /** Removes everything that was read of a file, before it is read anew. */
  clear(file: Pick<OpenFile, "id" | "session">): void {
    this.#spend.clear(file.id);
    const [from, to] = [file.id * SEGMENT_SPAN, (file.id + 1) * SEGMENT_SPAN];
    this.#waiting = this.#waiting.filter(({ id }) => id < from || id >= to);
    for (const { id } of this.#prepared("SELECT id FROM segment WHERE id >= ? AND id < ?").all(from, to))
      this.#run("DELETE FROM words WHERE rowid = ?", Number(id));
    this.#run("DELETE FROM segment WHERE id >= ? AND id < ?", from, to);
    for (const table of OF_FILE) this.#run(`DELETE FROM ${table} WHERE file = ?`, file.id);
    this.#segments.delete(file.id);
    this.#run(
      `UPDATE file SET size = -1, "offset" = 0, fingerprint = '', segments = 0, state = '' WHERE id = ?`,
      file.id,
    );
  }

  /** Removes a file, and its session with the last of its files. */
  remove(id: number): void {
    const row = this.#prepared("SELECT session FROM file WHERE id = ?").get(id);
    if (row === undefined) return;
    const session = Number(row["session"]);
    this.clear({ id, session });
    this.#run("DELETE FROM file WHERE id = ?", id);
    if (this.#prepared("SELECT 1 AS one FROM file WHERE session = ? LIMIT 1").get(session) !== undefined) return;
    this.#run("DELETE FROM session WHERE id = ?", session);
    this.#run("DELETE FROM hidden WHERE session = ?", session);
  }

  /** Writes segments that were found in a file. `hasFile`: whether a subagent has a file of its own, which is read instead. */
  writeSegments(file: OpenFile, found: ExtractedSegments, hasFile: (agentId: string) => boolean): void {
    this.#writeSegments(file, found.segments);
    for (const [agentId, segments] of found.agents) if (!hasFile(agentId)) this.#writeSegments(file, segments);
  }

  /** Writes everything that was found in a file since its offset. `hasFile`: as for `writeSegments`. */
  write(file: OpenFile, found: Extracted, hasFile: (agentId: string) => boolean): void {
    this.#writePart(file, found, true);
    // What a subagent does is no further activity of the session.
    for (const [agentId, part] of found.agents) if (!hasFile(agentId)) this.#writePart(file, part, false);
  }

  /** Notes that a row was too long to be read whole: every search says so. */
  cut({ id }: OpenFile, offset: number, bytes: number): void {
    this.#run('INSERT OR REPLACE INTO cut(file, "offset", bytes) VALUES (?, ?, ?)', id, offset, bytes);
  }

  /** Notes how far a file was read. */
  save({ id, segments }: OpenFile, { size, mtime, ino, offset, fingerprint, state }: Place): void {
    this.#run(
      `UPDATE file SET size = ?, mtime = ?, ino = ?, "offset" = ?, fingerprint = ?, segments = ?, state = ? WHERE id = ?`,
      size,
      mtime,
      ino,
      offset,
      fingerprint,
      this.#segments.get(id) ?? segments,
      JSON.stringify(state),
      id,
    );
  }

  #writeSegments(file: OpenFile, segments: readonly Segment[]): void {
    for (const segment of segments) {
      const n = this.#segments.get(file.id) ?? file.segments;
      this.#segments.set(file.id, n + 1);
      this.#waiting.push({ id: file.id * SEGMENT_SPAN + n, segment });
      for (const column of COLUMNS) this.#waitingUnits += segment[column].length;
    }
    if (this.#waitingUnits >= WAITING_UNITS) this.#insertSegments();
  }

  #insertSegments(): void {
    // FTS5 writes what it has gathered to the disk before it takes a smaller number.
    for (const { id, segment } of this.#waiting.sort((a, b) => a.id - b.id)) {
      this.#run("INSERT INTO segment(id, off, len, ts) VALUES (?, ?, ?, ?)", id, segment.off, segment.len, segment.ts);
      this.#run(
        `INSERT INTO words(rowid, ${COLUMNS.join(", ")}) VALUES (?, ?, ?, ?, ?, ?)`,
        id,
        ...COLUMNS.map((column) => segment[column]),
      );
    }
    this.#waiting = [];
    this.#waitingUnits = 0;
  }

  #writePart(file: OpenFile, part: Part, isWhole: boolean): void {
    this.#writeSegments(file, part.segments);
    if (part.charges.size > 0) this.#spend.put(file.id, part.charges, file.offset === 0);
    for (const [slot, tally] of part.tallies) {
      const values = TALLIED.map((name) => (name === "active" && !isWhole ? 0 : tally[name]));
      this.#run(
        `INSERT INTO tally(file, slot, ${TALLIED.join(", ")}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET ${TALLIED.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`,
        file.id,
        slot,
        ...values,
      );
    }
    for (const [slot, tools] of part.tools) {
      for (const [tool, n] of tools) {
        this.#run(
          "INSERT INTO tool_use(file, slot, tool, n) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
          file.id,
          slot,
          this.#names.of(tool),
          n,
        );
      }
    }
    for (const [path, changed] of part.touched) {
      this.#run(
        `INSERT INTO touched(session, path, changed, file) VALUES (?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET changed = max(changed, excluded.changed)`,
        file.session,
        this.#names.of(path),
        Number(changed),
        file.id,
      );
    }
  }

  /** Facts of what was read of a transcript. */
  #factsOf(path: string): Facts {
    const state = this.find(path)?.state ?? "";
    return state === "" ? {} : (JSON.parse(state) as ExtractState).facts;
  }

  /** Titles and tags may be anywhere in the file; all other facts are those of a list. */
  #setFacts(id: number, { path, stamp, candidate }: SessionFile, listed: SessionFacts | undefined, read: Facts): void {
    const title = read.customTitle || listed?.customTitle || read.aiTitle || listed?.title;
    const active = Math.min(read.active ?? Infinity, candidate.lastModified);
    this.#run(
      `UPDATE session SET path = ?, project = ?, cwd = ?, branch = ?, title = ?, tags = ?, model = ?, created = ?,
        active = ?, archived = ?, programmatic = ?, forked = ?, cost_state = ?, stamp = ? WHERE id = ?`,
      path,
      candidate.project.key,
      listed?.cwd ?? read.cwd ?? null,
      listed?.gitBranch ?? read.branch ?? null,
      title ?? null,
      JSON.stringify(tagsFound(read, listed)),
      read.model ?? listed?.model ?? null,
      listed?.createdAt ?? read.created ?? null,
      active,
      Number(listed !== undefined && isArchived(listed) === true),
      Number(listed?.programmatic === true),
      Number(listed?.forkedFrom !== undefined),
      read.costState ?? null,
      stamp,
      id,
    );
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#prepared(sql).run(...values);
  }

  #prepared(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}

const SEGMENT_SPAN = 2 ** SEGMENT_BITS;

export const isTranscript = ({ kind }: StoreFile): boolean => kind !== FileKind.spilled;
