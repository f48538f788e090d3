import { randomHex } from "./builtins.ts";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { close, createNew, openReadNoFollow, unlink, writeAll } from "./fs.ts";

/**
 * Writes a stream into a temporary file and gives a descriptor that reads it. The file is its owner's alone and has lost
 * its name before the first byte is in it, so that nothing of it stays, however the process ends. (Where a file that is
 * open keeps its name, as on old Windows, the name goes when the stream has ended.)
 *
 * A file and no index in memory, because the rows are needed again: which of them are the conversation is known only at
 * the end of the stream, and a transcript may be larger than memory. Throws the stream's errors, those of the file
 * system, and `signal.reason` when aborted.
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
