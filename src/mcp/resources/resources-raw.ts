import { escaped } from "../../view/sanitise.ts";
import type { Store } from "../../open/open-store.ts";
import { rawUri } from "../core/uri.ts";
import type { TranscriptCopy } from "../../store/types.ts";

const PAGE_BYTES = 256 * 1024;

/**
 * Reads stored rows of a transcript from a byte offset on; undefined if the cursor is not an offset. Hidden characters become
 * JSON escapes, so the rows mean the same. A second content says how to go on.
 */
export async function readRaw(
  store: Store,
  copy: TranscriptCopy,
  cursor: string | undefined,
  uri: string,
): Promise<{ readonly uri: string; readonly mimeType: string; readonly text: string }[] | undefined> {
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) return undefined;
  const start = Number(cursor ?? 0);
  const { bytes, size, end } = await store.raw(copy, start, PAGE_BYTES);
  const rows = { uri, mimeType: "application/jsonl", text: escaped(bytes.toString("utf8")) };
  if (end >= size) return [rows];
  const next = rawUri(copy.sessionId, end);
  const cut = bytes.at(-1) === NEWLINE ? "" : " The last row is cut and continues there.";
  return [
    rows,
    { uri: next, mimeType: "text/plain", text: `Bytes ${start}-${end} of ${size}. Next page: ${next}.${cut}` },
  ];
}

const NEWLINE = 0x0a;
