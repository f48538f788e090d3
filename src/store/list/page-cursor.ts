import { type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { fnvHash } from "../../transcript/text/fnv-hash.ts";
import { InvalidCursorError } from "../errors.ts";
import { isSessionId } from "../layout/session-id.ts";

/** The end of a page, with facts that save the next one work. */
export interface PageEnd {
  /** Activity of the last session shown, epoch ms. */
  readonly activity: number;
  readonly sessionId: string;
  /**
   * Files with an mtime after `activity` were read by then: their sessions are on earlier pages or on none, except for those
   * named here. Valid for files that have not changed since. Absent if there are too many to name.
   */
  readonly seen?: Seen | undefined;
}

interface Seen {
  /** Epoch ms, before the page began. */
  readonly since: number;
  readonly butFor: readonly string[];
}

const VERSION = 1;
/** Maximum length of a cursor: far above that of ours, and cheap to parse. */
const CURSOR_UNITS = 4096;

/**
 * Returns a cursor for the next page of a list with these filters: base64url of JSON or, without `seen`, of 30 bytes. It has
 * all that the next page needs, so that any process can continue, and a checksum that reveals a changed or made-up cursor.
 */
export const encodeCursor = (end: PageEnd, filters: string): string =>
  encodeShort(end, filters) ?? encode(end, fingerprint(filters));

/** Decodes a cursor; throws `InvalidCursorError` for anything except a cursor of this version for these filters. */
export function decodeCursor(cursor: unknown, filters: string): PageEnd {
  if (typeof cursor === "string" && cursor.length === SHORT_UNITS) return decodeShort(cursor, filters);
  const { v, f, t, i, n, b } = fieldsOf(cursor);
  if (typeof v === "number" && v !== VERSION)
    throw new InvalidCursorError("it was made by another version of this program");
  if (typeof f !== "string" || typeof t !== "number" || !isSessionId(i)) throw malformed();
  const seen = typeof n === "number" && Array.isArray(b) ? { since: n, butFor: b.filter(isSessionId) } : undefined;
  const end = { activity: t, sessionId: i, seen };
  if (encode(end, f) !== cursor) throw malformed();
  if (f !== fingerprint(filters)) throw otherList();
  return end;
}

function encode({ activity, sessionId, seen }: PageEnd, filters: string): string {
  const fields = { v: VERSION, f: filters, t: activity, i: sessionId, ...(seen && { n: seen.since, b: seen.butFor }) };
  const sum = fingerprint(JSON.stringify(fields));
  return Buffer.from(JSON.stringify({ ...fields, s: sum })).toString("base64url");
}

/** Fields of a short cursor, in order, with their lengths. */
const SHORT_BYTES = { sum: 4, filters: 4, time: 6, id: 16 } as const;
const SHORT_UNITS = 40;
const TIMES = 2 ** (8 * SHORT_BYTES.time);

/** Returns undefined if it does not fit into 30 bytes: an id that is not in lower case, a time before 1970. */
function encodeShort({ activity, sessionId, seen }: PageEnd, filters: string): string | undefined {
  const fits = Number.isInteger(activity) && activity >= 0 && activity < TIMES;
  if (seen !== undefined || !fits || sessionId !== sessionId.toLowerCase()) return undefined;
  const time = activity.toString(16).padStart(2 * SHORT_BYTES.time, "0");
  return shortText(`${shortPrint(filters)}${time}${sessionId.replaceAll("-", "")}`);
}

/** Puts a checksum before the fields. `fields`: hexadecimal. */
const shortText = (fields: string): string =>
  Buffer.from(`${shortPrint(`${VERSION} ${fields}`)}${fields}`, "hex").toString("base64url");

const shortPrint = (text: string): string => fingerprint(text).slice(0, 2 * SHORT_BYTES.sum);

function decodeShort(cursor: string, filters: string): PageEnd {
  const bytes = Buffer.from(cursor, "base64url");
  let at: number = SHORT_BYTES.sum;
  const next = (length: number): string => bytes.toString("hex", at, (at += length));
  const [list, time, id] = [next(SHORT_BYTES.filters), next(SHORT_BYTES.time), next(SHORT_BYTES.id)];
  if (shortText(`${list}${time}${id}`) !== cursor) throw malformed();
  if (list !== shortPrint(filters)) throw otherList();
  const sessionId = id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return { activity: Number.parseInt(time, 16), sessionId, seen: undefined };
}

function fieldsOf(cursor: unknown): JsonObject {
  if (typeof cursor !== "string" || cursor.length > CURSOR_UNITS) throw malformed();
  try {
    return membersOf(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    throw malformed();
  }
}

const otherList = (): InvalidCursorError => new InvalidCursorError("it belongs to another list");
const malformed = (): InvalidCursorError => new InvalidCursorError("it was not made by this program");

/** Returns two hashes of a text, with different seeds. Not cryptographic: forging them gains nothing. */
const fingerprint = (text: string): string =>
  [fnvHash(text), fnvHash(text, 0x9e3779b9)].map((half) => half.toString(16).padStart(8, "0")).join("");
