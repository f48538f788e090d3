import { escaped } from "../../view/sanitise.ts";
import type { Store } from "../../store/open/open-store.ts";
import { rawUri } from "../core/uri.ts";
import type { TranscriptCopy } from "../../store/types.ts";

/** Bytes of a page. */
const PAGE = 256 * 1024;

/**
 * Rows of a transcript as they are stored, from a byte on. What a reader would obey and not show is written as JSON escapes, so
 * that it means the same. A second part says how to go on. Undefined for what is no byte's number.
 */
export async function readRaw(
  store: Store,
  copy: TranscriptCopy,
  cursor: string | undefined,
  uri: string,
): Promise<{ readonly uri: string; readonly mimeType: string; readonly text: string }[] | undefined> {
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) return undefined;
  const start = Number(cursor ?? 0);
  const { bytes, size, end } = await store.raw(copy, start, PAGE);
  const rows = { uri, mimeType: "application/jsonl", text: escaped(bytes.toString("utf8")) };
  if (end >= size) return [rows];
  const next = rawUri(copy.sessionId, end);
  const cut = bytes.at(-1) === NEWLINE ? "" : " The last row is cut: it goes on there.";
  return [
    rows,
    { uri: next, mimeType: "text/plain", text: `Bytes ${start}-${end} of ${size}. Next page: ${next}.${cut}` },
  ];
}

const NEWLINE = 0x0a;
