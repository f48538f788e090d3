import type { Terminal } from "./command.ts";
import { cut, cutPath, pad, widthOf } from "./width.ts";

export interface Column {
  readonly title: string;
  /** Where the width does not suffice, the column is cut, but not below these cells. Absent: never cut. */
  readonly least?: number;
  /** How many times the cells of others it should get. Default 1. */
  readonly weight?: number;
  /** Its end says more than its beginning. */
  readonly isPath?: boolean;
  readonly right?: boolean;
  /** SGR code. */
  readonly color?: number;
  /** Left out, the highest first, where the table is too wide however much is cut. Absent: never. */
  readonly dispensable?: number;
}

const GAP = "  ";
/** A column that is not cut on purpose still leaves room for the others. */
const MOST = 100;

/**
 * The cells each column gets within `width`, undefined for one that is left out; `rows` are those that are known before
 * the first is printed. Without a width nothing is cut or left out. `heads`: there is room for the titles, too.
 */
export function layOut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width = Infinity, heads }: { readonly width: number | undefined; readonly heads: boolean },
): (number | undefined)[] {
  const natural = columns.map(({ title }, at) =>
    Math.max(heads ? widthOf(title) : 0, ...rows.map((row) => Math.min(MOST, widthOf(row[at] ?? "")))),
  );
  const shown = new Set(columns.keys());
  for (;;) {
    const widths = shrink(
      columns,
      natural.map((cells, at) => (shown.has(at) ? cells : undefined)),
      width,
    );
    if (total(widths) <= width) return widths;
    const [next] = [...shown]
      .filter((at) => columns[at]?.dispensable !== undefined)
      .sort((a, b) => (columns[b]?.dispensable ?? 0) - (columns[a]?.dispensable ?? 0));
    if (next === undefined) return shrink(columns.map(toLeast), widths, width);
    shown.delete(next);
  }
}

/** When nothing can be left out any more, even the least is cut. */
const toLeast = (column: Column): Column => (column.least === undefined ? column : { ...column, least: 4 });

/** Takes cells from the column that has most of them for its weight, until the line fits or nothing can be taken. */
function shrink(
  columns: readonly Column[],
  natural: readonly (number | undefined)[],
  width: number,
): (number | undefined)[] {
  const widths = [...natural];
  for (let over = total(widths) - width; over > 0; over--) {
    let widest: number | undefined;
    let most = 0;
    for (const [at, { least = Infinity, weight = 1 }] of columns.entries()) {
      const cells = widths[at] ?? 0;
      if (cells <= least || cells / weight <= most) continue;
      widest = at;
      most = cells / weight;
    }
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** One line of the table, without its end. With `cuts` every cell keeps to its column. */
export function tableLine(
  columns: readonly Column[],
  widths: readonly (number | undefined)[],
  cells: readonly string[],
  { cuts, colors }: { readonly cuts: boolean; readonly colors: boolean },
): string {
  const shown = columns.flatMap((column, at) => {
    const width = widths[at];
    return width === undefined ? [] : [{ column, width, cell: cells[at] ?? "" }];
  });
  return shown
    .map(({ column, width, cell }, at) => {
      const text = cuts ? (column.isPath ? cutPath : cut)(cell, width) : cell;
      const space = " ".repeat(Math.max(0, width - widthOf(text)));
      const painted = colors && column.color !== undefined ? `\u001B[${column.color}m${text}\u001B[39;22m` : text;
      if (column.right) return space + painted;
      return at === shown.length - 1 ? painted : painted + space;
    })
    .join(GAP)
    .trimEnd();
}

/** The titles of the columns, as the first line. */
export function headLine(
  columns: readonly Column[],
  widths: readonly (number | undefined)[],
  { colors }: { readonly colors: boolean },
): string {
  const titles = columns.map(({ title, right }, at) =>
    right ? " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(title))) + title : pad(title, widths[at] ?? 0),
  );
  const line = tableLine(columns, widths, titles, { cuts: true, colors: false });
  return colors ? `\u001B[2m${line}\u001B[22m` : line;
}

/** The width that a table keeps to: that of the terminal; elsewhere `COLUMNS`, where that is set, or none at all. */
export function tableWidth({ isTty, columns }: Terminal): number | undefined {
  if (isTty) return columns;
  const told = Number(process.env["COLUMNS"]);
  return Number.isInteger(told) && told > 0 ? told : undefined;
}

const total = (widths: readonly (number | undefined)[]): number => {
  const shown = widths.filter((width) => width !== undefined);
  return shown.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, shown.length - 1);
};
