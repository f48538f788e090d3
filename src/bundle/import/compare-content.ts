import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import { close, openReadNoFollow, readAt, statOpen } from "../../store/disk/fs.ts";
import { TranscriptError } from "../../store/errors.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import { type Content, type ContentFacts, contentOf } from "./content.ts";
import { HashingWriter } from "../source/hashing-writer.ts";

/** What a file that is here is, compared with the content that an import has for it. */
export type Relation =
  /** Byte for byte the same. */
  | "same"
  /** The same, with more at its end. */
  | "longer"
  /** Its beginning. */
  | "shorter"
  | "different";

export interface Compared {
  readonly relation: Relation;
  /** Of the content; undefined if it was not read to its end. */
  readonly facts: ContentFacts | undefined;
  /** Bytes of the content that were read: all, unless they are different. */
  readonly bytes: number;
}

/** Compares an open file with a content. Throws the reason of a signal. */
export async function compareContent(content: Content, there: number, signal?: AbortSignal): Promise<Compared> {
  const size = statOpen(there).size;
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size));
  let at = 0;
  for (;;) {
    const step = content.next();
    if (step.done === true) {
      const relation = at === size ? "same" : at < size ? "longer" : "shorter";
      return { relation, facts: step.value, bytes: at };
    }
    const piece = step.value;
    for (let from = 0; from < piece.length && at + from < size; from += buffer.length) {
      const same = buffer.subarray(0, Math.min(buffer.length, piece.length - from, size - at - from));
      const count = readAt(there, same, at + from);
      if (count < same.length || same.compare(piece, from, from + count) !== 0) {
        return { relation: "different", facts: undefined, bytes: at + piece.length };
      }
    }
    at += piece.length;
    if (isTurnOver(1)) await yieldToEventLoop(signal);
  }
}

/** A content that was read to its end. */
export interface Measured {
  readonly facts: ContentFacts;
  readonly bytes: number;
}

/** Reads a content to its end. */
export async function measureContent(content: Content, signal?: AbortSignal): Promise<Measured> {
  let bytes = 0;
  for (;;) {
    const step = content.next();
    if (step.done === true) return { facts: step.value, bytes };
    bytes += step.value.length;
    if (isTurnOver(1)) await yieldToEventLoop(signal);
  }
}

/**
 * Writes a content to a new file, mode 0600, and reads it again: what a disk or another program made of it is not what was meant.
 * `size`: about how many bytes it has; `mtimeMs`: the time that the file gets. Throws `Io` if it differs, file-system errors, and the reason of a signal.
 */
export async function writeContent(
  content: Content,
  path: string,
  { size, mtimeMs }: { readonly size: number; readonly mtimeMs: number },
  signal?: AbortSignal,
): Promise<Measured> {
  const writer = new HashingWriter(path, { size });
  let facts: ContentFacts;
  let sha256: string;
  try {
    for (;;) {
      const step = content.next();
      if (step.done === true) {
        facts = step.value;
        break;
      }
      writer.write(step.value);
      if (isTurnOver(1)) await yieldToEventLoop(signal);
    }
    sha256 = writer.finish(mtimeMs);
  } finally {
    writer.close();
  }
  await requireHash(path, sha256, signal);
  return { facts, bytes: writer.bytes };
}

/** Throws `Io` if a file has another hash. */
export async function requireHash(path: string, sha256: string, signal?: AbortSignal): Promise<void> {
  const fd = openReadNoFollow(path);
  try {
    const { facts } = await measureContent(contentOf(fd, statOpen(fd).size), signal);
    if (facts.sha256 === sha256) return;
  } finally {
    close(fd);
  }
  throw new TranscriptError("Io", `${path} differs from what was written to it`, {
    hint: "The disk may be failing: try again, and check what was imported.",
    data: { path },
  });
}
