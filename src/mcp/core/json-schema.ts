import * as z from "zod";

/** The JSON Schema of what a tool takes or gives, as clients read it. */
export function jsonSchemaOf(
  schema: z.ZodObject,
  io: "input" | "output",
): Record<string, unknown> & { type: "object" } {
  const json = z.toJSONSchema(schema, {
    io,
    target: "draft-7",
    // Whoever may leave a member out may also send null for it; saying so of each would make the list twice as long.
    override: ({ jsonSchema, zodSchema }) => {
      const { type, ...meta } = z.globalRegistry.get(zodSchema) ?? {};
      // What is sent is what the schema made of it: it has no other members anyway.
      if (io === "output") delete jsonSchema.additionalProperties;
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
  // Every dialect reads these schemas alike, and naming one of them two dozen times takes a tenth of the list.
  const { $schema: _dialect, ...rest } = json;
  return { ...rest, type: "object" };
}
