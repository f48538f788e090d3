const QUOTE = 0x22;
const SLASH = 0x5c;
const SMALL_U = 0x75;
/** What may stand after a backslash, but for `u` and its digits. */
const ESCAPES = new Set(Array.from('"\\/bfnrt', (sign) => sign.charCodeAt(0)));
const HEX = /[0-9a-fA-F]{4}/y;

/**
 * JSON with what it forbids in strings written as escapes: raw control characters, and escapes that it does not know, which
 * stand for themselves. One look at each character, and no regular expression over the whole: that would run out of stack in
 * a long string.
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
    } else if (unit === SLASH) {
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

/** Of an escape that JSON knows, else 0. */
function escapeLength(json: string, at: number): number {
  const next = json.charCodeAt(at + 1);
  if (ESCAPES.has(next)) return 2;
  HEX.lastIndex = at + 2;
  return next === SMALL_U && HEX.test(json) ? 6 : 0;
}
