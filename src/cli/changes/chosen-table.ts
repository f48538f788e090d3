import type { ListedSession } from "../../store/types.ts";
import { formatBytes } from "../../view/size.ts";
import type { Terminal } from "../terminal/command.ts";
import { type Column, headLine, layOut, tableLine } from "../terminal/table.ts";
import { printable } from "../terminal/terminal.ts";
import { relativeTime } from "../terminal/time.ts";

const COLUMNS: readonly Column[] = [
  { title: "ID" },
  { title: "ACTIVE" },
  { title: "TITLE", min: 20, share: 0.5 },
  { title: "SIZE", right: true, dispensable: 1 },
];

/** A session that a filter chose, with the bytes that the change is about. */
export interface ChosenRow {
  readonly session: ListedSession;
  readonly bytes: number;
}

/** Returns the table of what was chosen, for stderr. */
export function chosenLines(
  chosen: readonly ChosenRow[],
  { terminal, idOf }: { readonly terminal: Terminal; readonly idOf: (sessionId: string) => string },
): string[] {
  const now = Date.now();
  const rows = chosen.map(({ session: { sessionId, activity, title }, bytes }) => [
    idOf(sessionId),
    relativeTime(activity, now),
    printable(title),
    formatBytes(bytes),
  ]);
  const width = terminal.errorColumns;
  const widths = layOut(COLUMNS, rows, { width, heads: true });
  const options = { cuts: width !== undefined, colors: false };
  return [headLine(COLUMNS, widths, options), ...rows.map((row) => tableLine(COLUMNS, widths, row, options))];
}
