import { TranscriptError } from "../../store/errors.ts";
import { findSession } from "../../store/projects/find-copies.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { titleAndActivityOf } from "../../store/facts/title-of.ts";
import { listTrash } from "../../store/trash/trash-contents.ts";
import { type Column, layOut, tableLine } from "../terminal/table.ts";
import { printable } from "../terminal/terminal.ts";
import { relativeTime } from "../terminal/time.ts";
import { fitTitles } from "../terminal/titles.ts";

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
  if (error instanceof SeveralSubagents) return latest(error.prefix, error.candidates);
  if (!(error instanceof TranscriptError)) return undefined;
  const { prefix, candidates, inTrash } = error.data;
  if (!Array.isArray(candidates) || typeof prefix !== "string") return undefined;
  const ids = candidates.filter((id) => typeof id === "string");
  return latest(prefix, inTrash === true ? await deleted(new Set(ids), configDirs) : sessions(ids, configDirs));
}

const latest = (prefix: string, all: readonly Candidate[]) => ({
  prefix,
  named: all.slice(0, NAMED),
  more: Math.max(0, all.length - NAMED),
});

/** The beginning of the ids of several subagents of a session. */
export class SeveralSubagents extends TranscriptError {
  readonly prefix: string;
  readonly candidates: readonly Candidate[];

  constructor(prefix: string, candidates: readonly Candidate[]) {
    super("InvalidArgument", `${candidates.length} subagent ids begin with "${prefix}"`);
    this.prefix = prefix;
    this.candidates = candidates;
  }
}

function sessions(ids: readonly string[], configDirs: readonly string[] | undefined): Candidate[] {
  const short = shortIds(configDirs);
  const copies = ids.flatMap((id) => findSession(id, { configDirs }) ?? []).sort((a, b) => b.mtimeMs - a.mtimeMs);
  const named = copies.slice(0, NAMED).map((copy): Candidate => {
    const { activity, title } = titleAndActivityOf(copy);
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

const COLUMNS: readonly Column[] = [
  { title: "ID" },
  { title: "WHEN", dispensable: 1 },
  { title: "TITLE", least: 20, share: 0.5 },
];

/** A line for each, in columns within the width. */
export function candidateLines(named: readonly Candidate[], width: number | undefined, now = Date.now()): string[] {
  const rows = named.map(({ id, time, title }) => [
    printable(id),
    time === undefined ? "" : relativeTime(time, now),
    printable(title ?? "") || "(no title)",
  ]);
  const widths = layOut(COLUMNS, rows, { width: (width ?? WIDE) - INDENT.length, heads: false });
  const titles = fitTitles(
    rows.map(([, , text = ""]) => ({ text, marks: "" })),
    widths[TITLE] ?? 0,
  );
  for (const [at, row] of rows.entries()) row[TITLE] = titles[at] ?? "";
  return rows.map((row) => INDENT + tableLine(COLUMNS, widths, row, { cuts: true, colors: false }));
}

const TITLE = 2;
const INDENT = "  ";
/** Where there is no terminal. */
const WIDE = 200;
