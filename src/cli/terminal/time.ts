import { type Edge, readDuration, readTime, TIMES_UNDERSTOOD } from "../../transcript/text/when.ts";
import { mustBe, UsageError } from "./command.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Age from which the date is shown. */
const DATE_AFTER = 28 * DAY;

/** Returns `5 min ago`, `3 h ago`, `12 d ago`, or the local date of an older time. `time`: epoch ms. */
export function relativeTime(time: number, now: number): string {
  const ago = now - time;
  if (!Number.isFinite(ago)) return "unknown";
  if (ago < MINUTE) return ago < -MINUTE ? localDate(time) : "just now";
  if (ago < HOUR) return `${Math.floor(ago / MINUTE)} min ago`;
  if (ago < DAY) return `${Math.floor(ago / HOUR)} h ago`;
  if (ago < DATE_AFTER) return `${Math.floor(ago / DAY)} d ago`;
  return localDate(time);
}

/** Returns when Claude Code deletes something: `at its next start`, `in 5 h`, `in 2.1 days, 2026-08-21`, `2026-09-21`. */
export function deletionTime(from: number, now: number): string {
  const left = from - now;
  if (left <= 0) return "at its next start";
  if (left < DAY) return `in ${Math.max(1, Math.round(left / HOUR))} h`;
  return left < SOON_DAYS * DAY ? `in ${(left / DAY).toFixed(1)} days, ${localDate(from)}` : localDate(from);
}

/** Deletions within so many days are warned of. */
export const SOON_DAYS = 3;

const localDate = (time: number): string => localTime(time).date || "unknown";

/** Returns `2026-08-21` and `14:30`, in the time zone of the process; empty strings for an invalid timestamp. */
export function localTime(timestamp: string | number | undefined): { readonly date: string; readonly time: string } {
  const at = new Date(timestamp ?? NaN);
  if (Number.isNaN(at.getTime())) return { date: "", time: "" };
  const two = (n: number): string => String(n).padStart(2, "0");
  return {
    date: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    time: `${two(at.getHours())}:${two(at.getMinutes())}`,
  };
}

/** Parses `90s`, `15min`, `3h`, `2d`, `1w` into milliseconds. Throws `UsageError` that names the option. */
export function parseSpan(text: string, option: string): number {
  const span = readDuration(text);
  if (span === undefined) throw mustBe(option, "a duration such as 30d, 2w or 12h", text);
  return span;
}

/** Parses a time into epoch ms, see `readTime`. Throws `UsageError` that names the option and the valid forms. */
export function parseTime(
  text: string,
  option: string,
  { now = Date.now(), edge = "start" }: { readonly now?: number; readonly edge?: Edge } = {},
): number {
  const time = readTime(text, { now, edge });
  if (time === undefined)
    throw new UsageError(`${option} must be a time, got "${text}". A time is ${TIMES_UNDERSTOOD}`);
  return time;
}
