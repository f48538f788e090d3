import type { CleanedSession } from "../../catalog/select/cleanup-sessions.ts";
import { formatBytes } from "../../view/size.ts";
import type { Terminal } from "../terminal/command.ts";
import { type Column, headLine, layOut, tableLine } from "../terminal/table.ts";
import { printable } from "../terminal/terminal.ts";
import { relativeTime } from "../terminal/time.ts";

const COLUMNS: readonly Column[] = [
  { title: "ID" },
  { title: "ACTIVE" },
  { title: "TITLE", min: 20, share: 0.5 },
  { title: "ITEMS", right: true, dispensable: 2 },
  { title: "SIZE", right: true, dispensable: 1 },
];

/** Returns the table of what would be deleted, for stderr. */
export function planLines(
  deleted: readonly CleanedSession[],
  { terminal, idOf }: { readonly terminal: Terminal; readonly idOf: (sessionId: string) => string },
): string[] {
  const now = Date.now();
  const rows = deleted.map(({ session: { sessionId, activity, title }, items, bytes }) => [
    idOf(sessionId),
    relativeTime(activity, now),
    printable(title),
    String(items.length),
    formatBytes(bytes),
  ]);
  const width = terminal.errorColumns;
  const widths = layOut(COLUMNS, rows, { width, heads: true });
  const options = { cuts: width !== undefined, colors: false };
  return [headLine(COLUMNS, widths, options), ...rows.map((row) => tableLine(COLUMNS, widths, row, options))];
}
