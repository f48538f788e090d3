import { close } from "../../store/disk/fs.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import { SecretDetector } from "./detect-secrets.ts";
import { isFormatName } from "./format-names.ts";
import { complete, homesIn, type Identity, identityOfPath, ownIdentity } from "./identity.ts";
import { KnownSecrets } from "./known-secrets.ts";
import { maskedFile, type MaskingReport } from "./mask-file.ts";
import { kindOf, NotMaskable, readTexts } from "./read-texts.ts";
import { TextMasker } from "./text-masker.ts";

/**
 * Masks secrets, and whose sessions they are, in all files of an export. First `read` looks at every file, then the others mask:
 * what one place shows to be a secret is masked in all of them.
 */
export class Redaction {
  readonly #secrets = new KnownSecrets();
  readonly #detector = new SecretDetector(this.#secrets);
  #identity: Identity;
  #masker: TextMasker | undefined;
  #lastCwd: string | undefined;
  readonly #homesInTexts = new Set<string>();

  constructor(identity: Identity = ownIdentity()) {
    this.#identity = complete(identity);
  }

  /** Looks for secrets in a text that is exported: a title, the name of a file. */
  async readText(text: string): Promise<void> {
    this.#readHomes(text);
    if (this.#detector.add(text)) await this.#detector.look();
  }

  /** Looks for secrets in a file. Returns why it cannot be masked, if so. Throws file-system errors and `signal.reason`. */
  async readFile(open: () => number, path: string, bytes: number, signal?: AbortSignal): Promise<string | undefined> {
    let isFull = false;
    const reader = {
      text: (text: string): void => {
        this.#readHomes(text);
        if (text.length >= LEAST_UNITS) isFull = this.#detector.add(text) || isFull;
      },
      cwd: (path: string): void => this.readPath(path),
    };
    const fd = open();
    const read = async (): Promise<void> => {
      for (const _step of readTexts(fd, bytes, kindOf(path), reader)) {
        if (isFull) {
          await this.#detector.look();
          isFull = false;
        }
        if (isTurnOver()) await yieldToEventLoop(signal);
      }
    };
    try {
      await read();
      return undefined;
    } catch (error) {
      if (error instanceof NotMaskable) return error.message;
      throw error;
    } finally {
      close(fd);
    }
  }

  /** Takes a directory of a session, by which its user is known. */
  readPath(path: string): void {
    if (path === this.#lastCwd) return;
    this.#lastCwd = path;
    const found = identityOfPath(path);
    if (found.homes.some((home) => !this.#identity.homes.includes(home)))
      this.#identity = complete(this.#identity, found);
  }

  #readHomes(text: string): void {
    for (const home of homesIn(text)) if (this.#homesInTexts.size < MOST_HOMES) this.#homesInTexts.add(home);
  }

  /** Ends reading. */
  async end(): Promise<void> {
    await this.#detector.look();
    this.#identity = complete(this.#identity, { homes: [...this.#homesInTexts], users: [], hosts: [] });
    this.#masker = new TextMasker(this.#secrets, this.#identity);
  }

  /** Yields the masked bytes of an open file. */
  content(fd: number, path: string, bytes: number, tally: MaskingReport): Generator<Buffer> {
    return maskedFile(fd, bytes, kindOf(path), this.#ready(), tally);
  }

  /** Masks a text that is no part of a file. */
  text(text: string, tally: MaskingReport): string {
    return this.#ready().mask(text, (kind) => tally.found(kind));
  }

  /** Masks the names in a path in the bundle, but for those that the format makes. */
  path(path: string, tally: MaskingReport): string {
    const masker = this.#ready();
    return path
      .split("/")
      .map((name) => (isFormatName(name) ? name : masker.maskName(name, (kind) => tally.found(kind))))
      .join("/");
  }

  #ready(): TextMasker {
    if (this.#masker === undefined) throw new Error("Masks before everything is read");
    return this.#masker;
  }
}

/** Home directories that are taken from texts: a list of thousands says nothing of whose the sessions are. */
const MOST_HOMES = 500;
/** No secret is shorter. */
const LEAST_UNITS = 8;
