import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import { shorten } from "../../store/resolve/short-ids.ts";
import { listTrash, type TrashEntry } from "../../store/trash/trash-contents.ts";
import type { Invocation, Terminal } from "../terminal/command.ts";
import { type Failure, toFailure } from "../changes/failure.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { amount, formatBytes } from "../../view/size.ts";
import { type Column, headLine, layOut, tableLine, tableWidth } from "../terminal/table.ts";
import { printable } from "../terminal/terminal.ts";
import { relativeTime } from "../terminal/time.ts";

const COLUMNS: readonly Column[] = [
  { title: "ID", color: 33 },
  { title: "DELETED" },
  { title: "TITLE", min: 20, share: 0.5 },
  { title: "ITEMS", right: true, color: 2, dispensable: 2 },
  { title: "SIZE", right: true, color: 2, dispensable: 1 },
];

/** Runs `trash`: prints entries of at least an age, and those of unknown age. Returns the exit code. */
export async function printTrash({ configDirs, json, terminal }: Invocation, olderThanMs: number): Promise<number> {
  const now = Date.now();
  const { all, failures } = await readTrashes(configDirs);
  const code = failures.length > 0 ? 1 : 0;
  const trash = all.filter(
    ({ deletedAt }) => olderThanMs === 0 || deletedAt === undefined || deletedAt <= now - olderThanMs,
  );
  const bytes = trash.reduce((sum, entry) => sum + entry.bytes, 0);
  if (json) {
    const errors = failures.length > 0 ? { errors: failures } : {};
    await terminal.write(`${terminalJson({ trash, bytes, ...errors }, 1)}\n`);
    return code;
  }
  for (const { message, hint } of failures) terminal.warn(printable([message, hint].filter(Boolean).join(". ")));
  if (trash.length === 0) {
    const dirs = resolveConfigDirs({ configDirs }).join(", ");
    const older = all.length > 0 ? " that is old enough" : "";
    if (code === 0) await terminal.write(`${printable(`nothing in the trash of ${dirs}${older}`)}\n`);
    return code;
  }
  const idOf = shortTrashIds(all);
  const rows = trash.map((entry) => [
    idOf(entry),
    entry.deletedAt === undefined ? "unknown" : relativeTime(entry.deletedAt, now),
    titleOf(entry),
    entry.problem === undefined ? String(entry.items) : "",
    entry.problem === undefined ? formatBytes(entry.bytes) : "",
  ]);
  const width = tableWidth(terminal);
  const { colors, isTty } = terminal;
  const widths = layOut(COLUMNS, rows, { width, heads: isTty });
  const lines = rows.map((row) => tableLine(COLUMNS, widths, row, { cuts: width !== undefined, colors }));
  if (isTty) lines.unshift(headLine(COLUMNS, widths, { colors }));
  await terminal.write(`${lines.join("\n")}\n`);
  warnOfProblems(trash, terminal);
  if (isTty) terminal.warn(`${amount(trash.length, bytes).replace("item", "session")}. 'restore ID' puts one back.`);
  return code;
}

function titleOf({ summary, complete, replacedBy, worker, problem }: TrashEntry): string {
  if (problem !== undefined) return printable(`(cannot be restored: ${problem})`);
  const note = replacedBy === undefined ? "" : ` (before ${replacedBy === "repair" ? "a repair" : "an undo"})`;
  return (printable(summary ?? "") || "(no title)") + (complete ? note : ` (${worker ?? "cut short"})`);
}

function warnOfProblems(trash: readonly TrashEntry[], terminal: Terminal): void {
  for (const { id, path, problem } of trash) {
    if (problem === undefined) continue;
    const what = `${id} cannot be restored: ${problem}. Its contents are in ${path}`;
    terminal.warn(printable(`${what}; 'trash empty ${id}' removes it.`));
  }
}

/** Reads each config dir separately, so that an unreadable trash does not hide the others. */
async function readTrashes(given: readonly string[] | undefined): Promise<{ all: TrashEntry[]; failures: Failure[] }> {
  const all: TrashEntry[] = [];
  const failures: Failure[] = [];
  for (const configDir of resolveConfigDirs({ configDirs: given })) {
    try {
      for (const entry of await listTrash({ configDirs: [configDir] })) all.push(entry);
    } catch (error) {
      failures.push(await toFailure(error, [configDir]));
    }
  }
  return { all: all.sort((a, b) => (b.deletedAt ?? 0) - (a.deletedAt ?? 0)), failures };
}

/**
 * Returns the argument of `restore` for an entry: a prefix of the session's id, which means its deletion, or the entry's id if
 * the session has several, and for an earlier version.
 */
function shortTrashIds(entries: readonly TrashEntry[]): (entry: TrashEntry) => string {
  const times = new Map<string, number>();
  for (const { sessionId, replacedBy } of entries)
    times.set(sessionId, (times.get(sessionId) ?? 0) + (replacedBy === undefined ? 1 : 0));
  const short = shorten(times.keys());
  return ({ id, sessionId, replacedBy }) =>
    replacedBy === undefined && times.get(sessionId) === 1 ? short(sessionId) : id;
}
