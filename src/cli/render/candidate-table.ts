import { TranscriptError } from "../../store/errors.ts";
import { findSession } from "../../store/projects/find-copies.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { titleAndActivityOf } from "../../store/facts/title-of.ts";
import { listTrash } from "../../store/trash/trash-contents.ts";
import { type Column, layOut, tableLine } from "../terminal/table.ts";
import { printable } from "../terminal/terminal.ts";
import { relativeTime } from "../terminal/time.ts";
import { fitTitles } from "../terminal/titles.ts";

/** One of several things that a prefix of an id may mean. */
export interface Candidate {
  /** Unique prefix of its id, or the whole id. */
  readonly id: string;
  /** Time of the last message, or of the deletion; epoch ms. */
  readonly time: number | undefined;
  readonly title: string | undefined;
}

/** Maximum candidates listed, latest first. */
const MAX_NAMED = 10;

/** Returns the candidates of an ambiguous prefix, latest first; undefined for any other error. `more`: number not named. */
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
  named: all.slice(0, MAX_NAMED),
  more: Math.max(0, all.length - MAX_NAMED),
});

/** Error for a prefix of the ids of several subagents of a session. */
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
  const named = copies.slice(0, MAX_NAMED).map((copy): Candidate => {
    const { activity, title } = titleAndActivityOf(copy);
    return { id: short(copy.sessionId), time: activity, title };
  });
  named.sort((a, b) => (b.time ?? 0) - (a.time ?? 0));
  // The others are only counted.
  return [
    ...named,
    ...copies.slice(MAX_NAMED).map(({ sessionId }) => ({ id: sessionId, time: undefined, title: undefined })),
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
  { title: "TITLE", min: 20, share: 0.5 },
];

/** Writes candidates as a table within the width. */
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
/** Width without a terminal. */
const WIDE = 200;
