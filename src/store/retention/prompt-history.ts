/** The prompts in Claude Code's `history.jsonl`, which outlive their sessions. Only reads. */
import { asObject, asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { close, openRead, readBytes, statOpen } from "../disk/fs.ts";
import { FileLines } from "../disk/file-lines.ts";
import { readSmall } from "../disk/read-small-file.ts";
import { attempt, unlessMissing } from "../errors.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { historyPath, pastePath } from "../layout/paths.ts";
import { isSessionId } from "../layout/session-id.ts";
import { listCandidates } from "../facts/stat-transcripts.ts";
import { findSession } from "../projects/find-copies.ts";
import { listProjectDirs } from "../projects/project-dirs.ts";
import { allSessionIds } from "../resolve/by-prefix.ts";
import { existingSnapshots } from "../snapshot/snapshot-dir.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";
import { allTrashPlaces } from "../trash/trash-entries.ts";

/** A prompt as it was typed, with pasted texts in their place. */
interface HistoryPrompt {
  /** Epoch ms; undefined if the row has none. */
  readonly timestamp: number | undefined;
  readonly text: string;
  /** Number of pasted texts whose names stand in the text, because with them it would be too long. */
  readonly left: number;
}

/** Prompts of a session that is gone. */
export interface LostSession {
  readonly sessionId: string;
  readonly configDir: string;
  /** Its directory by its last prompt that has one. */
  readonly project: string | undefined;
  /** Times of the first and the last prompt, epoch ms. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Number of prompts. */
  readonly count: number;
  /** Reads the prompts again, one after another, as they stand in the file. */
  readonly prompts: () => Generator<HistoryPrompt>;
}

export interface LostPrompts {
  /** The latest first. */
  readonly sessions: readonly LostSession[];
  /** Number of prompts of CLIs that wrote no session into the row. */
  readonly unnamed: number;
  /** Number of lines that could not be read. */
  readonly unread: number;
}

export interface LostOptions {
  readonly configDirs?: readonly string[] | undefined;
  /** Which prompts to take, by their directory and time. Default: all. */
  readonly accepts?:
    | ((row: { readonly project: string | undefined; readonly timestamp: number | undefined }) => boolean)
    | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns the prompts of sessions that are neither in the config dirs nor in their trash nor in their snapshots. Memory: two
 * numbers for each of these prompts. Throws file-system errors other than a missing file, and `signal.reason`.
 */
export async function lostPrompts({ configDirs, accepts = () => true, signal }: LostOptions): Promise<LostPrompts> {
  const dirs = resolveConfigDirs({ configDirs });
  const isGone = await goneTest(dirs, signal);
  const sessions: LostSession[] = [];
  let [unnamed, unread] = [0, 0];
  for (const configDir of dirs) {
    const found = new Map<string, Found>();
    for (const { value, at, length } of historyRows(configDir)) {
      if (isTurnOver()) await yieldToEventLoop(signal);
      if (value === undefined) {
        unread++;
        continue;
      }
      const { sessionId, project, timestamp } = value;
      const row = { project: asString(project), timestamp: timeOf(timestamp) };
      if (!accepts(row)) continue;
      if (typeof sessionId !== "string" || !isSessionId(sessionId)) {
        unnamed++;
        continue;
      }
      const id = sessionId.toLowerCase();
      const session = found.get(id);
      if (session === undefined) {
        if (isGone(id)) found.set(id, { ...row, from: row.timestamp, to: row.timestamp, places: [at, length] });
        continue;
      }
      session.project = row.project ?? session.project;
      session.from = Math.min(session.from ?? Infinity, row.timestamp ?? Infinity);
      session.to = Math.max(session.to ?? -Infinity, row.timestamp ?? -Infinity);
      session.places.push(at, length);
    }
    for (const [sessionId, { project, from, to, places }] of found) {
      const count = places.length / 2;
      const times = { from: finite(from), to: finite(to) };
      sessions.push({ sessionId, configDir, project, ...times, count, prompts: () => promptsAt(configDir, places) });
    }
  }
  sessions.sort((a, b) => (b.to ?? 0) - (a.to ?? 0) || (a.sessionId < b.sessionId ? -1 : 1));
  return { sessions, unnamed, unread };
}

interface Found {
  project: string | undefined;
  from: number | undefined;
  to: number | undefined;
  /** Offset and length of each row. */
  readonly places: number[];
}

const finite = (time: number | undefined): number | undefined => (Number.isFinite(time) ? time : undefined);
const timeOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= LAST_DATE ? value : undefined;
/** Of a `Date`. */
const LAST_DATE = 8.64e15;

/** Returns a test of whether a session is nowhere. */
async function goneTest(
  configDirs: readonly string[],
  signal: AbortSignal | undefined,
): Promise<(sessionId: string) => boolean> {
  const all = [...configDirs, ...existingSnapshots(configDirs)];
  const projects = all.flatMap((dir) => listProjectDirs(dir).dirs.map((project) => ({ project })));
  const { candidates } = await listCandidates(projects, { signal });
  const trashed = allTrashPlaces(configDirs).places;
  const there = new Set([...candidates, ...trashed].map(({ sessionId }) => sessionId.toLowerCase()));
  // What has a name and is in no list is empty, or a link that may lead to a session.
  const named = new Map(Array.from(allSessionIds(all), (id) => [id.toLowerCase(), id]));
  return (id) => {
    if (there.has(id)) return false;
    const isGone = !named.has(id) || findSession(named.get(id), { configDirs: all }) === undefined;
    if (!isGone) there.add(id);
    return isGone;
  };
}

interface HistoryRow {
  /** Undefined if the line is no row. */
  readonly value: JsonObject | undefined;
  readonly at: number;
  readonly length: number;
}

function* historyRows(configDir: string): Generator<HistoryRow> {
  const fd = unlessMissing(() => openRead(historyPath(configDir)), undefined);
  if (fd === undefined) return;
  try {
    const stats = statOpen(fd);
    if (!stats.isFile()) return;
    const lines = new FileLines(fd, { to: stats.size });
    while (lines.step())
      while (lines.next()) {
        const { bytes, start, end, offset, oversized } = lines;
        const text = oversized > 0 ? "" : bytes.toString("utf8", start, end);
        if (oversized === 0 && text.trim() === "") continue;
        yield { value: objectIn(text), at: offset, length: end - start };
      }
  } finally {
    close(fd);
  }
}

const objectIn = (text: string): JsonObject | undefined => asObject(attempt(() => JSON.parse(text) as unknown));

function* promptsAt(configDir: string, places: readonly number[]): Generator<HistoryPrompt> {
  const fd = openRead(historyPath(configDir));
  try {
    for (let i = 0; i < places.length; i += 2) {
      const value = objectIn(readBytes(fd, places[i + 1] ?? 0, places[i]).toString());
      // The file was changed since.
      if (value === undefined) continue;
      const { display, pastedContents, timestamp } = value;
      const typed = asString(display) ?? "";
      yield { timestamp: timeOf(timestamp), ...withPasted(configDir, typed, membersOf(pastedContents)) };
    }
  } finally {
    close(fd);
  }
}

const PASTED = /\[Pasted text #(\d+)(?: \+\d+ lines)?\]|\[\.\.\.Truncated text #(\d+) \+\d+ lines\.\.\.\]/g;
const PASTE_BYTES = 16 * 1024 * 1024;
/** Maximum length of a prompt with its pasted texts, UTF-16 units: a name may stand in it any number of times. */
const PROMPT_UNITS = 64 * 1024 * 1024;

/** Puts pasted texts in the place of the words that stand for them, as far as they are kept. */
function withPasted(configDir: string, typed: string, pasted: JsonObject): Pick<HistoryPrompt, "text" | "left"> {
  const contents = new Map<string, string | undefined>();
  let room = PROMPT_UNITS - typed.length;
  let left = 0;
  const text = typed.replace(PASTED, (words: string, one?: string, other?: string) => {
    const number = one ?? other ?? "";
    if (!contents.has(number)) contents.set(number, pastedText(configDir, membersOf(pasted[number])));
    const content = contents.get(number);
    if (content === undefined) return words;
    if (content.length > room) {
      left++;
      return words;
    }
    room -= content.length;
    return content;
  });
  return { text, left };
}

function pastedText(configDir: string, { content, contentHash }: JsonObject): string | undefined {
  if (typeof content === "string") return content;
  const path = typeof contentHash === "string" ? pastePath(configDir, contentHash) : undefined;
  return path && attempt(() => readSmall(path, PASTE_BYTES));
}
