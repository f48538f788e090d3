import type { Terminal } from "./command.ts";
import { cut, cutPath, pad, widthOf } from "./width.ts";

export interface Column {
  readonly title: string;
  /** Where the width does not suffice, the column is cut, but not below these cells. Absent: never cut. */
  readonly least?: number;
  /** The column that matters most: it is owed so much of the width before others are shown at all, 0.5 for half of it. */
  readonly share?: number;
  /** Its end says more than its beginning. */
  readonly isPath?: boolean;
  readonly right?: boolean;
  /** SGR code. */
  readonly color?: number;
  /** Shown from this width on. */
  readonly from?: number;
  /** Left out, the highest first, where what all columns are owed is too wide. Absent: never. */
  readonly dispensable?: number;
}

const GAP = "  ";
/** A column that is not cut on purpose still leaves room for the others. */
const MOST = 100;
/** When nothing can be left out any more, columns that may be cut are cut to this. */
const LEAST = 4;
/** So many of the cells of the column that matters most are shown whole before others get more than they are owed. */
const MOST_OF_THEM = 0.9;

/**
 * The cells each column gets within `width`, undefined for one that is left out; `rows` are those that are known before
 * the first is printed. Without a width nothing is cut or left out. `heads`: there is room for the titles, too.
 *
 * A narrow terminal shows fewer columns, not narrower ones: as many are shown as get what they are owed. What is left
 * goes to the column that matters most, then to the others.
 */
export function layOut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, heads }: { readonly width: number | undefined; readonly heads: boolean },
): (number | undefined)[] {
  const measured = columns.map(({ title }, at) => {
    const cells = rows.map((row) => Math.min(MOST, widthOf(row[at] ?? "")));
    const whole = cells.reduce((most, cell) => Math.max(most, cell), 0);
    const head = heads ? widthOf(title) : 0;
    return { whole: Math.max(head, whole), head, isEmpty: whole === 0, cells };
  });
  if (width === undefined) return measured.map(({ whole }) => whole);
  const owed = measured.map(({ whole, head, isEmpty }, at): number | undefined => {
    const { share, least = Infinity, from = 0, dispensable } = columns[at] ?? {};
    if (width < from || (isEmpty && dispensable !== undefined)) return undefined;
    return Math.max(head, Math.min(whole, share === undefined ? least : Math.max(least, Math.ceil(width * share))));
  });
  while (total(owed) > width) {
    const next = mostDispensable(columns, owed);
    if (next === undefined) return shrunk(columns, owed, width);
    owed[next] = undefined;
  }
  const main = columns.findIndex(({ share }) => share !== undefined);
  const inTurn = [...columns.keys()].filter((at) => at !== main);
  const widths = [...owed];
  const grow = (at: number, to: number): void => {
    const has = widths[at];
    if (has !== undefined) widths[at] = Math.max(has, Math.min(to, has + width - total(widths)));
  };
  const { cells = [], whole = 0 } = measured[main] ?? {};
  grow(main, [...cells].sort((a, b) => a - b)[Math.ceil(cells.length * MOST_OF_THEM) - 1] ?? 0);
  for (const at of inTurn) grow(at, measured[at]?.whole ?? 0);
  grow(main, whole);
  return widths;
}

function mostDispensable(columns: readonly Column[], widths: readonly (number | undefined)[]): number | undefined {
  const [next] = [...widths.keys()]
    .filter((at) => widths[at] !== undefined && columns[at]?.dispensable !== undefined)
    .sort((a, b) => (columns[b]?.dispensable ?? 0) - (columns[a]?.dispensable ?? 0));
  return next;
}

/** Takes what is too much from the widest of the columns that may be cut. */
function shrunk(
  columns: readonly Column[],
  owed: readonly (number | undefined)[],
  width: number,
): (number | undefined)[] {
  const widths = [...owed];
  for (let over = total(widths) - width; over > 0; over--) {
    let widest = -1;
    for (const [at, cells = 0] of widths.entries()) {
      const mayBeCut = columns[at]?.least !== undefined && cells > LEAST;
      if (mayBeCut && cells > (widths[widest] ?? 0)) widest = at;
    }
    if (widest < 0) break;
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
