import * as z from "zod";
import { notedLine } from "../../view/sanitise.ts";
import { echoed } from "./quote.ts";

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
  const problemText = (issue: z.core.$ZodIssue): string => {
    if (issue.code === "unrecognized_keys") return `there is no argument ${listed(issue.keys, ", ", echoed)}`;
    const at = issue.path.join(".");
    return notedLine(at === "" ? issue.message : `${at}: ${issue.message}`);
  };
  const known = Object.keys(input.shape).join(", ") || "none";
  return `${tool} could not be called so: ${listed(error.issues, "; ", problemText)}. Its arguments: ${known}.`;
}

/** Of each kind: a call may be wrong in as many places as it has. */
const PROBLEMS = 10;

function listed<T>(all: readonly T[], between: string, text: (one: T) => string): string {
  const more = all.length > PROBLEMS ? `${between}and ${all.length - PROBLEMS} more` : "";
  return all.slice(0, PROBLEMS).map(text).join(between) + more;
}
