/** Reads times as people write them, in the time zone of the process unless a zone is given. Weeks begin on Monday. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Description of what `readTime` accepts. */
export const TIMES_UNDERSTOOD =
  'a duration before now (90min, 12h, 3d, 2w, "2 weeks ago"), a day (today, yesterday, monday), a week, month or year ' +
  '("last week", "this month"), a date (2026-08-21, 2026-08) or a time (14:30, "yesterday 14:30", 2026-08-21T14:30)';

/** End of a day, week, month or year: its first or its last millisecond. */
export type Edge = "start" | "end";

/**
 * Returns the time that a text means, in epoch ms; undefined if it is not a time. Durations count back from `now`. A time
 * of day without a date is the last one before now, a weekday the last one before today.
 */
export function readTime(text: string, { now, edge }: Readonly<{ now: number; edge: Edge }>): number | undefined {
  const words = text.trim().toLowerCase().replaceAll(/\s+/g, " ");
  const ago = readDuration(words.replace(AGO, ""));
  const time = ago === undefined ? (monthsAgo(words, now) ?? calendarTime(words, now, edge)) : Math.round(now - ago);
  return time !== undefined && Number.isSafeInteger(time) && Math.abs(time) <= LAST_DATE ? time : undefined;
}

/** Largest time that a `Date` can hold, in both directions. */
const LAST_DATE = 8.64e15;

const AGO = /^(?:last|past) (?=\d)| ago$/;

const UNITS: readonly (readonly [names: RegExp, ms: number])[] = [
  [/^(?:s|secs?|seconds?)$/, 1000],
  [/^(?:m|mins?|minutes?)$/, MINUTE],
  [/^(?:h|hrs?|hours?)$/, HOUR],
  [/^(?:d|days?)$/, DAY],
  [/^(?:w|weeks?)$/, 7 * DAY],
];

/** Returns the milliseconds of `90s`, `15min`, `1.5h`, `2 days` or `a week`; undefined for anything else. */
export function readDuration(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d{1,15}(?:\.\d{1,15})?|an?(?= )) ?([a-z]+)$/.exec(text.trim().toLowerCase()) ?? [];
  const found = UNITS.find(([names]) => names.test(unit));
  return count === undefined || found === undefined
    ? undefined
    : (count.startsWith("a") ? 1 : Number(count)) * found[1];
}

/** Reads `2 months ago` or `a year ago`: the same day of another month, or that month's last day if it is shorter. */
function monthsAgo(words: string, now: number): number | undefined {
  const [, count, unit] = /^(\d{1,4}|an?(?= )) ?(mo|months?|y|years?)$/.exec(words.replace(AGO, "")) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  const months = (count.startsWith("a") ? 1 : Number(count)) * (unit.startsWith("y") ? 12 : 1);
  const date = new Date(now);
  const day = date.getDate();
  date.setDate(1);
  date.setMonth(date.getMonth() - months);
  date.setDate(Math.min(day, new Date(date.getFullYear(), date.getMonth() + 1, 0).getDate()));
  return date.getTime();
}

function calendarTime(words: string, now: number, edge: Edge): number | undefined {
  if (words === "now") return now;
  const [, zoned] = /^(\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)? ?(?:z|[+-]\d\d:?\d\d))$/.exec(words) ?? [];
  if (zoned !== undefined) return zonedTime(zoned);
  const [, day = "", hours, minutes, seconds = "0"] =
    /^(.*?)(?:^|t| at | )(\d\d?):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?$/.exec(words) ?? [];
  if (hours === undefined || minutes === undefined) return edgeOf(periodOf(words, now), edge);
  const clock = { hours: Number(hours), minutes: Number(minutes), seconds: Number(seconds) };
  if (clock.hours > 23 || clock.minutes > 59 || clock.seconds >= 60) return undefined;
  const period = periodOf(day === "" ? "today" : day, now);
  if (period?.days !== 1) return undefined;
  const at = (daysBefore: number): number => date(period.start, { days: -daysBefore, ...clock }).getTime();
  return day === "" && at(0) > now ? at(1) : at(0);
}

type Shift = Readonly<Partial<Record<"days" | "months" | "hours" | "minutes" | "seconds", number>>>;

/** A day, week, month or year: its first moment and its length. */
type Period = Pick<Shift, "days" | "months"> & { readonly start: Date };

function edgeOf(period: Period | undefined, edge: Edge): number | undefined {
  if (period === undefined || edge === "start") return period?.start.getTime();
  return date(period.start, period).getTime() - 1;
}

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

function periodOf(words: string, now: number): Period | undefined {
  const today = date(new Date(now), {});
  if (words === "today") return { start: today, days: 1 };
  if (words === "yesterday") return { start: date(today, { days: -1 }), days: 1 };
  const [, name = ""] = /^(?:last )?([a-z]{3,9})$/.exec(words) ?? [];
  const weekday = WEEKDAYS.findIndex((full) => full === name || full.slice(0, 3) === name);
  if (weekday >= 0) return { start: date(today, { days: -((today.getDay() - weekday + 6) % 7) - 1 }), days: 1 };
  const [, which, unit] = /^(this|last) (week|month|year)$/.exec(words) ?? [];
  const back = which === "last" ? 1 : 0;
  if (unit === "week") return { start: date(today, { days: -((today.getDay() + 6) % 7) - 7 * back }), days: 7 };
  if (unit === "month") return { start: new Date(today.getFullYear(), today.getMonth() - back, 1), months: 1 };
  if (unit === "year") return { start: new Date(today.getFullYear() - back, 0, 1), months: 12 };
  return dateOf(words);
}

/** Reads `2026-08-21` or `2026-08`; undefined if there is no such day. */
function dateOf(words: string): Period | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(words) ?? [];
  if (year === undefined || month === undefined) return undefined;
  const start = new Date(0);
  start.setHours(0, 0, 0, 0);
  start.setFullYear(Number(year), Number(month) - 1, Number(day ?? "1"));
  if (start.getMonth() !== Number(month) - 1 || start.getDate() !== Number(day ?? "1")) return undefined;
  return day === undefined ? { start, months: 1 } : { start, days: 1 };
}

/** Reads a time with a zone. Checks the day, since `Date.parse` reads the 31st of February as the 3rd of March. */
function zonedTime(words: string): number | undefined {
  const clock = words
    .slice(11)
    .replace(" ", "")
    .replace(/(\d\d)(\d\d)$/, "$1:$2");
  const time = Date.parse(`${words.slice(0, 10)}T${clock.toUpperCase()}`);
  return Number.isNaN(time) || dateOf(words.slice(0, 10)) === undefined ? undefined : time;
}

/** Returns a time of the local calendar, counted from a day. Days of 23 or 25 hours count as one. */
function date(from: Date, { days = 0, months = 0, hours = 0, minutes = 0, seconds = 0 }: Shift): Date {
  const made = new Date(from);
  made.setHours(0, 0, 0, 0);
  made.setMonth(made.getMonth() + months, made.getDate() + days);
  made.setHours(hours, minutes, 0, Math.round(seconds * 1000));
  return made;
}
