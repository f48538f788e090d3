import { BACKSLASH, QUOTE } from "./json-scanner.ts";

const SMALL_U = 0x75;
/** Characters that JSON allows after a backslash, besides `u` and its digits. */
const ESCAPES = new Set(Array.from('"\\/bfnrt', (sign) => sign.charCodeAt(0)));
const HEX = /[0-9a-fA-F]{4}/y;

/**
 * Escapes what JSON forbids in strings: raw control characters, and the backslash of an unknown escape, which stands for
 * itself. A loop, because a regular expression runs out of stack in a long string.
 */
export function repairStrings(json: string): string {
  let repaired = "";
  let done = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const unit = json.charCodeAt(i);
    if (unit === QUOTE) inString = !inString;
    else if (!inString) continue;
    else if (unit < 0x20) {
      repaired += `${json.slice(done, i)}\\u${unit.toString(16).padStart(4, "0")}`;
      done = i + 1;
    } else if (unit === BACKSLASH) {
      const length = escapeLength(json, i);
      if (length > 0) i += length - 1;
      else {
        repaired += `${json.slice(done, i)}\\\\`;
        done = i + 1;
      }
    }
  }
  return repaired + json.slice(done);
}

/** Returns the length of the escape at `at`, or 0 if JSON does not know it. */
function escapeLength(json: string, at: number): number {
  const next = json.charCodeAt(at + 1);
  if (ESCAPES.has(next)) return 2;
  HEX.lastIndex = at + 2;
  return next === SMALL_U && HEX.test(json) ? 6 : 0;
}
