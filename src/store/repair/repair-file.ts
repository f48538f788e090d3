import { isUtf8 } from "node:buffer";
import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import { RepairRows } from "../../transcript/repair/repair-rows.ts";
import { type RepairPlan, RepairScan } from "../../transcript/repair/repair-scan.ts";
import { nodeCrypto } from "../disk/builtins.ts";
import { FileLines, ReusableBuffer } from "../disk/file-lines.ts";
import { readAt, writeAll } from "../disk/fs.ts";
import { yieldToEventLoop } from "../timing.ts";

/** An open transcript, up to a size: rows that are appended later do not count. */
export interface OpenTranscript {
  readonly fd: number;
  readonly size: number;
  readonly sessionId: string;
  readonly isSubagent: boolean;
}

/** What the work on a transcript reports to. */
export interface RepairWork {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

const CHUNKS_PER_TURN = 32;

/**
 * Reads a whole transcript and plans its repair. Memory: a chunk or the longest row, and some 200 bytes a row of the
 * conversation. Throws file-system errors, and the reason of `signal`.
 */
export async function planRepair(transcript: OpenTranscript, work: RepairWork): Promise<RepairPlan> {
  const { fd, sessionId, isSubagent } = transcript;
  const again = new ReusableBuffer();
  const scan = new RepairScan({
    sessionId,
    isSubagent,
    isUtf8,
    freshId: () => nodeCrypto().randomUUID(),
    read(offset, length) {
      const bytes = again.take(length);
      return bytes.subarray(0, readAt(fd, bytes, offset));
    },
    seed: nodeCrypto().randomInt(2 ** 32),
  });
  await eachLine(transcript, work, (line) => scan.line(line));
  return scan.finish();
}

/** Writes the repaired transcript to an open file. Throws like `planRepair`. */
export async function writeRepaired(
  transcript: OpenTranscript,
  plan: RepairPlan,
  to: number,
  work: RepairWork,
): Promise<void> {
  const output = new BufferedWriter(to);
  const rows = new RepairRows(plan, isUtf8, {
    write: (bytes) => output.write(bytes),
    copy(offset, length) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      for (let at = offset; at < offset + length;) {
        const have = readAt(transcript.fd, chunk.subarray(0, Math.min(chunk.length, offset + length - at)), at);
        if (have === 0) break;
        output.write(chunk.subarray(0, have));
        at += have;
      }
    },
  });
  await eachLine(transcript, work, (line) => rows.line(line));
  output.flush();
}

async function eachLine(
  { fd, size }: OpenTranscript,
  { signal, progress }: RepairWork,
  visit: (line: FileLines) => void,
): Promise<void> {
  const lines = new FileLines(fd, { to: size });
  for (let chunk = 1; lines.step(); chunk++) {
    while (lines.next()) visit(lines);
    if (chunk % CHUNKS_PER_TURN !== 0) continue;
    await yieldToEventLoop();
    signal?.throwIfAborted();
    progress?.(...lines.progress);
  }
}

/** Joins short writes. */
class BufferedWriter {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #length = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#buffer.length) this.flush();
    if (bytes.length > this.#buffer.length) return writeAll(this.#fd, bytes);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  flush(): void {
    writeAll(this.#fd, this.#buffer.subarray(0, this.#length));
    this.#length = 0;
  }
}
