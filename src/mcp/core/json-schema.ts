import * as z from "zod";

/** Returns the JSON Schema of a tool's input or output, as clients read it. */
export function jsonSchemaOf(
  schema: z.ZodObject,
  io: "input" | "output",
): Record<string, unknown> & { type: "object" } {
  const json = z.toJSONSchema(schema, {
    io,
    target: "draft-7",
    // Every optional member may also be null; saying so for each would double the length of the list.
    override: ({ jsonSchema, zodSchema }) => {
      const { type, ...meta } = z.globalRegistry.get(zodSchema) ?? {};
      // The schema itself made the output, so it has all required members and no others. Those of rows, and the items of lists, explain themselves.
      if (io === "output") {
        delete jsonSchema.additionalProperties;
        delete jsonSchema.required;
        if (zodSchema !== schema) delete jsonSchema.properties;
        delete jsonSchema.items;
      }
      if (io !== "input") return;
      const given = jsonSchema.anyOf?.filter((one) => typeof one !== "object" || one.type !== "null");
      if (type !== undefined) {
        delete jsonSchema.anyOf;
        Object.assign(jsonSchema, { type, ...meta });
      } else if (given?.length === 1 && typeof given[0] === "object") {
        delete jsonSchema.anyOf;
        Object.assign(jsonSchema, given[0]);
      }
    },
  });
  // These schemas mean the same in every dialect, and naming one in each takes a tenth of the list.
  const { $schema: _dialect, ...rest } = json;
  return { ...rest, type: "object" };
}
