/**
 * Unpacks a bundle into a directory of its own, under numbers: no name in it becomes a path before it was checked. Nothing is taken
 * from a bundle that has anything in it that its manifest does not say.
 */
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import { close, openRead, openReadNoFollow, readBytes, statOpen } from "../../store/disk/fs.ts";
import { errnoOf, inContext, TranscriptError } from "../../store/errors.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import {
  BUNDLE_MANIFEST,
  BUNDLE_MANIFEST_BYTES,
  type BundledFile,
  type BundleManifest,
  parseBundleManifest,
} from "../manifest.ts";
import { shownPath } from "../entry-path.ts";
import { refusedBundle, requireManifest, requireOwnRows, sessionsOfBundle } from "./bundle-sessions.ts";
import { HashingWriter } from "./hashing-writer.ts";
import type { ImportSource } from "./source.ts";
import type { Staging } from "./staging.ts";

export interface UnpackOptions {
  readonly staging: Staging;
  /** Most bytes of all files together. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes of the bundle that were read, and those it has. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

const GZIP = Buffer.from([0x1f, 0x8b]);
/** Bytes of tar around each file: its header, one with a long name before it, and padding. */
const ENTRY_BYTES = 8 * 1024;
/** Bytes that a bundle may have before its manifest is known, and at its end. */
const SLACK_BYTES = 1024 * 1024;
/** Above this size, no transcript was ever packed so well. */
const RATIO_FROM_BYTES = 64 * 1024 * 1024;
const MAX_RATIO = 300;

/** Reports whether a file begins as a bundle does. */
export function isGzip(path: string): boolean {
  const fd = openRead(path);
  try {
    return statOpen(fd).isFile() && readBytes(fd, GZIP.length).equals(GZIP);
  } finally {
    close(fd);
  }
}

/** Unpacks a bundle. Throws `InvalidArgumentError` with the reason if any of it is not as it must be. */
export async function unpackBundle(from: string, options: UnpackOptions): Promise<ImportSource> {
  const fd = openRead(from);
  try {
    const unpacked = await new Unpacking(from, fd, options).run();
    requireOwnRows(from, unpacked.manifest, ({ path }) => unpacked.files.get(path)?.at);
    return {
      sessions: sessionsOfBundle(unpacked.manifest, ({ path }) => {
        const { at, mtimeMs } = unpacked.files.get(path) as UnpackedFile;
        return { at, unpackedAt: at, mtimeMs, open: () => openReadNoFollow(at) };
      }),
      skipped: [],
    };
  } finally {
    close(fd);
  }
}

interface UnpackedFile {
  readonly at: string;
  readonly mtimeMs: number;
}

interface TarEntry {
  readonly header: { readonly name: string; readonly size: number; readonly type?: string; readonly mtime?: Date };
  readonly body: ReadableStream<Uint8Array>;
}

class Unpacking {
  readonly #from: string;
  readonly #fd: number;
  readonly #size: number;
  readonly #options: UnpackOptions;
  #manifest: BundleManifest | undefined;
  readonly #named = new Map<string, BundledFile>();
  readonly #files = new Map<string, UnpackedFile>();
  #read = 0;
  #unpacked = 0;
  /** Most bytes that may come out of it, as far as is known. */
  #limit = BUNDLE_MANIFEST_BYTES + SLACK_BYTES;

  constructor(from: string, fd: number, options: UnpackOptions) {
    this.#from = from;
    this.#fd = fd;
    this.#size = statOpen(fd).size;
    this.#options = options;
  }

  async run(): Promise<{ readonly manifest: BundleManifest; readonly files: ReadonlyMap<string, UnpackedFile> }> {
    const [{ createGunzip }, { createTarDecoder }] = await Promise.all([import("node:zlib"), import("modern-tar")]);
    const gunzip = createGunzip();
    const decoder = createTarDecoder({ strict: true });
    const input = Readable.from(this.#packed(), { objectMode: false });
    input.on("error", (error) => gunzip.destroy(error));
    input.pipe(gunzip);
    try {
      await Promise.all([
        this.#pump(gunzip, decoder.writable.getWriter()),
        this.#take(decoder.readable as ReadableStream<TarEntry>),
      ]);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      input.destroy();
      gunzip.destroy();
    }
    // Node ignores what follows the last part of a gzip file if it comes in a piece of its own.
    if (gunzip.bytesWritten !== this.#size)
      throw this.#refused(`has ${this.#size - gunzip.bytesWritten} bytes after its end`);
    const missing = [...this.#named.keys()].find((path) => !this.#files.has(path));
    if (this.#manifest === undefined) throw this.#refused("has nothing in it");
    if (missing !== undefined) throw this.#refused(`lacks ${shownPath(missing)}, which its manifest names`);
    return { manifest: this.#manifest, files: this.#files };
  }

  *#packed(): Generator<Buffer> {
    while (this.#read < this.#size) {
      const bytes = readBytes(this.#fd, Math.min(CHUNK_BYTES, this.#size - this.#read), this.#read);
      if (bytes.length === 0) return;
      this.#read += bytes.length;
      yield bytes;
    }
  }

  /** Passes what comes out of the gzip file on, as long as it is not more than it may be. */
  async #pump(gunzip: AsyncIterable<Buffer>, writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    try {
      for await (const piece of gunzip) {
        this.#unpacked += piece.length;
        if (this.#unpacked > this.#limit) throw this.#refused("has more in it than its manifest says");
        if (this.#unpacked > RATIO_FROM_BYTES && this.#unpacked > MAX_RATIO * this.#read)
          throw this.#refused(
            `unpacks to more than ${MAX_RATIO} times its size`,
            "Unpack it with tar, and import the directory.",
          );
        await writer.write(piece);
        this.#options.progress?.(this.#read, this.#size);
        if (isTurnOver(1)) await yieldToEventLoop(this.#options.signal);
      }
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => undefined);
      throw error;
    }
  }

  async #take(entries: ReadableStream<TarEntry>): Promise<void> {
    for await (const entry of entries) {
      const { name, type = "file", size } = entry.header;
      if (type !== "file")
        throw this.#refused(`has ${shownPath(name)} in it, which is ${TYPE_WORDS[type] ?? "not a file"}`);
      if (this.#manifest === undefined) await this.#takeManifest(entry);
      else {
        const file = this.#named.get(name);
        if (file === undefined) throw this.#refused(`has ${shownPath(name)} in it, which its manifest does not name`);
        if (this.#files.has(name)) throw this.#refused(`has ${shownPath(name)} in it twice`);
        if (size !== file.bytes)
          throw this.#refused(`has ${shownPath(name)} with ${size} bytes; its manifest says ${file.bytes}`);
        await this.#takeFile(entry, file);
      }
    }
  }

  async #takeManifest({ header, body }: TarEntry): Promise<void> {
    if (header.name !== BUNDLE_MANIFEST) throw this.#refused(`does not begin with ${BUNDLE_MANIFEST}`);
    if (header.size > BUNDLE_MANIFEST_BYTES) throw this.#refused(`has a manifest of ${header.size} bytes`);
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    const manifest = parseBundleManifest(Buffer.concat(pieces).toString());
    if (typeof manifest === "string") throw this.#refused(`has a manifest that ${manifest}`);
    requireManifest(this.#from, manifest, this.#options.maxBytes);
    this.#limit = this.#unpacked + SLACK_BYTES;
    for (const file of manifest.sessions.flatMap(({ files }) => files)) {
      this.#named.set(file.path, file);
      this.#limit += file.bytes + ENTRY_BYTES;
    }
    this.#manifest = manifest;
  }

  /** What is here already is only compared, so a file is put on the disk when it gets its place. */
  async #takeFile({ header, body }: TarEntry, file: BundledFile): Promise<void> {
    const at = this.#options.staging.next();
    const mtimeMs = timeOf(header.mtime);
    const writer = new HashingWriter(at, { size: file.bytes, syncs: false });
    try {
      for await (const piece of body) writer.write(piece);
      if (writer.bytes !== file.bytes) throw this.#refused(`is cut off in ${shownPath(file.path)}`);
      if (writer.finish(mtimeMs) !== file.sha256)
        throw this.#refused(`has other bytes in ${shownPath(file.path)} than its manifest says`);
    } catch (error) {
      const code = errnoOf(error) ?? "";
      throw NO_ROOM.has(code) ? inContext(error, `${shownPath(file.path)} could not be unpacked to ${at}: `) : error;
    } finally {
      writer.close();
    }
    this.#files.set(file.path, { at, mtimeMs });
  }

  #refused(why: string, hint?: string): Error {
    return refusedBundle(this.#from, why, hint);
  }

  /** Returns a reason of ours as it is, and puts those of zlib and of the tar library in a sentence. */
  #explained(error: unknown): unknown {
    if (error instanceof TranscriptError || error === this.#options.signal?.reason || !(error instanceof Error))
      return error;
    const code = errnoOf(error);
    if (code !== undefined && !code.startsWith("Z_")) return error;
    if (code === "Z_BUF_ERROR") return this.#refused("is cut off");
    return this.#refused(`is not a whole .tar.gz (${error.message.replace(/\.$/, "")})`);
  }
}

/** Errors of writing. All others may be of the archive. */
const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EIO"]);

const TYPE_WORDS: Readonly<Record<string, string>> = {
  link: "a hard link",
  symlink: "a link",
  directory: "a directory",
  "character-device": "a device",
  "block-device": "a device",
  fifo: "a pipe",
};

/** Returns the time of an entry, within what file systems can hold, epoch ms. */
function timeOf(mtime: Date | undefined): number {
  const time = mtime?.getTime() ?? NaN;
  return Number.isFinite(time) && time >= 0 && time < MAX_TIME_MS ? time : 0;
}

/** The year 2200. */
const MAX_TIME_MS = Date.UTC(2200);
