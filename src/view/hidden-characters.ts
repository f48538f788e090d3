/** Characters that people cannot see but programs act on. Control sequences are in transcript/text/sequences.ts. */

/** Returns whether a text may contain a hidden character or a control sequence. Five times as fast as the exact test. */
export const isSuspect = (text: string): boolean => SUSPECT.test(text);

// oxlint-disable-next-line no-control-regex
const SUSPECT = /[^\t\n -~\u00A0-\u00AC\u00AE-\u034E\u0370-\u0600\u2010-\u2027\u2030-\u205E\u2070-\u3163\u3165-\uD7FF]/;

/** Replaces each run of hidden characters, except those that a script or an emoji needs. `by` gets the run. */
export function replaceHidden(text: string, by: (run: string) => string): string {
  if (!SUSPECT.test(text)) return text;
  if (text.length <= PIECE_UNITS) return replaceIn(text, by);
  const pieces: string[] = [];
  for (let from = 0; from < text.length;) {
    const border = betweenVisible();
    border.lastIndex = from + PIECE_UNITS;
    const to = border.exec(text)?.index ?? text.length;
    pieces.push(replaceIn(text.slice(from, to), by));
    from = to;
  }
  return pieces.join("");
}

/** Size of a piece, since each match of one `replace` takes 100 bytes. Pieces end between two visible characters. */
const PIECE_UNITS = 64 * 1024;

let visiblePair: RegExp | undefined;

/** Matches the second of two visible characters. Made when first needed, like `characterOf`. */
function betweenVisible(): RegExp {
  const visible = `(?!${HIDDEN.source.replace("{1,1000}", "")})[^]`;
  return (visiblePair ??= new RegExp(`(?<=${visible})${visible}`, "gu"));
}

function replaceIn(text: string, by: (run: string) => string): string {
  // Often the same run over and over.
  let [last, shown] = ["", ""];
  return text.replace(HIDDEN, (run: string, at: number) => {
    if (run.charCodeAt(0) >= FIRST_NEEDED && isNeeded(run, before(text, at), after(text, at + run.length))) return run;
    if (run !== last) [last, shown] = [run, by(run)];
    return shown;
  });
}

/** First character that a script or an emoji may need. */
const FIRST_NEEDED = 0x180b;

/** Names a run in at most 20 characters: `⟨U+200B⟩`, `⟨U+200B ×12⟩`, `⟨U+E0149 +31⟩`. */
export function noteOf(run: string): string {
  const points = run.length === 1 ? [run] : Array.from(run);
  const [first = ""] = points;
  const others = points.length - 1;
  const more = others === 0 ? "" : points.every((point) => point === first) ? ` ×${points.length}` : ` +${others}`;
  return `⟨U+${(first.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}${more}⟩`;
}

/** Writes a run as JSON escapes, one for each UTF-16 unit. */
export const unitEscapes = (run: string): string =>
  run.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Returns whether a script or an emoji needs this run: a joiner or variation selector, never two of a kind in a row. */
function isNeeded(run: string, left: string, right: string): boolean {
  switch (run) {
    case ZWJ:
      if (PICTURE.test(left)) return PICTURE.test(right);
      return isJoined(left) && (isJoined(right) || MARK.test(left));
    case ZWNJ:
      return isJoined(left) && isJoined(right);
    case ZWSP:
      return isUnspaced(left) && isUnspaced(right);
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

/** Tests for characters of scripts in which a joiner changes the form or the meaning of its neighbours. */
const isJoined = characterOf(
  "Script_Extensions",
  "Arab Syrc Mand Nkoo Mong Phag Adlm Rohg Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt Bali Java Newa",
);

/** Tests for characters of scripts without spaces between words, in which lines break at zero-width spaces. */
const isUnspaced = characterOf("Script", "Thai Laoo Khmr Mymr Tibt Java");

/** Returns a test for characters of some scripts. Compiled at first use, since the tables of 24 scripts take 2 ms. */
function characterOf(property: string, scripts: string): (character: string) => boolean {
  let made: RegExp | undefined;
  const members = (): string => scripts.replace(/\w+/g, String.raw`\p{${property}=$&}`).replaceAll(" ", "");
  return (character) => (made ??= new RegExp(`^[${members()}]$`, "u")).test(character);
}

const MARK = /^\p{M}$/u;

/** Returns the character that ends at a position; empty at the beginning of the text. */
function before(text: string, at: number): string {
  const low = text.charCodeAt(at - 1);
  return text.slice(Math.max(0, at - (low >= 0xdc00 && low <= 0xdfff ? 2 : 1)), at);
}

/** Returns the character that begins at a position; empty at the end of the text. */
function after(text: string, at: number): string {
  return String.fromCodePoint(...[text.codePointAt(at)].filter((point) => point !== undefined));
}

/**
 * Control characters except line breaks and tabs, default-ignorable characters, other format controls, lone surrogates and
 * noncharacters. At most 1000 per match: longer runs could overflow the stack of the matcher.
 */
const HIDDEN =
  /(?:[^\P{Cc}\n\t]|[\p{Default_Ignorable_Code_Point}\p{Cs}\p{Noncharacter_Code_Point}\uFFF9-\uFFFB\u{13430}-\u{1343F}]){1,1000}/gu;
