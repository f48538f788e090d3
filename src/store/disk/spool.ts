import { randomHex } from "./builtins.ts";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { close, createNew, openReadNoFollow, unlink, writeAll } from "./fs.ts";

/**
 * Writes a stream to a temporary file, not to memory, which a transcript may exceed, and returns a descriptor that
 * reads it. Only its owner can read the file, and it has no name from before the first byte (on old Windows: after the
 * last). Throws errors of the stream and the file system, and `signal.reason`.
 */
export async function spool(stream: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
  const path = join(tmpdir(), `claude-transcripts-${randomHex(16)}`);
  const into = createNew(path);
  let from = -1;
  let named = true;
  try {
    from = openReadNoFollow(path);
    named = !tryUnlink(path);
    for await (const chunk of stream) {
      signal?.throwIfAborted();
      writeAll(into, chunk);
    }
    return from;
  } catch (error) {
    if (from >= 0) close(from);
    throw error;
  } finally {
    close(into);
    if (named) tryUnlink(path);
  }
}

function tryUnlink(path: string): boolean {
  try {
    unlink(path);
    return true;
  } catch {
    return false;
  }
}
