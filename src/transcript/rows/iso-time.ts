import { stringValue } from "./json-string.ts";

/** Bytes of a time as `Date.toISOString` writes it, with its quotes. */
const USUAL = '"2026-01-01T00:00:00.000Z"'.length;
const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const DASH = 0x2d;
const COLON = 0x3a;

/**
 * What `Date.parse` makes of the JSON value from `start` to `end`: epoch ms; NaN where it is no string, or no time. A list
 * asks it of ten thousand files: the usual form is read without a string being made of it.
 */
export function timeValue(bytes: Buffer, start: number, end: number): number {
  const usual = end - start === USUAL && bytes[start] === QUOTE ? usualTime(bytes, start + 1) : NaN;
  return Number.isNaN(usual) ? Date.parse(stringValue(bytes, start, end) ?? "") : usual;
}

/**
 * NaN for every other form, and for days that not every month has. One function without calls, since it runs before any is
 * compiled.
 */
function usualTime(bytes: Uint8Array, at: number): number {
  let others = 0;
  for (let i = at; i < at + 24; i++) if ((bytes[i] as number) < ZERO || (bytes[i] as number) > NINE) others++;
  const isUsual =
    others === 7 &&
    bytes[at + 4] === DASH &&
    bytes[at + 7] === DASH &&
    bytes[at + 10] === 0x54 &&
    bytes[at + 13] === COLON &&
    bytes[at + 16] === COLON &&
    bytes[at + 19] === 0x2e &&
    bytes[at + 23] === 0x5a;
  if (!isUsual) return NaN;
  // Of two digits together the zeros make 11 × 48.
  const century = 10 * (bytes[at] as number) + (bytes[at + 1] as number) - 528;
  const year = 10 * (bytes[at + 2] as number) + (bytes[at + 3] as number) - 528;
  const month = 10 * (bytes[at + 5] as number) + (bytes[at + 6] as number) - 528;
  const day = 10 * (bytes[at + 8] as number) + (bytes[at + 9] as number) - 528;
  const hour = 10 * (bytes[at + 11] as number) + (bytes[at + 12] as number) - 528;
  const minute = 10 * (bytes[at + 14] as number) + (bytes[at + 15] as number) - 528;
  const second = 10 * (bytes[at + 17] as number) + (bytes[at + 18] as number) - 528;
  const centi = 10 * (bytes[at + 20] as number) + (bytes[at + 21] as number) - 528;
  const isCertain =
    century >= 10 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour < 24 && minute < 60 && second < 60;
  if (!isCertain) return NaN;
  const ms = 10 * centi + (bytes[at + 22] as number) - ZERO;
  return Date.UTC(100 * century + year, month - 1, day, hour, minute, second, ms);
}
