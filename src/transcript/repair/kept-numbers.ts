/** JSON in which numbers that a parser would change are strings, and what makes them numbers again. */
export interface KeptNumbers {
  readonly json: string;
  /** Puts the numbers back into JSON that was made of the parsed value. */
  readonly restore: (json: string) => string;
}

const QUOTE = '"';
const BACKSLASH = 0x5c;
const NUMBER = /-?\d[\d.eE+-]*/y;
const BEGINS_NUMBER = /["\d-]/g;
/** Stands before a number in its string: it is in no text but those that are made to have it. */
const SIGN = "\uf8ff";
const ANY_SIGN = /\uf8ff|\\uf8ff/gi;

/**
 * Keeps the numbers that JavaScript cannot hold, such as ids of 19 digits, and those that it writes otherwise, such as `1.10`: a
 * repair changes nothing that it is not there for.
 */
export function keepNumbers(json: string): KeptNumbers {
  // No text has more signs in a row than there are in all.
  const mark = SIGN.repeat((json.match(ANY_SIGN)?.length ?? 0) + 1);
  let kept = "";
  let done = 0;
  BEGINS_NUMBER.lastIndex = 0;
  for (let found = BEGINS_NUMBER.exec(json); found !== null; found = BEGINS_NUMBER.exec(json)) {
    const at = found.index;
    if (json[at] === QUOTE) BEGINS_NUMBER.lastIndex = endOfText(json, at + 1);
    else {
      NUMBER.lastIndex = at;
      const [number = json[at] ?? ""] = NUMBER.exec(json) ?? [];
      BEGINS_NUMBER.lastIndex = at + number.length;
      if (JSON.stringify(Number(number)) === number) continue;
      kept += `${json.slice(done, at)}"${mark}${number}"`;
      done = at + number.length;
    }
  }
  if (done === 0) return { json, restore: (text) => text };
  // A value may be quoted in a text, and that in another one.
  const quoted = new RegExp(String.raw`(\\*)"${mark}([-+.\deE]+)\1"`, "g");
  return { json: kept + json.slice(done), restore: (text) => text.replace(quoted, "$2") };
}

/** Returns the offset after the quote that ends a string. */
function endOfText(json: string, from: number): number {
  for (let at = json.indexOf(QUOTE, from); at >= 0; at = json.indexOf(QUOTE, at + 1)) {
    let run = at;
    while (run > from && json.charCodeAt(run - 1) === BACKSLASH) run--;
    if ((at - run) % 2 === 0) return at + 1;
  }
  return json.length;
}
