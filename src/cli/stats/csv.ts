import type { Usage, UsageCounts } from "../../catalog/stats/usage-types.ts";
import { printable } from "../terminal/terminal.ts";

const COLUMNS: readonly (readonly [name: string, value: (counts: UsageCounts) => string | number])[] = [
  ["sessions", ({ sessions }) => sessions],
  ["prompts", ({ prompts }) => prompts],
  ["turns", ({ turns }) => turns],
  ["messages", ({ messages }) => messages],
  ["tool_calls", ({ toolCalls }) => toolCalls],
  ["requests", ({ requests }) => requests],
  ["input_tokens", ({ tokens }) => tokens.input],
  ["output_tokens", ({ tokens }) => tokens.output],
  ["cache_read_tokens", ({ tokens }) => tokens.cacheRead],
  ["cache_write_5m_tokens", ({ tokens }) => tokens.cacheWrite5m],
  ["cache_write_1h_tokens", ({ tokens }) => tokens.cacheWrite1h],
  ["web_searches", ({ webSearches }) => webSearches],
  ["cost_usd", ({ cost }) => dollars(cost)],
  ["unrecorded_cost_usd", ({ unrecordedCost }) => dollars(unrecordedCost)],
  ["unpriced_tokens", ({ unpricedTokens }) => unpricedTokens],
  ["unpriced_models", ({ unpricedModels }) => text(unpricedModels.join(" "))],
  ["lower_bounds", ({ lowerBounds }) => lowerBounds],
  ["active_seconds", ({ active }) => Math.round(active / 1000)],
  ["lines_added", ({ linesAdded }) => linesAdded],
  ["lines_removed", ({ linesRemoved }) => linesRemoved],
];

/** Writes groups as comma-separated values (RFC 4180), with a head and without totals. */
export function csvLines({ by, groups }: Pick<Usage, "by" | "groups">): string {
  const ofSession = by === "session" ? ["title", "cwd"] : [];
  const head = [by, ...ofSession, ...COLUMNS.map(([name]) => name)];
  const rows = groups.map((group) => [
    text(group.key),
    ...(by === "session" ? [text(group.title ?? ""), text(group.cwd ?? "")] : []),
    ...COLUMNS.map(([, value]) => value(group)),
  ]);
  return [head, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

/** Writes micro-dollars as dollars, exactly. */
const dollars = (micros: number): string => `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, "0")}`;

/** Quotes a text of a transcript. A spreadsheet must not take it for a formula, so that its first character is made plain. */
function text(value: string): string {
  const plain = printable(value).replace(/^(?=[=+\-@])/, "'");
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
