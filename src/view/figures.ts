/** Figures as people read them in a narrow column. */

const SUFFIXES = ["", "k", "M", "G", "T"];

/** Formats a count with at least two digits: `950`, `3.4k`, `12M`. */
export function formatCount(count: number): string {
  let value = count;
  let at = 0;
  while (value >= 999.5 && at < SUFFIXES.length - 1) {
    value /= 1000;
    at++;
  }
  return `${at === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)}${SUFFIXES[at]}`;
}

const MICROS_PER_CENT = 10_000;

/** Formats micro-dollars as `$1,234.56`; an amount below half a cent as `<$0.01`. */
export function formatCost(micros: number): string {
  if (micros > 0 && micros < MICROS_PER_CENT / 2) return "<$0.01";
  const cents = Math.round(micros / MICROS_PER_CENT);
  return `$${grouped(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, "0")}`;
}

/** Formats an integer as `1,234`. */
export const grouped = (count: number): string => String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");

const MINUTE = 60_000;

/** Formats a duration as `48m` or `11h 05m`. */
export function formatActive(ms: number): string {
  const minutes = Math.round(ms / MINUTE);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return minutes === 0 && ms > 0 ? "<1m" : `${minutes}m`;
  return `${grouped(hours)}h ${String(minutes % 60).padStart(2, "0")}m`;
}
