import { randomHex } from "./builtins.ts";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { close, createNew, openReadNoFollow, unlink, writeAll } from "./fs.ts";

/**
 * Writes a stream to a temporary file and returns a descriptor that reads it. Only its owner can read the file, and its
 * name is removed before the first byte is written, so that nothing remains, however the process ends. (If an open file
 * cannot lose its name, as on old Windows, the name is removed after the stream has ended.)
 *
 * Uses a file, not memory, because the rows are needed again: which of them form the conversation is known only at the end
 * of the stream, and a transcript may be larger than memory. Throws errors of the stream and the file system, and
 * `signal.reason` when aborted.
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
