import { editDistance } from "../../transcript/text/edit-distance.ts";

/** Shorter names are one edit away from too many words: `is:`, `red:`. */
const MIN_UNITS = 3;
/** Minimum length of a name that may have two edits. */
const LONG_UNITS = 8;

/**
 * Returns the word with the name of a filter in place of one that was probably mistyped: `branch:main` for `brnach:main`.
 * Undefined if no name is close. Code and addresses, such as `tools::run` and `files://x`, have none.
 */
export function meantWord(typed: string, names: Iterable<string>): string | undefined {
  const [, before = "", given, after] = /^(-?)([a-z]{3,15})(:(?!:|\/\/)\S.*)$/is.exec(typed) ?? [];
  if (given === undefined || after === undefined) return undefined;
  const name = [...names].find((one) => isClose(given.toLowerCase(), one));
  return name === undefined ? undefined : `${before}${name}${after}`;
}

function isClose(given: string, name: string): boolean {
  const max = name.length < LONG_UNITS ? 1 : 2;
  if (name.length < MIN_UNITS || Math.abs(given.length - name.length) > max) return false;
  // `tab` and `cmd` are words: of so short a name, all letters must be there.
  const isWhole = name.length > MIN_UNITS || Array.from(name).every((letter) => given.includes(letter));
  return isWhole && editDistance(given, name) <= max;
}
