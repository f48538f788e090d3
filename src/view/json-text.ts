/** Maximum levels that are printed of a value too deep for `JSON.stringify`. */
const LEVELS = 200;

/** Returns the JSON of a value of a transcript. A note replaces what is nested too deep to be printed. */
export function jsonText(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent) ?? "null";
  } catch (error) {
    // `JSON.parse` reads deeper values than `JSON.stringify` writes.
    if (!(error instanceof RangeError)) throw error;
    return JSON.stringify(cutOff(value, LEVELS), null, indent) ?? "null";
  }
}

function cutOff(value: unknown, levels: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return `[nested deeper than ${LEVELS} levels]`;
  if (Array.isArray(value)) return value.map((item) => cutOff(item, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutOff(item, levels - 1)]));
}
