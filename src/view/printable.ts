/** The text on one line, with nothing that a terminal would obey: titles, paths and messages come from files. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replace(SEQUENCES, "")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .replace(OVERRIDES, "")
    .trim();
}

/** The same with its spaces as they are: they may be a part of a path, or line something up. */
export function printableLine(text: string): string {
  return text
    .replace(SEQUENCES, "")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(OVERRIDES, "")
    .trimEnd();
}

/** Words of ASCII with single spaces between them, as most ids, paths and branches are: nothing to take out. */
const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** The same for text of several lines: line ends and tabs stay. */
export function printableLines(text: string): string {
  return text
    .replace(/\r\n?|[\u0085\p{Zl}\p{Zp}]/gu, "\n")
    .replace(SEQUENCES, "")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .replace(OVERRIDES, "");
}

/**
 * Characters that turn the direction of what follows them, the rest of the line included: with them a title could make
 * another column read as something else. Halves of surrogate pairs are no characters at all.
 */
const OVERRIDES = /[\u202A-\u202E\u2066-\u2069\p{Cs}]/gu;

/**
 * What begins with ESC or with the 8-bit form of such a beginning (ECMA-48): strings as for titles and links, on one
 * line and with their end, or else only their beginning, so that no text goes with them; colours and movements; the rest.
 * `stripVTControlCharacters` of `node:util` takes words for a part of them that are followed by a bell.
 */
const SEQUENCES = new RegExp(
  [
    String.raw`(?:\u001B\]|\u009D)[^\u0007\u001B\u009C\u009D\n\r]*(?:\u0007|\u001B\\|\u009C)`,
    String.raw`(?:\u001B[PX^_]|[\u0090\u0098\u009E\u009F])[^\u001B\u0090\u0098\u009C\u009E\u009F\n\r]*(?:\u001B\\|\u009C)`,
    String.raw`(?:\u001B\[|\u009B)[0-?]*[ -/]*[@-~]?`,
    String.raw`\u001B[ -/]*[0-~]?`,
  ].join("|"),
  "g",
);
