/** Readers of parsed JSON. A transcript may have any value anywhere, so each says what it returns for a wrong one. */

/** JSON object: a row, or a part of one. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Returns the value if it is an object that is not an array. */
export const asObject = (value: unknown): JsonObject | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

/** Parses JSON; undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the value if it is a string. */
export const asString = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Returns an object as it is, and an empty one for any other value. */
export const membersOf = (value: unknown): JsonObject => asObject(value) ?? {};

/** Returns the objects in an array, without its other items; an empty array for any other value. */
export const objectsIn = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter((item): item is JsonObject => asObject(item) !== undefined) : [];

/**
 * Returns the content of a message as blocks. A string is a text block, also in a list; a block need not be in a list; and
 * any other value but null is a block without a type, so that it is not overlooked.
 */
export function blocksOf(content: unknown): JsonObject[] {
  if (typeof content === "string") return [textBlock(content)];
  const items: readonly unknown[] = Array.isArray(content) ? content : [content];
  if (items.every((item) => asObject(item) !== undefined)) return items as JsonObject[];
  return items
    .filter((item) => item !== undefined && item !== null)
    .map((item) => (typeof item === "string" ? textBlock(item) : membersOf(item)));
}

const textBlock = (text: string): JsonObject => ({ type: "text", text });
