import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  endOfString,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from "../../transcript/rows/json-scanner.ts";

/** A string of a JSON value: its place in the bytes, with its quotes, and where it is in the value. */
export interface JsonString {
  start: number;
  end: number;
  isKey: boolean;
  /** Where the object begins that a key is of. */
  object: number;
  /** Keys of the members around it, outermost first, `[]` for a list; of a key, without itself. Valid until the next one. */
  readonly path: readonly string[];
}

const CLOSE_BRACKET = 0x5d;
/** Longer keys are not compared with anything. */
const KEY_BYTES = 64;
const LIST = "[]";

/** Yields the same object for each string and key of a JSON value, which must be valid but for escapes and control characters. */
export function* stringsIn(bytes: Buffer, from: number, to: number): Generator<JsonString> {
  const path: string[] = [];
  const string: JsonString = { start: 0, end: 0, isKey: false, object: -1, path };
  const objects: number[] = [];
  let isKey = false;
  for (let i = from; i < to; i++) {
    switch (bytes[i] as number) {
      case QUOTE: {
        const end = endOfString(bytes, i + 1, to);
        if (end < 0) return;
        string.start = i;
        string.end = end;
        string.isKey = isKey;
        string.object = objects.at(-1) ?? -1;
        if (isKey) {
          const key = end - i <= KEY_BYTES ? bytes.toString("latin1", i + 1, end - 1) : "";
          const last = path.pop() as string;
          yield string;
          path.push(last === LIST ? last : key);
        } else yield string;
        i = end - 1;
        break;
      }
      case OPEN_BRACE:
        path.push("");
        objects.push(i);
        isKey = true;
        break;
      case OPEN_BRACKET:
        path.push(LIST);
        objects.push(-1);
        isKey = false;
        break;
      case COMMA:
        isKey = path.at(-1) !== LIST;
        break;
      case COLON:
        isKey = false;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        path.pop();
        objects.pop();
        isKey = false;
    }
  }
}
