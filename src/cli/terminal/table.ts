import type { Terminal } from "./command.ts";
import { cut, cutPath, pad, widthOf } from "./width.ts";

export interface Column {
  readonly title: string;
  /** Minimum cells if the column must be cut. Absent: never cut. */
  readonly min?: number;
  /** Share of the width that the main column gets before others are shown: 0.5 for half of it. */
  readonly share?: number;
  /** Cut at the beginning, because the end says more. */
  readonly isPath?: boolean;
  readonly right?: boolean;
  /** SGR code. */
  readonly color?: number;
  /** Minimum width of the table that shows the column. */
  readonly from?: number;
  /** Order in which columns are left out if their minimum widths do not fit, highest first. Absent: never. */
  readonly dispensable?: number;
}

/** Cells of each column; undefined for one that is left out. */
type Widths = readonly (number | undefined)[];

const GAP = "  ";
/** Maximum column width, in terminal cells, that the layout takes into account. */
const MAX_CELLS = 100;
/** Cells to which columns are cut if no other column can be left out. */
const MIN_CELLS = 4;
/** Share of the main column's cells that fit before other columns grow. */
const MAIN_QUANTILE = 0.9;

/**
 * Returns the cells of each column within `width`. `rows`: those known before the first is printed. Without a width nothing
 * is cut or left out. `heads`: counts the titles too. A narrow terminal shows fewer columns instead of narrower ones.
 */
export function layOut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, heads }: { readonly width: number | undefined; readonly heads: boolean },
): (number | undefined)[] {
  const measured = columns.map(({ title }, at) => {
    const cells = rows.map((row) => Math.min(MAX_CELLS, widthOf(row[at] ?? "")));
    const whole = cells.reduce((max, cell) => Math.max(max, cell), 0);
    const head = heads ? widthOf(title) : 0;
    return { whole: Math.max(head, whole), head, isEmpty: whole === 0, cells };
  });
  if (width === undefined) return measured.map(({ whole }) => whole);
  const minima = measured.map(({ whole, head, isEmpty }, at): number | undefined => {
    const { share, min = Infinity, from = 0, dispensable } = columns[at] ?? {};
    if (width < from || (isEmpty && dispensable !== undefined)) return undefined;
    return Math.max(head, Math.min(whole, share === undefined ? min : Math.max(min, Math.ceil(width * share))));
  });
  while (total(minima) > width) {
    const next = mostDispensable(columns, minima);
    if (next === undefined) return shrunk(columns, minima, width);
    minima[next] = undefined;
  }
  const main = columns.findIndex(({ share }) => share !== undefined);
  const others = [...columns.keys()].filter((at) => at !== main);
  const widths = [...minima];
  const grow = (at: number, to: number): void => {
    const has = widths[at];
    if (has !== undefined) widths[at] = Math.max(has, Math.min(to, has + width - total(widths)));
  };
  const { cells = [], whole = 0 } = measured[main] ?? {};
  grow(main, [...cells].sort((a, b) => a - b)[Math.ceil(cells.length * MAIN_QUANTILE) - 1] ?? 0);
  for (const at of others) grow(at, measured[at]?.whole ?? 0);
  grow(main, whole);
  return widths;
}

function mostDispensable(columns: readonly Column[], widths: Widths): number | undefined {
  const [next] = [...widths.keys()]
    .filter((at) => widths[at] !== undefined && columns[at]?.dispensable !== undefined)
    .sort((a, b) => (columns[b]?.dispensable ?? 0) - (columns[a]?.dispensable ?? 0));
  return next;
}

/** Narrows the widest of the columns that may be cut until all fit. */
function shrunk(columns: readonly Column[], minima: Widths, width: number): (number | undefined)[] {
  const widths = [...minima];
  for (let over = total(widths) - width; over > 0; over--) {
    let widest = -1;
    for (const [at, cells = 0] of widths.entries()) {
      const mayBeCut = columns[at]?.min !== undefined && cells > MIN_CELLS;
      if (mayBeCut && cells > (widths[widest] ?? 0)) widest = at;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Returns a line of the table. `cuts`: cuts each cell to its column. */
export function tableLine(
  columns: readonly Column[],
  widths: Widths,
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

/** Returns the first line, with the titles of the columns. */
export function headLine(columns: readonly Column[], widths: Widths, { colors }: { readonly colors: boolean }): string {
  const titles = columns.map(({ title, right }, at) =>
    right ? " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(title))) + title : pad(title, widths[at] ?? 0),
  );
  const line = tableLine(columns, widths, titles, { cuts: true, colors: false });
  return colors ? `\u001B[2m${line}\u001B[22m` : line;
}

/** Returns the width of tables: that of the terminal, or `COLUMNS` elsewhere; undefined for no limit. */
export function tableWidth({ isTty, columns }: Terminal): number | undefined {
  if (isTty) return columns;
  const width = Number(process.env["COLUMNS"]);
  return Number.isInteger(width) && width > 0 ? width : undefined;
}

const total = (widths: Widths): number => {
  const shown = widths.filter((width) => width !== undefined);
  return shown.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, shown.length - 1);
};
