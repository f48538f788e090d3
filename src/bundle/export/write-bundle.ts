import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { createGzip } from "node:zlib";
import { createTarPacker, type TarHeader } from "modern-tar";
import { BUNDLE_MANIFEST, type BundleManifest, manifestBytes } from "../manifest.ts";
import { type PlannedFile, plannedContent } from "./plan-bundle.ts";

/** Receives the bytes of an archive in order; the next ones come when it is done. */
export type WriteBytes = (bytes: Uint8Array) => void | Promise<void>;

export interface WriteBundleOptions {
  /** Called with the bytes of files written so far, and all of them. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a bundle: the manifest, then the files, each checked against the hash in the manifest. Holds a part of a file at a
 * time. Throws `Io` if a file is no longer the one of the manifest, file-system errors, those of `write`, and `signal.reason`.
 */
export async function writeBundle(
  manifest: BundleManifest,
  files: readonly PlannedFile[],
  write: WriteBytes,
  { progress, signal }: WriteBundleOptions = {},
): Promise<void> {
  const { readable, controller } = createTarPacker();
  const ended = new AbortController();
  // A stream that is torn down reports that, and not why.
  let cause: { readonly error: unknown } | undefined;
  const entries = async (): Promise<void> => {
    try {
      const first = manifestBytes(manifest);
      const head = controller.add(headerOf(BUNDLE_MANIFEST, first.length, Date.parse(manifest.createdAt)));
      await putAll(head, [first], ended.signal);
      const total = files.reduce((sum, file) => sum + file.bytes, 0);
      let done = 0;
      for (const file of files) {
        const body = controller.add(headerOf(file.path, file.bytes, file.known.mtimeMs));
        const advance = (bytes: number): void => progress?.((done += bytes), total);
        await putAll(body, plannedContent(file), ended.signal, advance);
      }
      controller.finalize();
    } catch (error) {
      cause ??= { error };
      controller.error(error);
      throw error;
    }
  };
  const archive = Readable.fromWeb(readable as ReadableStream<Uint8Array>);
  const written = pipeline(
    archive,
    createGzip(),
    async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) {
        try {
          await write(chunk);
        } catch (error) {
          cause ??= { error };
          throw error;
        }
      }
    },
    { ...(signal !== undefined && { signal }) },
  ).catch((error: unknown) => {
    ended.abort(error);
    throw signal?.aborted === true ? signal.reason : (cause?.error ?? error);
  });
  const results = await Promise.allSettled([written, entries()]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function putAll(
  body: WritableStream<Uint8Array>,
  chunks: Iterable<Uint8Array>,
  ended: AbortSignal,
  advance: (bytes: number) => void = () => undefined,
): Promise<void> {
  const writer = body.getWriter();
  for (const chunk of chunks) {
    ended.throwIfAborted();
    await writer.write(chunk);
    advance(chunk.length);
  }
  await writer.close();
}

const headerOf = (name: string, size: number, mtimeMs: number): TarHeader => ({
  name,
  size,
  mode: 0o600,
  uid: 0,
  gid: 0,
  type: "file",
  mtime: new Date(Math.min(Math.max(0, mtimeMs), MAX_TIME_MS)),
});

/** Of a header: eleven octal digits of seconds. */
const MAX_TIME_MS = (8 ** 11 - 1) * 1000;
