const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** Returns a bar for a value between 0 and `max`, at most `cells` wide. Anything above 0 is visible. */
export function bar(value: number, max: number, cells: number): string {
  if (value <= 0 || max <= 0) return "";
  const eighths = Math.max(1, Math.round((Math.min(value, max) / max) * cells * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

const LEVELS = "▁▂▃▄▅▆▇█";

/** Returns one cell for each value, or for the sum of several neighbours if there are more values than `cells`. */
export function sparkline(values: readonly number[], cells: number): string {
  const each = Math.ceil(values.length / Math.max(1, cells));
  const sums: number[] = [];
  // The last cell is whole, so that the newest values are not a smaller sum than the others.
  for (let end = values.length; end > 0; end -= each)
    sums.unshift(values.slice(Math.max(0, end - each), end).reduce((sum, value) => sum + value, 0));
  const max = sums.reduce((a, b) => Math.max(a, b), 0);
  return sums.map((value) => (value <= 0 ? " " : LEVELS[Math.ceil((value / max) * LEVELS.length) - 1])).join("");
}
