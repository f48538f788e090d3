import { parseRow } from "./row.ts";

const QUOTE = 0x22;

/**
 * The string value that stands from `start` to `end`, its quotes included; undefined when the value is no string.
 * Invalid UTF-8 becomes U+FFFD; escapes that JSON does not know stand for themselves, as in `parseRow`.
 */
export function stringValue(bytes: Buffer, start: number, end: number): string | undefined {
  if (bytes[start] !== QUOTE) return undefined;
  const text = bytes.toString("utf8", start + 1, end - 1);
  if (!text.includes("\\")) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    const row = Buffer.from(`{"value":"${text}"}`);
    const value = parseRow(row, 0, row.length)?.["value"];
    return typeof value === "string" ? value : undefined;
  }
}

/** Whether JavaScript would take the JSON value for true. */
export function truthy(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (first === 0x66 || first === 0x6e) return false;
  if (first === 0x22) return end - start > 2;
  if (first === 0x2d || (first !== undefined && first >= 0x30 && first <= 0x39)) {
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte === 0x65 || byte === 0x45) break;
      if (byte >= 0x31 && byte <= 0x39) return true;
    }
    return false;
  }
  return true;
}

/** The time, epoch ms, that `Date.parse` reads in a JSON value; NaN if it is not a string, or not a time. */
export const timeValue = (bytes: Buffer, start: number, end: number): number =>
  Date.parse(stringValue(bytes, start, end) ?? "");
