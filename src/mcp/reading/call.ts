import { limit } from "../core/input.ts";

const DEFAULT = 8000;
const MOST = 20_000;
/** What stands around the messages takes up to half of it. */
const LEAST = 400;

export const tokenLimit = limit(MOST, DEFAULT).describe("Budget of the whole answer.");

/** What both reading tools make of their last two arguments. */
export function readingCall(
  maxTokens: number,
  format: "text" | "json" | null | undefined,
): { readonly budget: number; readonly notes: string[]; readonly again: Record<string, unknown> } {
  const budget = Math.min(Math.max(maxTokens, LEAST), MOST);
  return {
    budget,
    notes: budget === maxTokens ? [] : [`maxTokens ${maxTokens} is out of range; ${budget} was used.`],
    again: { ...(budget !== DEFAULT && { maxTokens: budget }), ...(format === "json" && { format }) },
  };
}
