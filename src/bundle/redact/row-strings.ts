import { isFormatKey, isLink } from "./format-names.ts";
import type { JsonString } from "./json-strings.ts";
import { isPicture } from "./picture-metadata.ts";

/** What is done with a string of a row. */
export type StringUse =
  /** An id, a time, a word or a key of the format: without it the rows are no session. Or a signature: nobody reads it. */
  | "kept"
  /** A name or an id of the format: only a secret is masked in it. */
  | "format"
  /** A key: a name is masked that is all of it. */
  | "key"
  | "text"
  /** A file in base64: a picture, or anything else. */
  | "picture"
  | "file";

/** Keys whose values are words of the format. */
const FORMAT_KEYS = new Set(
  "type role subtype userType entrypoint operation permissionMode mode level status stop_reason service_tier media_type mediaType model version speed caller trigger".split(
    " ",
  ),
);
const PLAIN_WORD = /^[a-z]{1,20}(?:[-_][a-z]{1,20}){0,4}$/i;
const FORMAT_WORD = /^[\w<][\w.:/<>-]{0,79}$/;

/** Shortest base64 that is looked into. */
const BASE64_UNITS = 64;
/** PNG, JPEG, GIF and WebP. */
const PICTURE_BEGINS = /^(?:iVBORw0KGgo|\/9j\/|R0lGOD|UklGR)/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Decides what is done with a decoded string of a row, or of another JSON document. */
export function useOf(text: string, { isKey, path }: JsonString): StringUse {
  if (isKey) return isFormatKey(text, path) ? "kept" : /[/\\]/.test(text) ? "text" : "key";
  const key = keyOf(path);
  if (isLink(key, text)) return "kept";
  if (FORMAT_KEYS.has(key) && FORMAT_WORD.test(text) && isOfFormat(path))
    return PLAIN_WORD.test(text) ? "kept" : "format";
  if (key === "name" && isToolName(path)) return "format";
  if (text.length < BASE64_UNITS) return "text";
  const isFile = key === "data" || key === "base64" || key === "blob";
  if (!(isFile || key === "signature" || PICTURE_BEGINS.test(text)) || !BASE64.test(text)) return "text";
  if (key === "signature" && path.length > 2 && path[0] === "message") return "kept";
  if (isPicture(Buffer.from(text.slice(0, 24), "base64"))) return "picture";
  return isFile ? "file" : "text";
}

/** Reports whether a value is one of a row, a message or a block: not in the input of a tool, nor in its result. */
const isOfFormat = (path: readonly string[]): boolean =>
  path.length === 1 ||
  (path.length === 2 && path[1] === "type") ||
  (path[0] === "message" && path.slice(1, -1).every((key) => AROUND_FORMAT.has(key)));
const AROUND_FORMAT = new Set(["content", "[]", "source", "usage", "caller"]);

/** Returns the key of a value, or of the list that it is an item of. */
function keyOf(path: readonly string[]): string {
  const key = path.at(-1) ?? "";
  return key === "[]" ? (path.at(-2) ?? "") : key;
}

/** `message.content[].name`: the tool that is called. */
const isToolName = (path: readonly string[]): boolean =>
  path.length === 4 && path[0] === "message" && path[1] === "content" && path[2] === "[]";
