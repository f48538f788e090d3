import { BACKSLASH, equals, QUOTE, type RowScan } from "./json-scanner.ts";
import { parseRow } from "./row.ts";

/** Returns the string whose JSON is from `start` to `end`, decoded as by `parseRow`; undefined for another value. */
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

/** Whether the JSON value is truthy in JavaScript. */
export function isTruthy(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (first === 0x66 || first === 0x6e) return false;
  if (first === QUOTE) return end - start > 2;
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

/** Returns the time (epoch ms) that `Date.parse` reads in a JSON value; NaN if it is not a string or not a time. */
export const timeValue = (bytes: Buffer, start: number, end: number): number =>
  Date.parse(stringValue(bytes, start, end) ?? "");

/** Rewrites the keys and the type of a scanned row without escapes, so that they can be compared as bytes. */
export function withPlainKeys(bytes: Buffer, { members, count }: RowScan): Buffer {
  const pieces: Buffer[] = [OPEN];
  for (let i = 0; i < count * 4; i += 4) {
    const key = plain(bytes, (members[i] as number) - 1, (members[i + 1] as number) + 1);
    const [start, end] = [members[i + 2] as number, members[i + 3] as number];
    if (i > 0) pieces.push(COMMA);
    pieces.push(key, COLON, equals(key, 0, key.length, TYPE) ? plain(bytes, start, end) : bytes.subarray(start, end));
  }
  pieces.push(CLOSE);
  return Buffer.concat(pieces);
}

const COMMA = Buffer.from(",");
const COLON = Buffer.from(":");
const OPEN = Buffer.from("{");
const CLOSE = Buffer.from("}");
const TYPE = Buffer.from('"type"');

/** Returns the JSON of a value; a string with only the escapes that it needs. */
function plain(bytes: Buffer, start: number, end: number): Buffer {
  const json = bytes.subarray(start, end);
  if (!json.includes(BACKSLASH)) return json;
  const text = stringValue(bytes, start, end);
  return text === undefined ? json : Buffer.from(JSON.stringify(text));
}
