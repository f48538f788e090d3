import { isDeepStrictEqual } from "node:util";
import { RowWriter } from "../../transcript/fork/row-writer.ts";
import { asString, type JsonObject } from "../../transcript/rows/json-values.ts";
import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import { MESSAGE_ROW } from "../../transcript/saved/saved-row.ts";
import { SavedRows } from "../../transcript/saved/saved-rows.ts";
import { appendLines, cleanStaleTemps, createTemp, discardTemp, publishNew } from "../disk/atomic-write.ts";
import type { TempFile } from "../disk/atomic-write.ts";
import { nodeCrypto } from "../disk/builtins.ts";
import { makeDir, statFile, writeAll } from "../disk/fs.ts";
import { isAbsolutePath } from "../disk/platform.ts";
import { errnoOf, inContext, TranscriptError } from "../errors.ts";
import { projectDir, transcriptPath } from "../layout/paths.ts";
import { canonicalPath, diskKey } from "../layout/project-key.ts";
import { requireNotInUse } from "../live/session-in-use.ts";
import { findCopies, newestCopy, openCopy } from "../projects/find-copies.ts";
import { sessionCwd } from "../projects/session-cwd.ts";
import { TranscriptFile } from "../read/transcript-file.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";
import { deleteLocked, isBegun, placesOf } from "../trash/delete-session.ts";
import type { ProjectDir, TranscriptCopy } from "../types.ts";
import type { SaveSessionOptions, SaveSessionResult } from "./save-options.ts";
import { endOfConversation, storedMessages } from "./stored-messages.ts";

const NEXT_STEP = "When that is fixed, save again, or restore the old one";

/** Most UTF-16 units that are written at once, unless a row is longer: one text holds half a billion, and is copied twice. */
const WRITE_UNITS = 32 * 1024 * 1024;

/** Maximum number of attempts, if the transcript changes while it is compared with the messages. */
const TRIES = 5;

/** Writes the messages of one session. The caller holds its lock in the config dirs, of which the first gets a new session. */
export class SessionWriter {
  readonly #id: string;
  readonly #messages: readonly JsonObject[];
  readonly #configDirs: readonly [string, ...string[]];
  readonly #options: SaveSessionOptions;

  constructor(
    id: string,
    messages: readonly JsonObject[],
    configDirs: readonly [string, ...string[]],
    options: SaveSessionOptions,
  ) {
    this.#id = id;
    this.#messages = messages;
    this.#configDirs = configDirs;
    this.#options = options;
  }

  async save(): Promise<SaveSessionResult> {
    const { force, replace } = this.#options;
    if (!force) requireNotInUse(this.#id, placesOf(this.#configDirs, this.#id));
    if (isBegun(this.#configDirs, this.#id)) {
      if (!replace) {
        throw this.#exists(
          "its deletion or restoration was cut short",
          "Delete or restore it to finish that, or pass replace, which moves it to the trash.",
        );
      }
      return this.#create();
    }
    for (let tries = 1; ; tries++) {
      const copy = newestCopy(findCopies(this.#id, { configDirs: this.#configDirs }));
      if (copy === undefined) return this.#create();
      const result = await this.#goOn(copy);
      if (result !== undefined) return result;
      if (tries === TRIES) throw this.#exists("it keeps changing", "Save it when nobody else writes to it.");
    }
  }

  /** Appends the messages that the session lacks, or replaces it. Undefined if it changed meanwhile. */
  async #goOn(copy: TranscriptCopy): Promise<SaveSessionResult | undefined> {
    const { signal, replace } = this.#options;
    const file = await TranscriptFile.read(openCopy(copy), signal);
    const rows = this.#rows(sessionCwd(copy.path));
    let count = 0;
    let difference: string | undefined;
    try {
      for await (const { message, row } of storedMessages(file, signal)) {
        const given = this.#messages[count];
        if (given === undefined) difference = `it has more than the ${this.#messages.length} messages given`;
        else if (!isSame(given, message)) difference = `its message ${count + 1} is another one`;
        if (difference !== undefined) break;
        // Equal to what was stored, and held anyway.
        rows.pass(given as JsonObject, row);
        count++;
      }
      rows.goOnAfter(endOfConversation(file));
    } finally {
      file.close();
    }
    if (difference !== undefined) {
      if (replace) return this.#create(copy);
      throw this.#exists(
        difference,
        "Load it and add messages to those it has, save under another id, or pass replace, which moves it to the trash.",
      );
    }
    if (statFile(copy.path)?.size !== file.size) return undefined;
    if (!(await this.#append(copy.path, rows, count))) return undefined;
    cleanStaleTemps(copy.project.path);
    return this.#result(copy.path, this.#messages.length - count, []);
  }

  /** Appends the messages from `first` on, in writes of whole rows. Returns false if the file is gone. */
  async #append(path: string, rows: SavedRows, first: number): Promise<boolean> {
    const { signal, progress } = this.#options;
    let lines: string[] = [];
    let units = 0;
    let done = first;
    const write = (): boolean => {
      const isThere = lines.length === 0 || appendLines(path, Buffer.from(lines.join("")));
      [lines, units] = [[], 0];
      progress?.(Math.min(done, this.#messages.length), this.#messages.length);
      return isThere;
    };
    for (const row of rows.rowsOf(this.#messages.slice(first))) {
      const line = `${JSON.stringify(row)}\n`;
      if (units + line.length > WRITE_UNITS && !write()) return false;
      lines.push(line);
      units += line.length;
      done++;
      if (isTurnOver()) await yieldToEventLoop(signal);
    }
    return write();
  }

  /** Writes a new session, after moving what is left of the one that it replaces to the trash. */
  async #create(replaced?: TranscriptCopy): Promise<SaveSessionResult> {
    const { cwd } = this.#options;
    const dir = cwd ?? cwdIn(this.#messages) ?? process.cwd();
    const project = cwd === undefined && replaced ? replaced.project : projectDir(this.#configDirs[0], diskKey(dir));
    const path = transcriptPath(project, this.#id);
    makeDir(project.path);
    cleanStaleTemps(project.path);
    // Not named after the session, whose deletion would include it.
    const temp = createTemp(project.path, "saved.jsonl");
    try {
      await this.#writeAll(temp, this.#rows(canonicalPath(dir)));
      const trashIds = await this.#clear();
      try {
        this.#publish(temp, path, project);
      } catch (error) {
        if (trashIds.length === 0) throw error;
        throw inContext(
          error,
          `Session ${this.#id} is in the trash, but the new one was not saved: `,
          `. ${NEXT_STEP}`,
        );
      }
      return this.#result(path, this.#messages.length, trashIds);
    } catch (error) {
      discardTemp(temp);
      throw error;
    }
  }

  async #writeAll(temp: TempFile, rows: SavedRows): Promise<void> {
    const { signal, progress } = this.#options;
    const writer = new RowWriter(2 * CHUNK_BYTES, (bytes) => writeAll(temp.fd, bytes));
    let done = 0;
    for (const row of rows.rowsOf(this.#messages)) {
      writer.value(row);
      done++;
      if (!isTurnOver()) continue;
      progress?.(Math.min(done, this.#messages.length), this.#messages.length);
      await yieldToEventLoop(signal);
    }
    // An empty file would be no session.
    if (done === 0) writer.value({ type: MESSAGE_ROW, sessionId: this.#id, timestamp: now(), cwd: rows.cwd });
    writer.flush();
    progress?.(this.#messages.length, this.#messages.length);
  }

  async #clear(): Promise<readonly string[]> {
    const isThere = findCopies(this.#id, { configDirs: this.#configDirs }).length > 0;
    const resumed = isBegun(this.#configDirs, this.#id);
    if (!isThere && !resumed) return [];
    return (await deleteLocked(this.#configDirs, this.#id, { permanent: false, resumed })).trashIds;
  }

  #publish(temp: TempFile, path: string, { configDir }: ProjectDir): void {
    try {
      publishNew(temp, path);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      const isSession = findCopies(this.#id, { configDirs: [configDir] }).length > 0;
      const why = isSession ? "another process has begun it meanwhile" : `${path} is in the way and is no transcript`;
      throw this.#exists(why, "Save under another id, or move it away.");
    }
  }

  #rows(lastCwd: string | undefined): SavedRows {
    const { cwd, programmatic = true } = this.#options;
    return new SavedRows({
      sessionId: this.#id,
      cwd: cwd === undefined ? undefined : canonicalPath(cwd),
      lastCwd: lastCwd ?? canonicalPath(process.cwd()),
      programmatic,
      now: now(),
      freshId: () => nodeCrypto().randomUUID(),
      isSame: isDeepStrictEqual,
    });
  }

  #result(path: string, written: number, trashIds: readonly string[]): SaveSessionResult {
    return { sessionId: this.#id, transcriptPath: path, messageCount: this.#messages.length, written, trashIds };
  }

  #exists(why: string, hint: string): TranscriptError {
    return new TranscriptError("SessionExists", `Session ${this.#id} cannot be saved: ${why}`, {
      hint,
      data: { sessionId: this.#id },
    });
  }
}

const now = (): string => new Date().toISOString();

/** Compares members in any order: a program may have made the message anew. A stored one may have members that JSON has not. */
const isSame = (given: JsonObject, stored: JsonObject): boolean =>
  isDeepStrictEqual(given, stored) || isDeepStrictEqual(given, JSON.parse(JSON.stringify(stored)));

/** Returns the directory that the first `init` message names. */
function cwdIn(messages: readonly JsonObject[]): string | undefined {
  const init = messages.find(({ type, subtype }) => type === "system" && subtype === "init");
  const cwd = asString(init?.["cwd"]);
  return cwd !== undefined && isAbsolutePath(cwd) ? cwd : undefined;
}
