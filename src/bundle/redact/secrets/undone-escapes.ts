/** A text as it reads when its escapes are undone. */
export interface UndoneText {
  readonly text: string;
  /** Returns what stands in the original for a part of `text`. */
  original(start: number, end: number): string;
}

/** What begins an escape: only lines with one are worth a second look. */
// oxlint-disable-next-line no-control-regex
const BEGINS = /[\\%\u001B]/g;

/**
 * Colours as they are and as they are written in JSON and in shells; escapes of JSON, once and in JSON in JSON; and those of URLs,
 * once and twice.
 */
const ESCAPE =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001B|\\{1,16}(?:u001b|x1b|033|e))\[[0-?]{0,30}[ -/]{0,3}[@-~]|\\{1,16}(?:u([0-9a-f]{4})|x([0-9a-f]{2})|([bfnrt"'/]))|%(?:25){0,3}([0-9a-f]{2})/gi;

const CONTROL: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Undoes the escapes in the lines of a text that have some. Undefined if none has. */
export function undoneEscapes(text: string): UndoneText | undefined {
  const parts: string[] = [];
  // Where each part begins, in what is undone and in the original; parts by turns stand for themselves and for an escape.
  const starts: number[] = [];
  const origins: number[] = [];
  let length = 0;
  const put = (part: string, origin: number): void => {
    parts.push(part);
    starts.push(length);
    origins.push(origin);
    length += part.length;
  };
  let isChanged = false;
  BEGINS.lastIndex = 0;
  for (let hit = BEGINS.exec(text); hit !== null; hit = BEGINS.exec(text)) {
    const from = text.lastIndexOf("\n", hit.index) + 1;
    const next = text.indexOf("\n", hit.index);
    const to = next < 0 ? text.length : next + 1;
    let at = from;
    for (const match of text.slice(from, to).matchAll(ESCAPE)) {
      put(text.slice(at, from + match.index), at);
      put(meaning(match), from + match.index);
      at = from + match.index + match[0].length;
      isChanged = true;
    }
    put(text.slice(at, to), at);
    put("", to);
    BEGINS.lastIndex = to;
  }
  if (!isChanged) return undefined;
  origins.push(text.length);
  return {
    text: parts.join(""),
    original(start, end) {
      const [first, last] = [partAt(starts, start), partAt(starts, end - 1)];
      const isItself = (part: number): boolean => part % 2 === 0;
      const origin = (part: number): number => origins[part] as number;
      const from = origin(first) + (isItself(first) ? start - (starts[first] as number) : 0);
      const to = isItself(last) ? origin(last) + end - (starts[last] as number) : origin(last + 1);
      return text.slice(from, to);
    },
  };
}

function meaning([, unicode, byte, letter, percent]: RegExpMatchArray): string {
  if (letter !== undefined) return CONTROL[letter] ?? letter;
  const code = unicode ?? byte ?? percent;
  return code === undefined ? "" : String.fromCharCode(Number.parseInt(code, 16));
}

/** Returns the last part that begins at or before a place, and is not empty there. */
function partAt(starts: readonly number[], place: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
