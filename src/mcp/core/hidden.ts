import { SEQUENCES } from "../../transcript/text/sequences.ts";

/**
 * What people do not see and programs obey, in text of any origin. Every text that leaves this server passes here: as prose
 * with a visible note in the place of what was taken out, as JSON with an escape.
 */

/** Text as a model may see it. Line ends and tabs stay; each other hidden character is shown by its number: `⟨U+200B⟩`. */
export const plain = (text: string): string => replaceHidden(withoutSequences(text), noteOf);

/** The same on one line. */
export const plainLine = (text: string): string => oneLine(plain(text));

/** One line to be stored or compared: what is hidden is left out without a note. */
export const cleanLine = (text: string): string => oneLine(replaceHidden(withoutSequences(text), () => ""));

/** JSON text in which what is hidden is written as escapes: it means the same, and nobody obeys it. */
export const escaped = (json: string): string =>
  replaceHidden(json.replace(/\r\n/g, "\n"), (run) =>
    run.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );

/** How many control sequences of terminals `plain` takes out of a text without a note in their place. */
export const sequencesIn = (text: string): number => (text.includes("\u001B") || C1.test(text) ? count(text) : 0);

function count(text: string): number {
  let sequences = 0;
  for (const _ of text.matchAll(SEQUENCES)) sequences++;
  return sequences;
}

/** The value with what is hidden shown in every string of it, whatever became of that before. */
export function guarded<T>(value: T): T {
  if (typeof value === "string") return replaceHidden(value, noteOf) as T;
  if (Array.isArray(value)) return value.map(guarded) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, guarded(one)])) as T;
}

const withoutSequences = (text: string): string =>
  text.replace(SEQUENCES, "").replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n");

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** Puts what `by` gives in the place of each run of hidden characters, but for those that a script or an emoji needs. */
function replaceHidden(text: string, by: (run: string) => string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(HIDDEN, (run: string, at: number) =>
    isNeeded(run, before(text, at), after(text, at + run.length)) ? run : by(run),
  );
}

/** A note in the place of a run, never longer than twenty characters: `⟨U+200B⟩`, `⟨U+200B ×12⟩`, `⟨U+E0149 +31⟩`. */
function noteOf(run: string): string {
  const points = Array.from(run);
  const [first = ""] = points;
  const others = points.length - 1;
  const more = others === 0 ? "" : points.every((point) => point === first) ? ` ×${points.length}` : ` +${others}`;
  return `⟨U+${(first.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}${more}⟩`;
}

/** Joiners and variation selectors without which text is misspelt, or an emoji falls apart. Never more than one of a kind in a row. */
function isNeeded(run: string, left: string, right: string): boolean {
  switch (run) {
    case ZWJ:
      if (PICTURE.test(left)) return PICTURE.test(right);
      return isJoined(left) && (isJoined(right) || MARK.test(left));
    case ZWNJ:
      return isJoined(left) && isJoined(right);
    case ZWSP:
      return UNSPACED.test(left) && UNSPACED.test(right);
    case TEXT_STYLE:
    case EMOJI_STYLE:
      return PICTURE.test(left) || (/[0-9#*]/.test(left) && right === KEYCAP);
    case EMOJI_STYLE + ZWJ:
      return PICTURE.test(left) && PICTURE.test(right);
    default:
      return /^[\u180B-\u180D\u180F]$/.test(run) && /\p{Script=Mongolian}/u.test(left);
  }
}

const ZWJ = "\u200D";
const ZWNJ = "\u200C";
const ZWSP = "\u200B";
const TEXT_STYLE = "\uFE0E";
const EMOJI_STYLE = "\uFE0F";
const KEYCAP = "\u20E3";

const PICTURE = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}]$/u;

/** Letters and marks of scripts in which a joiner changes the form or the meaning of what it stands between. */
const isJoined = (character: string): boolean => (joined ??= joinedScripts()).test(character);

let joined: RegExp | undefined;

/** Made when it is first needed: the tables of 24 scripts take 2 ms, a tenth of the time until the first answer. */
function joinedScripts(): RegExp {
  const scripts = [
    ..."Arab Syrc Mand Nkoo Mong Phag Adlm Rohg".split(" "),
    ..."Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt Bali Java Newa".split(" "),
  ];
  return new RegExp(`^[${scripts.map((script) => String.raw`\p{Script_Extensions=${script}}`).join("")}]$`, "u");
}

const MARK = /^\p{M}$/u;

/** Scripts that put no spaces between words, so that lines are broken at zero width spaces. */
const UNSPACED =
  /^[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Javanese}]$/u;

/** The character that ends there, and the one that begins there; empty at the ends. */
function before(text: string, at: number): string {
  const low = text.charCodeAt(at - 1);
  return text.slice(Math.max(0, at - (low >= 0xdc00 && low <= 0xdfff ? 2 : 1)), at);
}

function after(text: string, at: number): string {
  return String.fromCodePoint(...[text.codePointAt(at)].filter((point) => point !== undefined));
}

/** What an eight-bit sequence begins with. */
const C1 = /[\u0090\u0098\u009B\u009D-\u009F]/;

/**
 * A first look that takes a fifth of the time: everything but ASCII, letters, punctuation and signs that `HIDDEN` never
 * matches. A text without any of it has nothing hidden.
 */
// oxlint-disable-next-line no-control-regex
const SUSPECT = /[^\t\n -~\u00A0-\u00AC\u00AE-\u034E\u0370-\u0600\u2010-\u2027\u2030-\u205E\u2070-\u3163\u3165-\uD7FF]/;

/**
 * A run of them, or a part of a longer one: matching has a stack. Control characters but for line ends and tabs, what Unicode says is not shown (zero width and bidirectional characters,
 * fillers, variation selectors, tags), the format controls that it forgets, halves of surrogate pairs, and what is no character.
 */
const HIDDEN =
  /(?:[^\P{Cc}\n\t]|[\p{Default_Ignorable_Code_Point}\p{Cs}\p{Noncharacter_Code_Point}\uFFF9-\uFFFB\u{13430}-\u{1343F}]){1,1000}/gu;
