import type { MaskTally } from "../redact/mask-tally.ts";
import type { Redaction } from "../redact/redaction.ts";
import { isOwnPath } from "../entry-path.ts";

const PROJECTS = "projects";

/** Gives files their paths in a bundle, masked if that is asked for: each a path of its own, by which its session is known. */
export class MaskedPaths {
  readonly #redaction: Redaction | undefined;
  readonly #tally: MaskTally;
  /** Folded: file systems may ignore case. */
  readonly #taken = new Set<string>();

  constructor(redaction: Redaction | undefined, tally: MaskTally) {
    this.#redaction = redaction;
    this.#tally = tally;
  }

  /** Returns the path for a file of a session, and takes it. */
  of(path: string, sessionId: string): string {
    if (this.#redaction === undefined) return path;
    const masked = this.#owned(path, sessionId, this.#redaction);
    let free = masked;
    for (let n = 2; this.#taken.has(fold(free)); n++) free = numbered(masked, n, sessionId);
    this.#taken.add(fold(free));
    return free;
  }

  /** Masks the names in a path. Those by which an import knows whose it is stay: they are the format's, whatever they look like. */
  #owned(path: string, sessionId: string, redaction: Redaction): string {
    const masked = redaction.path(path, this.#tally);
    if (isOwnPath(masked, sessionId)) return masked;
    const names = path.split("/");
    const isKey = (at: number): boolean => at === 1 && names[0] === PROJECTS;
    const own = masked.split("/").map((name, at) => (at < OWNER_NAMES && !isKey(at) ? (names[at] ?? name) : name));
    return own.join("/");
  }
}

/** Names from the start of a path that can say whose it is. */
const OWNER_NAMES = 3;

/** Returns another path for a file, if masking made two the same. Its own name changes if an import still knows it then. */
function numbered(path: string, n: number, sessionId: string): string {
  const renamed = path.replace(/(\.[^./]*)?$/, `-${n}$1`);
  if (isOwnPath(renamed, sessionId)) return renamed;
  const [top, key, ...rest] = path.split("/");
  return [top, `${key}-${n}`, ...rest].join("/");
}

const fold = (path: string): string => path.normalize("NFC").toLowerCase();
