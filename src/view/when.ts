const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, number>> = { s: 1000, min: MINUTE, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
const SPAN = /^(\d+(?:\.\d+)?) *(s|min|m|h|d|w)$/i;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The milliseconds of `90s`, `15min` (or `15m`), `3h`, `2d`, `1w`; undefined for anything else. */
export function readSpan(text: string): number | undefined {
  const [, count, unit = ""] = SPAN.exec(text.trim()) ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS[unit.toLowerCase()] ?? 0);
}

/**
 * The time (epoch ms) that is meant by a date, `2026-08-21` or `2026-08-21T14:30`, in the time zone of the process where
 * none is given; undefined for anything else. A day is meant from its beginning, or, as an `end`, up to its last millisecond.
 */
export function readDate(text: string, { end = false }: { readonly end?: boolean } = {}): number | undefined {
  // A date alone is UTC for Date.parse, one with a time is local.
  const given = DATE.test(text) ? `${text}T${end ? "23:59:59.999" : "00:00"}` : dated(text);
  const time = Date.parse(given);
  return Number.isNaN(time) ? undefined : time;
}

/** Only what begins as a date is one: `Date.parse` makes something of nearly everything. */
const dated = (text: string): string => (/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text) ? text : "");
