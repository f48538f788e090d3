import { nodeCrypto } from "../../store/disk/builtins.ts";
import { close, openRead, openReadNoFollow, readAt, statOpen } from "../../store/disk/fs.ts";
import { TranscriptError } from "../../store/errors.ts";
import type { Steps } from "../../store/timing.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";
import type { SourceFile } from "./session-files.ts";

/** The bytes of a file that are exported: those that it had when it was first read. */
export interface KnownBytes {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Epoch ms. */
  readonly mtimeMs: number;
}

const CHUNK_BYTES = 256 * 1024;

/** Opens a file for reading. Throws file-system errors, and `EINVAL` for what is not a regular file. */
export function openSourceFile({ from, isTranscript }: SourceFile): number {
  const fd = isTranscript ? openRead(from) : openReadNoFollow(from);
  if (statOpen(fd).isFile()) return fd;
  close(fd);
  throw Object.assign(new Error(`EINVAL: ${from} is not a file`), { code: "EINVAL", path: from });
}

/**
 * Reads a file and says what is to be exported of it. Rows that are appended meanwhile are not: then the last row may be known
 * in part only, and the bytes end before it.
 */
export function* knownBytes(file: SourceFile): Steps<KnownBytes> {
  const fd = openSourceFile(file);
  try {
    const { size, mtimeMs } = statOpen(fd);
    const sha256 = nodeCrypto().createHash("sha256");
    // The hash up to the last newline, and the bytes after it.
    let whole = { bytes: 0, sha256: sha256.copy() };
    let at = 0;
    for (const chunk of chunksOf(fd, size)) {
      const newline = chunk.lastIndexOf(NEWLINE);
      if (newline >= 0) {
        sha256.update(chunk.subarray(0, newline + 1));
        whole = { bytes: at + newline + 1, sha256: sha256.copy() };
      }
      sha256.update(chunk.subarray(newline + 1));
      at += chunk.length;
      yield;
    }
    const isCut = file.path.endsWith(".jsonl") && whole.bytes < at && statOpen(fd).size > at;
    const bytes = isCut ? whole.bytes : at;
    return { bytes, sha256: (isCut ? whole.sha256 : sha256).digest("hex"), mtimeMs };
  } finally {
    close(fd);
  }
}

/** Yields the first bytes of an open file, in a buffer that is not used again; fewer if it ends before. */
export function* chunksOf(fd: number, bytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, bytes - at));
    const count = readAt(fd, chunk, at);
    if (count === 0) return;
    yield chunk.subarray(0, count);
    at += count;
  }
}

const REWRITTEN = "rewritten";

/** Reports whether an error is that of `rewritten`. */
export const isRewritten = (error: unknown): boolean =>
  error instanceof TranscriptError && error.data["problem"] === REWRITTEN;

/** Makes the error for a file whose known bytes are no longer there. */
export const rewritten = (path: string): TranscriptError =>
  new TranscriptError("Io", `${path} was rewritten while it was exported`, {
    hint: "Try again.",
    data: { path, problem: REWRITTEN },
  });
