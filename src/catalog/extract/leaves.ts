import { asObject, type JsonObject } from "../../transcript/rows/json-values.ts";

/** Maximum number of values that are visited in one input or result. The CLI writes a few hundred at most. */
const MOST_VALUES = 1_000_000;

/** Members that hold no words: types, ids, and what only a program or the model can read. */
export const WORDLESS: ReadonlySet<string> = new Set([
  "blob",
  "cache_control",
  "citations",
  "encrypted_content",
  "encrypted_index",
  "encrypted_stdout",
  "id",
  "media_type",
  "mimeType",
  "signature",
  "tool_use_id",
  "type",
]);

/**
 * Returns all texts and numbers in a value, at any depth, in order, joined by newlines. `isInput`: all members count, since
 * they are the arguments of a call; otherwise `WORDLESS` members and encoded data are left out.
 */
export function leavesOf(value: unknown, isInput: boolean): string {
  if (typeof value === "string") return value;
  const found: string[] = [];
  const open: unknown[] = [value];
  for (let visited = 0; open.length > 0 && visited < MOST_VALUES; visited++) {
    const next = open.pop();
    if (typeof next === "string") found.push(next);
    else if (typeof next === "number") found.push(String(next));
    else if (Array.isArray(next)) for (let i = next.length - 1; i >= 0; i--) open.push(next[i]);
    else {
      const object = asObject(next);
      if (object === undefined) continue;
      const keys = Object.keys(object);
      for (let i = keys.length - 1; i >= 0; i--) {
        const key = keys[i] as string;
        if (isInput || (!WORDLESS.has(key) && !isEncoded(object, key))) open.push(object[key]);
      }
    }
  }
  return found.length === 1 ? (found[0] as string) : found.join("\n");
}

/** Whether a member is the data of an image or a document. */
function isEncoded(object: JsonObject, key: string): boolean {
  if (key === "data") return object["type"] !== "text";
  return key === "content" && (object["file_type"] === "image" || object["file_type"] === "pdf");
}
