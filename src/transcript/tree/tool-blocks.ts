import { asObject, type JsonObject, objectsIn } from "../rows/json-values.ts";

/** Returns the blocks of a row's message; none if its content is text. */
export function contentOf(row: JsonObject): readonly JsonObject[] {
  return objectsIn(asObject(row["message"])?.["content"]);
}

/** Returns the ids of the tool calls in a row. */
export const callIds = (row: JsonObject): string[] => idsOf(row, "tool_use", "id");

/** Returns the ids of the tool calls whose results are in a row. */
export const answeredIds = (row: JsonObject): string[] => idsOf(row, "tool_result", "tool_use_id");

/** Whether a row has the result of a tool call. */
export const hasResult = (row: JsonObject): boolean => contentOf(row).some(({ type }) => type === "tool_result");

const idsOf = (row: JsonObject, type: string, key: string): string[] =>
  contentOf(row).flatMap((block) => {
    const id = block["type"] === type ? block[key] : undefined;
    return typeof id === "string" ? [id] : [];
  });
