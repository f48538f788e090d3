/** Day of the last time that was read, and its epoch ms: rows that follow each other are mostly of one day. */
let lastDay = "";
let lastDayMs = 0;

/** Form in which the CLI writes times, `0` for a digit. */
const FORM = "0000-00-00T00:00:00.000Z";

/** Returns the time of a row (epoch ms), as `Date.parse` does; NaN if it is not a time. */
export function timeOf(timestamp: unknown): number {
  if (typeof timestamp !== "string") return NaN;
  if (!hasForm(timestamp)) return Date.parse(timestamp);
  const day = timestamp.slice(0, 10);
  if (day !== lastDay) {
    lastDay = day;
    lastDayMs = Date.parse(day);
  }
  const [hour, minute, second] = [twoDigits(timestamp, 11), twoDigits(timestamp, 14), twoDigits(timestamp, 17)];
  if (hour > 23 || minute > 59 || second > 59) return Date.parse(timestamp);
  const ms = (timestamp.charCodeAt(20) - ZERO) * 100 + twoDigits(timestamp, 21);
  return lastDayMs + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

const ZERO = 0x30;

function hasForm(text: string): boolean {
  if (text.length !== FORM.length) return false;
  for (let i = 0; i < FORM.length; i++) {
    const expected = FORM.charCodeAt(i);
    const unit = text.charCodeAt(i);
    if (expected === ZERO ? unit < ZERO || unit > ZERO + 9 : unit !== expected) return false;
  }
  return true;
}

const twoDigits = (text: string, at: number): number =>
  (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
