import { sanitizePath } from "../../store/layout/project-key.ts";
import type { Identity } from "./identity.ts";
import { escaped, type KnownSecrets } from "./known-secrets.ts";

/** What stands for a home directory, a user and a machine. They are names and paths, so that paths stay paths. */
const MASKS = { home: "/redacted-home", user: "redacted-user", host: "redacted-host" } as const;

type Found = (kind: string) => void;

/** Replaces what nobody else should read in texts. The same is always replaced by the same. */
export class TextMasker {
  readonly #secrets: KnownSecrets;
  readonly #names: readonly NamePattern[];
  readonly #anyName: RegExp;
  readonly #candidate: RegExp;

  constructor(secrets: KnownSecrets, identity: Identity) {
    this.#secrets = secrets;
    this.#names = namePatterns(identity);
    this.#anyName = anyOf(this.#names.map(({ pattern }) => pattern));
    this.#candidate = candidatePattern(secrets, identity);
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

  /** Returns the offset after the next place, at or after `from`, that may have something to mask; -1 if there is none. */
  next(latin1: string, from: number): number {
    this.#candidate.lastIndex = from;
    return this.#candidate.test(latin1) ? this.#candidate.lastIndex : -1;
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

/** No letter and no digit, but for the letter of an escape: in JSON in a string, or in a URL. */
const WORD_BEGINS = /(?:^|[^\p{L}\p{N}]|\\[bfnrt]|%(?:2f|5c|20|3a))$/iu;
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
      ...users.map((name) => ["user", name, "g"] as const),
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

/** Signs next to a match that decide. */
const NEAR = 4;

/**
 * Matches the bytes of everything that may have something to mask: by a beginning that is long enough, as it stands in a text and in
 * JSON. An escape that may stand for a letter matches too, and so do files in base64.
 */
function candidatePattern(secrets: KnownSecrets, { homes, users, hosts }: Identity): RegExp {
  const texts = [...secrets.beginnings(), ...homes, ...homes.map(sanitizePath), ...users];
  const written = [...texts, ...texts.map((text) => JSON.stringify(text).slice(1, -1))];
  const bytes = [...new Set(written)].map((text) => escaped(Buffer.from(text).toString("latin1")));
  const anyCase = hosts.map((host) => Array.from(Buffer.from(host).toString("latin1"), eitherCase).join(""));
  return new RegExp([...bytes, ...anyCase, String.raw`\\[u/]`, FILE].join("|"), "g");
}

/** A file in base64 (row-strings.ts). */
const FILE = String.raw`"(?:data|base64)"\s*:\s*"[A-Za-z0-9+\/]{62}`;

const eitherCase = (sign: string): string =>
  /[a-z]/i.test(sign) ? `[${sign.toLowerCase()}${sign.toUpperCase()}]` : escaped(sign);
