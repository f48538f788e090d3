import { InvalidArgumentError } from "../../store/errors.ts";

/** Seconds of a slot: all time zones are whole quarters of an hour from each other. */
export const SLOT_SECONDS = 900;

export type Span = "day" | "week" | "month";

/** Slot of rows without a time. */
export const NO_SLOT = 0;

/**
 * Returns a function that names the day, week or month of a slot: `2026-08-21`, the Monday of the week, or `2026-08`; empty
 * if the time is unknown. `timeZone`: an IANA name; absent: that of the process. Throws `InvalidArgumentError` for another.
 */
export function spanNames(span: Span, timeZone?: string): (slot: number) => string {
  const format = dayFormat(timeZone);
  const known = new Map<number, string>();
  return (slot) => {
    let name = known.get(slot);
    if (name === undefined) {
      const time = slot * SLOT_SECONDS * 1000;
      name = slot === NO_SLOT || Math.abs(time) > LAST_DATE ? "" : spanOf(format.format(time), span);
      known.set(slot, name);
    }
    return name;
  };
}

/** Largest time of a `Date`, ms. */
const LAST_DATE = 8.64e15;
const DAY_MS = 86_400_000;

/** Formats a day as `2026-08-21`. */
function dayFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  try {
    // Sweden writes dates so. The calendar is given because a host may set another.
    return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", calendar: "gregory", ...(timeZone && { timeZone }) });
  } catch {
    throw new InvalidArgumentError(
      "timeZone",
      `timeZone must be the name of a time zone such as Europe/Berlin, got "${timeZone}"`,
    );
  }
}

function spanOf(day: string, span: Span): string {
  if (span === "day") return day;
  if (span === "month") return day.slice(0, -"-21".length);
  const date = new Date(`${day}T00:00:00Z`);
  const sinceMonday = (date.getUTCDay() + 6) % 7;
  return new Date(date.getTime() - sinceMonday * DAY_MS).toISOString().slice(0, day.length);
}
