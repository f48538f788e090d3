import { sanitizePath } from "../../store/layout/project-key.ts";
import type { Identity } from "./identity.ts";
import { escaped, type KnownSecrets } from "./known-secrets.ts";
import { TextIndex } from "./text-index.ts";

/** What stands for a home directory, a user and a machine. They are names and paths, so that paths stay paths. */
const MASKS = { home: "/redacted-home", user: "redacted-user", host: "redacted-host" } as const;

type Found = (kind: string) => void;

/** Replaces what nobody else should read in texts. The same is always replaced by the same. */
export class TextMasker {
  readonly #secrets: KnownSecrets;
  readonly #names: readonly NamePattern[];
  readonly #anyName: RegExp;
  readonly #candidate: RegExp;
  readonly #beginnings: TextIndex;

  constructor(secrets: KnownSecrets, identity: Identity) {
    this.#secrets = secrets;
    this.#names = namePatterns(identity);
    this.#anyName = anyOf(this.#names.map(({ pattern }) => pattern));
    this.#candidate = candidatePattern(identity);
    this.#beginnings = new TextIndex(asWritten(secrets.beginnings()));
  }

  /** Masks a text. `words`: also names of people and machines. */
  mask(text: string, found: Found, { words = true } = {}): string {
    const masked = this.#secrets.mask(text, found);
    if (!words || !this.#anyName.test(masked)) return masked;
    return this.#names.reduce((at, name) => maskName(at, name, found), masked);
  }

  /** Masks a key. A name that is only a part of it stays: it may be a word of the format. */
  maskKey(key: string, found: Found): string {
    const masked = this.#secrets.mask(key, found);
    const named = this.mask(masked, () => undefined);
    return Object.values<string>(MASKS).includes(named) ? this.mask(masked, found) : masked;
  }

  /** Masks the name of a file: a mask in it has only signs that every system allows. */
  maskName(name: string, found: Found): string {
    return this.mask(name, found).replace(/\[redacted:([a-z0-9-]+):(\d+)\]/g, "redacted-$1-$2");
  }

  /** Returns the places in bytes that may have something to mask. `latin1`: the bytes, each as a character. */
  places(latin1: string): MaskPlaces {
    return new MaskPlaces(latin1, this.#candidate, this.#beginnings);
  }
}

/** The places of some bytes that may have something to mask: secrets and their beginnings, names, files, escapes. */
export class MaskPlaces {
  readonly #bytes: string;
  readonly #pattern: RegExp;
  readonly #beginnings: TextIndex;
  /** Offset after the next place of each; -1 for none. */
  #name = 0;
  #secret = 0;

  constructor(bytes: string, pattern: RegExp, beginnings: TextIndex) {
    this.#bytes = bytes;
    this.#pattern = pattern;
    this.#beginnings = beginnings;
  }

  /** Returns the offset after the first place that begins at or after `from`, which must not go back; -1 if there is none. */
  next(from: number): number {
    if (this.#name >= 0 && this.#name <= from) {
      this.#pattern.lastIndex = from;
      this.#name = this.#pattern.test(this.#bytes) ? this.#pattern.lastIndex : -1;
    }
    if (this.#secret >= 0 && this.#secret <= from) {
      const next = this.#beginnings.find(this.#bytes, from);
      this.#secret = next === undefined ? -1 : next.at + next.found.length;
    }
    if (this.#name < 0 || this.#secret < 0) return Math.max(this.#name, this.#secret);
    return Math.min(this.#name, this.#secret);
  }
}

interface NamePattern {
  readonly kind: keyof typeof MASKS;
  readonly mask: string;
  readonly pattern: RegExp;
  /** Whether what is before and after a match may be there. */
  readonly before: RegExp;
  readonly after: RegExp;
}

/** No letter and no digit, but for those of an escape: in JSON in a string, in a URL, of a colour. */
const WORD_BEGINS =
  // oxlint-disable-next-line no-control-regex
  /(?:^|[^\p{L}\p{N}]|\\[bfnrt]|\\(?:u[0-9a-f]{4}|x[0-9a-f]{2})|%[0-9a-f]{2}|(?:\u001B|\\(?:u001b|x1b|033|e))\[[\d;?]{0,12}[a-z])$/iu;
const WORD_ENDS = /^(?:$|[^\p{L}\p{N}])/u;
const PATH_BEGINS = /(?:^|[^\p{L}\p{N}_.-]|\\[bfnrt])$/u;
const PATH_ENDS = /^(?:$|[^\p{L}\p{N}_.-]|\.(?![\p{L}\p{N}]))/u;
const KEY_BEGINS = /(?:^|[^\p{L}\p{N}-]|\\[bfnrt])$/u;

function namePatterns({ homes, users, hosts }: Identity): NamePattern[] {
  const drive = (home: string): string => (/^[A-Za-z]:/.test(home) ? home.slice(0, 2) : "");
  return [
    ...homes.flatMap((home): NamePattern[] => {
      const path = { kind: "home", before: PATH_BEGINS, after: PATH_ENDS } as const;
      const mask = drive(home) + MASKS.home;
      // A path in JSON in a string has its separators twice.
      const spellings = home.includes("\\")
        ? [home, home.replaceAll("\\", "\\\\"), home.replaceAll("\\", "/")]
        : [home];
      const key = sanitizePath(home);
      return [
        ...spellings.map((text) => ({ ...path, mask, pattern: new RegExp(escaped(text), "g") })),
        {
          kind: "home",
          mask: sanitizePath(mask),
          pattern: new RegExp(escaped(key), "g"),
          before: KEY_BEGINS,
          after: WORD_ENDS,
        },
      ];
    }),
    ...[
      ...users.map((name) => ["user", name, isInAnyCase(name) ? "gi" : "g"] as const),
      ...hosts.map((name) => ["host", name, "gi"] as const),
    ].map(([kind, name, flags]): NamePattern => {
      const pattern = new RegExp(escaped(name), flags);
      return { kind, mask: MASKS[kind], pattern, before: WORD_BEGINS, after: WORD_ENDS };
    }),
  ];
}

const anyOf = (patterns: readonly RegExp[]): RegExp =>
  new RegExp(patterns.length === 0 ? "(?!)" : patterns.map(({ source }) => source).join("|"), "i");

function maskName(text: string, { kind, mask, pattern, before, after }: NamePattern, found: Found): string {
  return text.replace(pattern, (match: string, at: number) => {
    const end = at + match.length;
    if (!before.test(text.slice(Math.max(0, at - NEAR), at)) || !after.test(text.slice(end, end + NEAR))) return match;
    found(kind);
    return mask;
  });
}

/** Short names are words in another case. */
const isInAnyCase = (user: string): boolean => user.length >= 4;

/** Signs next to a match that decide. */
const NEAR = 20;

/** Matches the bytes of names, of escapes that may stand for a letter, and of files in base64. */
function candidatePattern({ homes, users, hosts }: Identity): RegExp {
  const exact = [...homes, ...homes.map(sanitizePath), ...users.filter((user) => !isInAnyCase(user))];
  const bytes = asWritten(exact.flatMap((text) => [text, text.replaceAll("\\", "/")])).map(escaped);
  const anyCase = [...hosts, ...users.filter(isInAnyCase)].map((name) =>
    Array.from(Buffer.from(name).toString("latin1"), eitherCase).join(""),
  );
  return new RegExp([...bytes, ...anyCase, String.raw`\\[u/]`, FILE].join("|"), "g");
}

/** Returns the bytes of texts, each as a character, as they stand in a text and in JSON. */
const asWritten = (texts: readonly string[]): string[] =>
  [...new Set([...texts, ...texts.map((text) => JSON.stringify(text).slice(1, -1))])].map((text) =>
    Buffer.from(text).toString("latin1"),
  );

/** A file in base64 (row-strings.ts). */
const FILE = String.raw`"(?:data|base64|blob)"\s*:\s*"[A-Za-z0-9+\/]{62}|"(?:iVBORw0KGgo|\/9j\/|R0lGOD|UklGR)|;base64,`;

const eitherCase = (sign: string): string =>
  /[a-z]/i.test(sign) ? `[${sign.toLowerCase()}${sign.toUpperCase()}]` : escaped(sign);
