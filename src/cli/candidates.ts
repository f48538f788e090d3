import { TranscriptError } from "../store/errors.ts";
import { findSession } from "../store/locate.ts";
import { shortIds } from "../store/short-ids.ts";
import { glanceAt } from "../store/title.ts";
import { listTrash } from "../store/trash.ts";
import { type Column, layOut, tableLine } from "./table.ts";
import { printable } from "./terminal.ts";
import { relativeTime } from "./time.ts";

/** One of several things that a word may mean. */
export interface Candidate {
  /** By which it can be named. */
  readonly id: string;
  /** When something was said in it last, or when it was deleted; epoch ms. */
  readonly time: number | undefined;
  readonly title: string | undefined;
}

/** So many are named, the latest. */
const NAMED = 10;

/**
 * What a word may mean that is the beginning of several ids, the latest first; undefined for any other error. `more`: how
 * many are not named.
 */
export async function candidatesOf(
  error: unknown,
  configDirs: readonly string[] | undefined,
): Promise<{ readonly prefix: string; readonly named: readonly Candidate[]; readonly more: number } | undefined> {
  if (!(error instanceof TranscriptError)) return undefined;
  const { prefix, candidates, inTrash } = error.data;
  if (!Array.isArray(candidates) || typeof prefix !== "string") return undefined;
  const ids = candidates.filter((id) => typeof id === "string");
  const all = inTrash === true ? await deleted(new Set(ids), configDirs) : sessions(ids, configDirs);
  return { prefix, named: all.slice(0, NAMED), more: Math.max(0, all.length - NAMED) };
}

function sessions(ids: readonly string[], configDirs: readonly string[] | undefined): Candidate[] {
  const short = shortIds(configDirs);
  const copies = ids.flatMap((id) => findSession(id, { configDirs }) ?? []).sort((a, b) => b.mtimeMs - a.mtimeMs);
  const named = copies.slice(0, NAMED).map((copy): Candidate => {
    const { activity, title } = glanceAt(copy);
    return { id: short(copy.sessionId), time: activity, title };
  });
  named.sort((a, b) => (b.time ?? 0) - (a.time ?? 0));
  // The others are only counted.
  return [
    ...named,
    ...copies.slice(NAMED).map(({ sessionId }) => ({ id: sessionId, time: undefined, title: undefined })),
  ];
}

async function deleted(ids: ReadonlySet<string>, configDirs: readonly string[] | undefined): Promise<Candidate[]> {
  const entries = await listTrash({ configDirs });
  return entries.flatMap(({ id, sessionId, deletedAt, summary }) => {
    const named = ids.has(id) ? id : sessionId;
    return ids.has(named) ? [{ id: named, time: deletedAt, title: summary }] : [];
  });
}

const COLUMNS: readonly Column[] = [{ title: "ID" }, { title: "WHEN" }, { title: "TITLE", least: 20, share: 0.5 }];

/** A line for each, in columns within the width. */
export function candidateLines(named: readonly Candidate[], width: number | undefined, now = Date.now()): string[] {
  const rows = named.map(({ id, time, title }) => [
    id,
    time === undefined ? "unknown" : relativeTime(time, now),
    printable(title ?? "") || "(no title)",
  ]);
  const widths = layOut(COLUMNS, rows, {
    width: width === undefined ? undefined : width - INDENT.length,
    heads: false,
  });
  return rows.map((row) => INDENT + tableLine(COLUMNS, widths, row, { cuts: width !== undefined, colors: false }));
}

const INDENT = "  ";
