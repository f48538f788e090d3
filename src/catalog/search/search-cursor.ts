import { fnvHash } from "../../transcript/text/fnv-hash.ts";
import { InvalidCursorError } from "../../store/errors.ts";
import type { Position } from "../scan/search-source.ts";

/**
 * The end of a page. Scores change a little whenever anything is indexed, so that a cursor names the sessions that were
 * shown: none is shown twice, and none is lost.
 */
export interface SearchEnd {
  /** Time of the first page, epoch ms. */
  readonly now: number;
  /** Sessions before it were shown, or left out. */
  readonly from: Position | undefined;
  /** `sessionMark` of further sessions that were shown. */
  readonly seen: ReadonlySet<number>;
}

/** Returns a number of 32 bits for a session. */
export const sessionMark = (sessionId: string): number => fnvHash(sessionId) >>> 0;

/** Maximum number of sessions in a cursor: 1,100 characters. */
export const MOST_SEEN = 200;

const VERSION = 1;
/** Bytes of version, checksum, query, time, tier and score. */
const HEAD_BYTES = 1 + 4 + 4 + 6 + 1 + 8;
const NO_TIER = 255;
/** Maximum length of a cursor: far above that of ours, and cheap to decode. */
const CURSOR_UNITS = 16 * 1024;

/** Returns a cursor: base64url of binary fields, with a checksum that reveals a changed one. `query`: all that must not change. */
export function encodeSearchCursor({ now, from, seen }: SearchEnd, query: string): string {
  const bytes = Buffer.alloc(HEAD_BYTES + 4 * seen.size);
  bytes[0] = VERSION;
  bytes.writeUInt32BE(fnvHash(query) >>> 0, 5);
  bytes.writeUIntBE(now, 9, 6);
  bytes[15] = from?.tier ?? NO_TIER;
  bytes.writeDoubleBE(from?.score ?? 0, 16);
  let at = HEAD_BYTES;
  for (const mark of seen) at = bytes.writeUInt32BE(mark, at);
  bytes.writeUInt32BE(sumOf(bytes), 1);
  return bytes.toString("base64url");
}

/** Decodes a cursor; throws `InvalidCursorError` for anything except a cursor of this version for this query. */
export function decodeSearchCursor(cursor: unknown, query: string): SearchEnd {
  if (typeof cursor !== "string" || cursor.length > CURSOR_UNITS) throw malformed();
  const bytes = Buffer.from(cursor, "base64url");
  const marks = (bytes.length - HEAD_BYTES) / 4;
  if (!Number.isInteger(marks) || marks < 0 || bytes.toString("base64url") !== cursor) throw malformed();
  if (bytes.readUInt32BE(1) !== sumOf(bytes)) throw malformed();
  if (bytes[0] !== VERSION) throw new InvalidCursorError("it was made by another version of this program");
  if (bytes.readUInt32BE(5) !== fnvHash(query) >>> 0) throw new InvalidCursorError("it belongs to another search");
  const tier = bytes[15] as number;
  const seen = new Set<number>();
  for (let i = 0; i < marks; i++) seen.add(bytes.readUInt32BE(HEAD_BYTES + 4 * i));
  const from = tier === NO_TIER ? undefined : { tier, score: bytes.readDoubleBE(16) };
  return { now: bytes.readUIntBE(9, 6), from, seen };
}

function sumOf(bytes: Buffer): number {
  return fnvHash(`${bytes[0]} ${bytes.toString("latin1", 5)}`) >>> 0;
}

const malformed = (): InvalidCursorError => new InvalidCursorError("it was not made by this program");
