import { z } from "zod";

/** A number of things: out of range is brought into range, and told by `clamped`. Models send numbers as text, too, and null. */
export const limit = (most: number, otherwise: number): z.ZodType<number, number | string | null | undefined> =>
  z
    .union([z.number(), z.string().regex(/^-?\d+$/, "must be a whole number")])
    .nullish()
    .transform((value) => (value == null ? otherwise : Math.trunc(Number(value))))
    .meta({ type: "integer", minimum: 1, maximum: most, default: otherwise });

/** A limit as it was given, brought into range, and what to tell of that. */
export function clamped(given: number, most: number, name: string): { readonly value: number; readonly note?: string } {
  const value = Math.min(Math.max(given, 1), most);
  return value === given ? { value } : { value, note: `${name} ${given} is out of range; ${value} was used.` };
}

/** Members that may be left out: models send null for them as well. */
export const text = (description: string): z.ZodType<string | undefined, string | null | undefined> =>
  z
    .string()
    .nullish()
    .transform((value) => value ?? undefined)
    .describe(description);

export const flag = (description: string): z.ZodType<boolean | undefined, boolean | null | undefined> =>
  z
    .boolean()
    .nullish()
    .transform((value) => value ?? undefined)
    .describe(description);

/** What is wrong with the arguments, member by member, and which members there are. */
export function inputProblem(tool: string, input: z.ZodObject, error: z.ZodError): string {
  const problems = error.issues.map((issue) => {
    if (issue.code === "unrecognized_keys") return `there is no argument ${issue.keys.join(", ")}`;
    const at = issue.path.join(".");
    return at === "" ? issue.message : `${at}: ${issue.message}`;
  });
  const known = Object.keys(input.shape).join(", ") || "none";
  return `${tool} could not be called so: ${problems.join("; ")}. Its arguments: ${known}.`;
}

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
