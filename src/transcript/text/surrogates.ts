/** Whether a UTF-16 unit is the first half of a surrogate pair. */
export const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Returns `at`, or the index before it if `at` would split a surrogate pair. */
export const splitPoint = (text: string, at: number): number =>
  isHighSurrogate(text.charCodeAt(at - 1)) ? at - 1 : at;

/** Splits a text into pieces of at most `units`, without splitting a surrogate pair. An empty text is one piece. */
export function* piecesOf(text: string, units: number): Generator<string> {
  let from = 0;
  while (text.length - from > units) {
    const to = splitPoint(text, from + units);
    yield text.slice(from, to);
    from = to;
  }
  yield from === 0 ? text : text.slice(from);
}
