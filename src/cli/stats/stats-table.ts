import { homedir } from "node:os";
import type { Usage, UsageCounts, UsageGroup, UsageGrouping } from "../../catalog/stats/usage-types.ts";
import { shortPath } from "../list/session-table.ts";
import type { Style } from "../terminal/style.ts";
import { type Column, headLine, layOut, tableLine } from "../terminal/table.ts";
import { printable } from "../terminal/terminal.ts";
import { widthOf } from "../terminal/width.ts";
import { boundedCost, namelessText, tokensOf } from "../../view/usage-words.ts";
import { formatActive, formatCount, grouped } from "../../view/figures.ts";
import { bar, sparkline } from "./bars.ts";

interface StatsTableOptions {
  /** Undefined, for programs and files: nothing is cut or left out. */
  readonly width: number | undefined;
  readonly isTty: boolean;
  readonly colors: boolean;
  readonly style: Style;
  readonly shortId: (id: string) => string;
}

const YELLOW = 33;
const GREEN = 32;
const RED = 31;
const CYAN = 36;
const BLUE = 34;

/** Cells of the longest bar. */
const BAR_CELLS = 12;
/** Minimum width for bars. */
const MEDIUM = 64;
/** Minimum cells of a name. */
const NAME_CELLS = 10;

export const isByTime = (by: UsageGrouping): by is "day" | "week" | "month" =>
  by === "day" || by === "week" || by === "month";

/** Makes the table of the groups shown, with totals and, by time, a line of the costs. `all`: also those not shown. */
export function statsLines(
  { by, groups, totals }: Usage,
  all: readonly UsageGroup[],
  options: StatsTableOptions,
): string[] {
  const { width, isTty, colors, style } = options;
  const columns = by === "tool" ? toolColumns(isTty) : columnsOf(by, isTty);
  const measure = by === "tool" ? callsOf : groups.every(({ cost }) => cost === 0) ? tokensOf : costOf;
  const max = groups.reduce((most, group) => Math.max(most, measure(group)), 0);
  const cellsOf = (name: string, counts: UsageCounts, barCells: string): string[] =>
    columns.map(({ cell }) => cell({ name, counts, bar: barCells }));
  const rows = groups.map((group) =>
    cellsOf(nameOf(group, by, options), group, isTty ? bar(measure(group), max, BAR_CELLS) : ""),
  );
  const total = cellsOf("Total", totals, "");
  const widths = layOut(columns, [...rows, total], { width, heads: true });
  const line = (cells: readonly string[], colored: boolean): string =>
    tableLine(columns, widths, cells, { cuts: width !== undefined, colors: colored });
  return [
    ...(isTty && isByTime(by) ? trendLines(by, all, width ?? DEFAULT_WIDTH, style) : []),
    headLine(columns, widths, { colors }),
    ...rows.map((cells) => line(cells, colors)),
    style.strong(line(total, false)),
  ];
}

const DEFAULT_WIDTH = 80;

interface Cell {
  readonly name: string;
  readonly counts: UsageCounts;
  readonly bar: string;
}

type StatsColumn = Column & { readonly cell: (of: Cell) => string };

const costOf = ({ cost }: UsageCounts): number => cost;
const callsOf = ({ toolCalls }: UsageCounts): number => toolCalls;

const nameColumn = (by: UsageGrouping): StatsColumn => ({
  title: by.toUpperCase(),
  min: NAME_CELLS,
  share: 0.2,
  isPath: by === "project" || by === "repository",
  color: CYAN,
  cell: ({ name }) => name,
});

const barColumn = (isTty: boolean): StatsColumn[] =>
  isTty ? [{ title: "", color: BLUE, from: MEDIUM, dispensable: 8, cell: ({ bar }) => bar }] : [];

const sessionsColumn: StatsColumn = {
  title: "SESSIONS",
  right: true,
  dispensable: 3,
  cell: ({ counts }) => grouped(counts.sessions),
};

const toolColumns = (isTty: boolean): StatsColumn[] => [
  nameColumn("tool"),
  { title: "CALLS", right: true, color: YELLOW, cell: ({ counts }) => grouped(counts.toolCalls) },
  ...barColumn(isTty),
  sessionsColumn,
];

const columnsOf = (by: UsageGrouping, isTty: boolean): StatsColumn[] => [
  nameColumn(by),
  { title: "COST", right: true, color: YELLOW, cell: ({ counts }) => boundedCost(counts) },
  ...barColumn(isTty),
  { title: "TOKENS", right: true, dispensable: 1, cell: ({ counts }) => formatCount(tokensOf(counts)) },
  ...(by === "session" ? [] : [sessionsColumn]),
  { title: "PROMPTS", right: true, dispensable: 4, cell: ({ counts }) => grouped(counts.prompts) },
  { title: "TURNS", right: true, dispensable: 7, cell: ({ counts }) => grouped(counts.turns) },
  { title: "CALLS", right: true, dispensable: 5, cell: ({ counts }) => grouped(counts.toolCalls) },
  { title: "ACTIVE", right: true, dispensable: 2, cell: ({ counts }) => formatActive(counts.active) },
  { title: "ADDED", right: true, color: GREEN, dispensable: 6, cell: ({ counts }) => signed("+", counts.linesAdded) },
  { title: "REMOVED", right: true, color: RED, dispensable: 6, cell: ({ counts }) => signed("-", counts.linesRemoved) },
];

const signed = (sign: string, lines: number): string => (lines === 0 ? "" : sign + grouped(lines));

function nameOf({ key, title }: UsageGroup, by: UsageGrouping, { shortId, isTty }: StatsTableOptions): string {
  if (by === "session") return [isTty ? shortId(key) : key, printable(title ?? "")].join(" ").trimEnd();
  if (key === "") return namelessText(by);
  const name = printable(key);
  return by === "project" || by === "repository" ? shortPath(name, homedir()) : name;
}

/** Shows the cost of all days, weeks or months in a line, those without any included. */
function trendLines(by: "day" | "week" | "month", all: readonly UsageGroup[], width: number, style: Style): string[] {
  const known = all.filter(({ key }) => key !== "");
  const [first, last] = [known[0]?.key ?? "", known.at(-1)?.key ?? ""];
  if (known.length < 2) return [];
  const costs = new Map(known.map(({ key, cost }) => [key, cost]));
  const series: number[] = [];
  for (let key = first; key <= last && series.length < LONGEST_SERIES; key = nextKey(key, by)) {
    series.push(costs.get(key) ?? 0);
  }
  const cells = Math.min(width - widthOf(first) - widthOf(last) - 2, SPARK_CELLS);
  if (cells < NAME_CELLS || series.every((cost) => cost === 0)) return [];
  return [`${style.dim(first)} ${style.place(sparkline(series, cells))} ${style.dim(last)}`, ""];
}

const SPARK_CELLS = 60;
/** Days of a hundred years: times in transcripts may be of any year. */
const LONGEST_SERIES = 36_525;
const DAY_MS = 86_400_000;

function nextKey(key: string, by: "day" | "week" | "month"): string {
  if (by !== "month") {
    const next = new Date(Date.parse(`${key}T00:00:00Z`) + (by === "day" ? 1 : 7) * DAY_MS);
    return Number.isNaN(next.getTime()) ? "~" : next.toISOString().slice(0, key.length);
  }
  const [year = 0, month = 0] = key.split("-").map(Number);
  return month === 12
    ? `${String(year + 1).padStart(4, "0")}-01`
    : `${key.slice(0, 5)}${String(month + 1).padStart(2, "0")}`;
}
