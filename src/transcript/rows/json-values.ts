/** Readers of parsed JSON. A transcript may hold any value in any place, so each says what it makes of a wrong one. */

/** A JSON object: a row, or a part of one. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Returns the value if it is an object that is not an array. */
export const asObject = (value: unknown): JsonObject | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

/** Returns the value if it is a string. */
export const asString = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Returns the members of an object; none of any other value. */
export const membersOf = (value: unknown): JsonObject => asObject(value) ?? {};

/** Returns the objects in an array, without its other items; none of any other value. */
export const objectsIn = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter((item): item is JsonObject => asObject(item) !== undefined) : [];

/** Returns the content of a message as blocks: a string is one text block. */
export const blocksOf = (content: unknown): JsonObject[] =>
  typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content);
