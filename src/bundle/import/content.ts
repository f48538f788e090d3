/** The bytes that a file of an imported session gets: those of its source, but for changed values of its rows. */
import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { visitLine } from "../../transcript/rows/row.ts";
import { nodeCrypto } from "../../store/disk/builtins.ts";
import { FileLines } from "../../store/disk/file-lines.ts";
import { readAt } from "../../store/disk/fs.ts";
import { TranscriptError } from "../../store/errors.ts";
import { changesIn, type RowChanges, type ValueChange } from "./row-changes.ts";

/** What is known of a content once all of it was read. */
export interface ContentFacts {
  /** Of the source, in hexadecimal. */
  readonly sha256: string;
  /** Number of places that could not be read as rows, and were left as they are. Counted only if rows change. */
  readonly unread: number;
}

/** The bytes in pieces, each valid until the next step. */
export type Content = Generator<Uint8Array, ContentFacts>;

/**
 * Reads an open file from its beginning to byte `size`. Without `changes`, byte for byte; with them, all bytes stay but those of the
 * values that change: unknown rows, white space, and what cannot be read as a row. Memory: the longest row. Throws `Io` if the file
 * became shorter.
 */
export function* contentOf(fd: number, size: number, changes?: RowChanges): Content {
  const reader = new HashingReader(fd, Math.min(CHUNK_BYTES, size));
  let unread = 0;
  if (changes !== undefined) {
    const lines = new FileLines(fd, { to: size });
    const scan = new RowScan();
    let visited = 0;
    while (lines.step()) {
      while (lines.next()) {
        const found: ValueChange[] = [];
        if (lines.oversized > 0) unread++;
        else
          visitLine(lines.bytes, lines.start, lines.end, scan, {
            row: () => found.push(...changesIn(lines.bytes, scan, changes)),
            problem: () => unread++,
          });
        const shift = lines.offset - lines.start;
        visited = lines.end + shift;
        for (const { start, end, json } of found) {
          yield* reader.upTo(start + shift);
          reader.skipTo(end + shift);
          yield Buffer.from(json);
        }
      }
      yield* reader.upTo(visited);
      // A long row takes many steps, and others may want their turn.
      yield NOTHING;
    }
    scan.shrink();
  }
  yield* reader.upTo(size);
  return { sha256: reader.digest(), unread };
}

const NOTHING = Buffer.alloc(0);

/** The content of a file that is made here. */
export function* madeContent(bytes: Uint8Array, facts: ContentFacts): Content {
  yield bytes;
  return facts;
}

/** Reads a file in order, each byte once, and hashes what it read. */
class HashingReader {
  at = 0;
  readonly #fd: number;
  readonly #hash = nodeCrypto().createHash("sha256");
  readonly #chunk: Buffer;

  constructor(fd: number, chunkBytes: number) {
    this.#fd = fd;
    this.#chunk = Buffer.allocUnsafe(chunkBytes);
  }

  *upTo(end: number): Generator<Uint8Array, void> {
    while (this.at < end) yield this.#read(end);
  }

  skipTo(end: number): void {
    while (this.at < end) this.#read(end);
  }

  digest(): string {
    return this.#hash.digest("hex");
  }

  #read(end: number): Uint8Array {
    const piece = this.#chunk.subarray(0, Math.min(this.#chunk.length, end - this.at));
    const count = readAt(this.#fd, piece, this.at);
    if (count < piece.length)
      throw new TranscriptError("Io", "a file became shorter while it was read", { hint: "Try again." });
    this.#hash.update(piece);
    this.at += count;
    return piece;
  }
}
