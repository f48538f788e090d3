import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import { nodeCrypto } from "../../store/disk/builtins.ts";
import { close, createNew, setTimes, syncFile, writeAll } from "../../store/disk/fs.ts";

/** Most that is written before it is put on the disk: one sync of all of a large file would take seconds. */
const SYNC_BYTES = 16 * 1024 * 1024;

/** A new file, mode 0600, that is written piece by piece and hashed meanwhile. */
export class HashingWriter {
  readonly path: string;
  /** Bytes that were given. */
  bytes = 0;
  #fd: number;
  readonly #hash = nodeCrypto().createHash("sha256");
  readonly #buffer: Buffer;
  readonly #syncs: boolean;
  #kept = 0;
  #unsynced = 0;

  /**
   * `size`: about how many bytes it will have, so that small files take little memory. `syncs`: whether it is on the disk when it
   * is finished. Throws `EEXIST` if the name is taken.
   */
  constructor(path: string, { size, syncs = true }: { readonly size: number; readonly syncs?: boolean }) {
    this.path = path;
    this.#syncs = syncs;
    this.#buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size + 1));
    this.#fd = createNew(path);
  }

  write(piece: Uint8Array): void {
    this.bytes += piece.length;
    if (this.#kept + piece.length > this.#buffer.length) this.#flush();
    if (piece.length > this.#buffer.length) this.#put(piece);
    else {
      this.#buffer.set(piece, this.#kept);
      this.#kept += piece.length;
    }
  }

  /** Gives the file a time, and closes it. Returns its hash, hexadecimal. */
  finish(mtimeMs: number): string {
    this.#flush();
    if (this.#syncs) syncFile(this.#fd);
    this.close();
    setTimes(this.path, mtimeMs / 1000, mtimeMs / 1000);
    return this.#hash.digest("hex");
  }

  /** Closes the file, unless it is. */
  close(): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd >= 0) close(fd);
  }

  #flush(): void {
    if (this.#kept > 0) this.#put(this.#buffer.subarray(0, this.#kept));
    this.#kept = 0;
  }

  #put(bytes: Uint8Array): void {
    writeAll(this.#fd, bytes);
    this.#hash.update(bytes);
    this.#unsynced += bytes.length;
    if (!this.#syncs || this.#unsynced < SYNC_BYTES) return;
    syncFile(this.#fd);
    this.#unsynced = 0;
  }
}
