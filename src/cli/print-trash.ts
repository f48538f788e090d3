import { resolveConfigDirs } from "../store/config-dir.ts";
import { shorten } from "../store/short-ids.ts";
import { listTrash, type TrashEntry } from "../store/trash.ts";
import type { Invocation } from "./command.ts";
import { terminalJson } from "./render/json-text.ts";
import { amount, formatBytes } from "../view/size.ts";
import { type Column, headLine, layOut, tableLine, tableWidth } from "./table.ts";
import { printable } from "./terminal.ts";
import { relativeTime } from "./time.ts";

const COLUMNS: readonly Column[] = [
  { title: "ID", color: 33 },
  { title: "DELETED" },
  { title: "TITLE", least: 20, share: 0.5 },
  { title: "ITEMS", right: true, color: 2, dispensable: 2 },
  { title: "SIZE", right: true, color: 2, dispensable: 1 },
];

/** What `trash` prints: what was deleted at least so long ago. Gives the exit code. */
export async function printTrash({ configDirs, json, terminal }: Invocation, olderThanMs: number): Promise<number> {
  const now = Date.now();
  const all = await listTrash({ configDirs });
  const trash = all.filter(({ deletedAt }) => olderThanMs === 0 || (deletedAt ?? now) <= now - olderThanMs);
  const bytes = trash.reduce((sum, entry) => sum + entry.bytes, 0);
  if (json) {
    await terminal.write(`${terminalJson({ trash, bytes }, 1)}\n`);
    return 0;
  }
  if (trash.length === 0) {
    await terminal.write(`${printable(`nothing in the trash of ${resolveConfigDirs({ configDirs }).join(", ")}`)}\n`);
    return 0;
  }
  const idOf = shortTrashIds(all);
  const rows = trash.map((entry) => [
    idOf(entry),
    entry.deletedAt === undefined ? "unknown" : relativeTime(entry.deletedAt, now),
    (printable(entry.summary ?? "") || "(no title)") + (entry.complete ? "" : " (cut short)"),
    String(entry.items),
    formatBytes(entry.bytes),
  ]);
  const width = tableWidth(terminal);
  const { colors, isTty } = terminal;
  const widths = layOut(COLUMNS, rows, { width, heads: isTty });
  const lines = rows.map((row) => tableLine(COLUMNS, widths, row, { cuts: width !== undefined, colors }));
  if (isTty) lines.unshift(headLine(COLUMNS, widths, { colors }));
  await terminal.write(`${lines.join("\n")}\n`);
  if (isTty) terminal.warn(`${amount(trash.length, bytes).replace("item", "session")}. 'restore ID' puts one back.`);
  return 0;
}

/** What `restore` takes for an entry: the beginning of the session's id, or the whole entry where a session has several. */
function shortTrashIds(entries: readonly TrashEntry[]): (entry: TrashEntry) => string {
  const times = new Map<string, number>();
  for (const { sessionId } of entries) times.set(sessionId, (times.get(sessionId) ?? 0) + 1);
  const short = shorten(times.keys());
  return ({ id, sessionId }) => (times.get(sessionId) === 1 ? short(sessionId) : id);
}
