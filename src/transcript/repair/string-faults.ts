import { BACKSLASH, hexNumber, QUOTE } from "../rows/json-scanner.ts";
import { repairStrings } from "../rows/json-repair.ts";

/** Faults of the strings of a row, as flags. `JSON.parse` rejects the first three; the API refused the next. */
export const NULS = 1;
export const CONTROLS = 2;
export const ESCAPES = 4;
export const SURROGATES = 8;
export const BAD_UTF8 = 16;

const KNOWN_ESCAPE = new Uint8Array(256);
for (const sign of '"\\/bfnrt') KNOWN_ESCAPE[sign.charCodeAt(0)] = 1;
const SMALL_U = 0x75;

/** Returns the faults of a row that `scanObject` accepted, other than bytes that are not UTF-8. */
export function stringFaults(bytes: Uint8Array, start: number, end: number): number {
  let faults = 0;
  let inString = false;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) continue;
    if (byte === QUOTE) inString = !inString;
    else if (!inString) continue;
    else if (byte < 0x20) faults |= byte === 0 ? NULS : CONTROLS;
    else {
      const unit = bytes[i + 1] === SMALL_U && i + 6 <= end ? hexNumber(bytes, i + 2, 4) : -1;
      if (unit >= 0) {
        i += 5;
        if (unit < 0xd800 || unit > 0xdfff) continue;
        if (unit < 0xdc00 && isLowEscape(bytes, i + 1, end)) i += 6;
        else faults |= SURROGATES;
      } else if (KNOWN_ESCAPE[bytes[i + 1] as number] === 1) i++;
      else faults |= ESCAPES;
    }
  }
  return faults;
}

function isLowEscape(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 6 > end || bytes[at] !== BACKSLASH || bytes[at + 1] !== SMALL_U) return false;
  const unit = hexNumber(bytes, at + 2, 4);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/**
 * Rewrites a row with these faults so that every JSON parser reads it. Raw control characters and unknown escapes stand for
 * themselves, as in `parseRow`. A run of NULs, which a crash leaves in place of the data, bytes that are not UTF-8 and lone
 * surrogates become U+FFFD.
 */
export function mendedStrings(row: string, faults: number): string {
  const withoutNuls = (faults & NULS) === 0 ? row : row.replace(/\0+/g, "\ufffd");
  const escaped = (faults & (CONTROLS | ESCAPES)) === 0 ? withoutNuls : repairStrings(withoutNuls);
  return (faults & SURROGATES) === 0 ? escaped : withoutLoneSurrogates(escaped);
}

/** Returns the JSON of a value, in which no half of a surrogate pair is. */
export const cleanJson = (value: unknown): string => withoutLoneSurrogates(JSON.stringify(value));

const UNIT = /^d[89a-f][0-9a-f]{2}$/i;
const LOW = /^\\ud[c-f][0-9a-f]{2}$/i;

function withoutLoneSurrogates(json: string): string {
  const pieces: string[] = [];
  let done = 0;
  let next: number;
  for (let at = json.indexOf("\\u"); at >= 0; at = json.indexOf("\\u", next)) {
    next = at + 2;
    let run = at;
    while (json[run - 1] === "\\") run--;
    if ((at - run) % 2 !== 0 || !UNIT.test(json.slice(at + 2, at + 6))) continue;
    const isHigh = /[89ab]/i.test(json[at + 3] as string);
    next = at + 6;
    if (isHigh && LOW.test(json.slice(next, next + 6))) next += 6;
    else {
      pieces.push(json.slice(done, at), "\\ufffd");
      done = next;
    }
  }
  return pieces.length === 0 ? json : pieces.join("") + json.slice(done);
}
