import { stringValue } from "./json-string.ts";
import { equals, type RowScan } from "./json-scanner.ts";

const COMMA = Buffer.from(",");
const COLON = Buffer.from(":");
const OPEN = Buffer.from("{");
const CLOSE = Buffer.from("}");
const TYPE = Buffer.from('"type"');
const BACKSLASH = 0x5c;

/**
 * A row that was scanned, with the keys of its members, and its type, written without escapes, which need then not be undone
 * wherever a key is looked for. All else stands as it stood, however deep it is nested.
 */
export function withPlainKeys(bytes: Buffer, { members, count }: RowScan): Buffer {
  const pieces: Buffer[] = [OPEN];
  for (let i = 0; i < count * 4; i += 4) {
    const key = plain(bytes, (members[i] as number) - 1, (members[i + 1] as number) + 1);
    const [start, end] = [members[i + 2] as number, members[i + 3] as number];
    if (i > 0) pieces.push(COMMA);
    pieces.push(key, COLON, equals(key, 0, key.length, TYPE) ? plain(bytes, start, end) : bytes.subarray(start, end));
  }
  pieces.push(CLOSE);
  return Buffer.concat(pieces);
}

/** JSON of a value; of a string with escapes in it as few as it needs. */
function plain(bytes: Buffer, start: number, end: number): Buffer {
  const json = bytes.subarray(start, end);
  if (!json.includes(BACKSLASH)) return json;
  const text = stringValue(bytes, start, end);
  return text === undefined ? json : Buffer.from(JSON.stringify(text));
}
