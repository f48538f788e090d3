import * as z from "zod";
import { notedLine } from "../../view/sanitise.ts";
import { echoed } from "./quote.ts";

/** Makes a schema for a limit. Accepts text and null, which models send too; `clamped` brings it into range. */
export const limit = (
  max: number,
  byDefault: number,
  minimum = 1,
): z.ZodType<number, number | string | null | undefined> =>
  z
    .union([z.number(), z.string().regex(/^-?\d+$/, "must be a whole number")])
    .nullish()
    .transform((value) => (value == null ? byDefault : Math.trunc(Number(value))))
    .meta({ type: "integer", minimum, maximum: max, default: byDefault });

/** Brings a number into range; the notes say so if that changed it. */
export function clamped(
  given: number,
  name: string,
  { min = 1, max }: { readonly min?: number; readonly max: number },
): { readonly value: number; readonly notes: readonly string[] } {
  const value = Math.min(Math.max(given, min), max);
  return { value, notes: value === given ? [] : [`${name} ${given} is out of range; ${value} was used.`] };
}

/** Makes a schema for an optional argument: null, which models send too, counts as absent. */
function optional<T>(schema: z.ZodType<T, T>, description?: string): z.ZodType<T | undefined, T | null | undefined> {
  const absent = schema.nullish().transform((value) => value ?? undefined);
  return description === undefined ? absent : absent.describe(description);
}

export const text = (description?: string): z.ZodType<string | undefined, string | null | undefined> =>
  optional(z.string(), description);

export const flag = (description?: string): z.ZodType<boolean | undefined, boolean | null | undefined> =>
  optional(z.boolean(), description);

/** Says what is wrong with the arguments of a call, and which arguments the tool has. */
export function inputProblem(tool: string, input: z.ZodObject, error: z.ZodError): string {
  const problemText = (issue: z.core.$ZodIssue): string => {
    if (issue.code === "unrecognized_keys") return `there is no argument ${listed(issue.keys, ", ", echoed)}`;
    const at = issue.path.join(".");
    return notedLine(at === "" ? issue.message : `${at}: ${issue.message}`);
  };
  const known = Object.keys(input.shape).join(", ") || "none";
  return `Invalid arguments for ${tool}: ${listed(error.issues, "; ", problemText)}. Its arguments: ${known}.`;
}

/** Maximum problems named of one kind: a call may have any number of wrong arguments. */
const MAX_NAMED = 10;

function listed<T>(all: readonly T[], separator: string, text: (one: T) => string): string {
  const more = all.length > MAX_NAMED ? `${separator}and ${all.length - MAX_NAMED} more` : "";
  return all.slice(0, MAX_NAMED).map(text).join(separator) + more;
}
