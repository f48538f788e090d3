import { ascii, equals, OPEN_BRACE, QUOTE, RowScan, scanObject } from "../rows/json-scanner.ts";
import { stringValue, withPlainKeys } from "../rows/json-string.ts";

/** Value of a member: its range in a buffer. */
export interface MemberRange {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Returns a member of a scanned row if its value begins with the byte; of several with the key, the last. */
export function memberRange(
  bytes: Buffer,
  scan: RowScan,
  key: MemberKey,
  opens: number = OPEN_BRACE,
): MemberRange | undefined {
  const plain = withoutEscapes(bytes, scan);
  let found: MemberRange | undefined;
  for (const at of membersWith(plain.bytes, plain.scan, key)) {
    const [start, end] = [plain.scan.members[at + 2] as number, plain.scan.members[at + 3] as number];
    found = plain.bytes[start] === opens ? { bytes: plain.bytes, start, end } : undefined;
  }
  return found;
}

/** Returns the uuid of a scanned row of any type. */
export function uuidIn(bytes: Buffer, scan: RowScan): string | undefined {
  const range = memberRange(bytes, scan, "uuid", QUOTE);
  return range && stringValue(range.bytes, range.start, range.end);
}

export type MemberKey = "uuid" | "parentUuid" | "message";

/** Returns a row with other values (JSON) for some of its members; all else stays byte for byte, unless a key has escapes. */
export function withMembers(bytes: Buffer, scan: RowScan, values: ReadonlyMap<MemberKey, string>): Buffer {
  const plain = withoutEscapes(bytes, scan);
  const edits = [...values].flatMap(([key, json]) =>
    membersWith(plain.bytes, plain.scan, key).map((at) => ({
      start: plain.scan.members[at + 2] as number,
      end: plain.scan.members[at + 3] as number,
      json,
    })),
  );
  const pieces: Buffer[] = [];
  let from = plain.scan.open;
  for (const { start, end, json } of edits.sort((a, b) => a.start - b.start)) {
    pieces.push(plain.bytes.subarray(from, start), Buffer.from(json));
    from = end;
  }
  pieces.push(plain.bytes.subarray(from, plain.scan.end));
  return Buffer.concat(pieces);
}

/** Returns a row whose keys can be compared as bytes, and its scan. */
function withoutEscapes(bytes: Buffer, scan: RowScan): { readonly bytes: Buffer; readonly scan: RowScan } {
  if (!scan.keyMayHaveEscapes) return { bytes, scan };
  const plain = withPlainKeys(bytes, scan);
  const own = new RowScan();
  return scanObject(plain, 0, plain.length, own) ? { bytes: plain, scan: own } : { bytes, scan };
}

/** Returns the places in `members` of the members with a key. */
function membersWith(bytes: Uint8Array, { members, count }: RowScan, key: MemberKey): number[] {
  const word = KEYS[key];
  const places: number[] = [];
  for (let i = 0; i < count * 4; i += 4)
    if (equals(bytes, members[i] as number, members[i + 1] as number, word)) places.push(i);
  return places;
}

const KEYS = { uuid: ascii("uuid"), parentUuid: ascii("parentUuid"), message: ascii("message") };
