/** Beginning of a row as JSON that is complete. */
export interface Completed {
  readonly json: string;
  /** Whether all that can be read is in it: the text just ends, and no object has a key twice. */
  readonly isAll: boolean;
}

const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const PARTIAL_SCALAR = /^[-+.0-9a-zA-Z]*$/;
/** Depth up to which keys are compared, and up to which a row is read at all. */
const LOOKED_INTO = 64;
const DEEPEST = 1000;
const PARTIAL_ESCAPE = /(\\+)(?:u[0-9a-fA-F]{0,3})?$/;

/**
 * Closes what is open at the end of a row that was cut, or where its grammar breaks: a string that is a value ends there, and
 * a member or item without a value is left out. Undefined if the text does not begin with an object, or is
 * nested too deep.
 */
export function completed(text: string): Completed | undefined {
  if (!text.startsWith("{")) return undefined;
  const closers: string[] = ["}"];
  /** Keys of each open object; none for a list, and below `LOOKED_INTO`. */
  const keys: (Set<string> | undefined)[] = [new Set()];
  let isAll = true;
  /** End of the last complete value, or of the bracket that opened after it. */
  let safe = 1;
  let expected: "key" | "colon" | "value" | "comma" = "key";
  const close = (json: string, ends: boolean): Completed => ({
    json: json + [...closers].reverse().join(""),
    isAll: isAll && ends,
  });
  const inObject = (): boolean => closers.at(-1) === "}";
  let i = 1;
  while (i < text.length) {
    const sign = text[i] as string;
    if (sign === " " || sign === "\t" || sign === "\r" || sign === "\n") i++;
    else if (sign === '"' && (expected === "key" || expected === "value")) {
      const after = stringEnd(text, i);
      if (after < 0) {
        const isValue = expected === "value";
        // What a key would have been is not in the row.
        return close(
          isValue ? `${withoutPartialEscape(text)}"` : text.slice(0, safe),
          isValue || i + 1 === text.length,
        );
      }
      if (expected === "value") safe = after;
      else {
        const key = text.slice(i, after);
        if (keys.at(-1)?.has(key)) isAll = false;
        keys.at(-1)?.add(key);
      }
      expected = expected === "key" ? "colon" : "comma";
      i = after;
    } else if (sign === ":" && expected === "colon") {
      expected = "value";
      i++;
    } else if (sign === "," && expected === "comma") {
      expected = inObject() ? "key" : "value";
      i++;
    } else if ((sign === "{" || sign === "[") && expected === "value") {
      closers.push(sign === "{" ? "}" : "]");
      if (closers.length > DEEPEST) return undefined;
      if (closers.length > LOOKED_INTO) isAll = false;
      keys.push(inObject() && closers.length <= LOOKED_INTO ? new Set() : undefined);
      expected = inObject() ? "key" : "value";
      safe = ++i;
    } else if (sign === closers.at(-1) && (expected === "comma" || safe === i)) {
      closers.pop();
      keys.pop();
      safe = ++i;
      expected = "comma";
      if (closers.length === 0) return { json: text.slice(0, i), isAll: isAll && i === text.length };
    } else {
      SCALAR.lastIndex = i;
      const scalar = expected === "value" ? SCALAR.exec(text)?.[0] : undefined;
      const after = i + (scalar?.length ?? 0);
      // A number that ends with the text may have lost digits.
      if (scalar === undefined || after === text.length)
        return close(text.slice(0, safe), expected === "value" && PARTIAL_SCALAR.test(text.slice(i, i + 400)));
      safe = i = after;
      expected = "comma";
    }
  }
  return close(text.slice(0, safe), true);
}

/** Returns the offset after the string whose quote is at `at`, or -1 if it does not end. */
function stringEnd(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slash = quote - 1;
    while (text[slash] === "\\") slash--;
    if ((quote - slash) % 2 === 1) return quote + 1;
  }
  return -1;
}

function withoutPartialEscape(text: string): string {
  const [whole = "", slashes = ""] = PARTIAL_ESCAPE.exec(text.slice(-64)) ?? [];
  if (slashes.length % 2 === 0) return text;
  return text.slice(0, text.length - whole.length + slashes.length - 1);
}
