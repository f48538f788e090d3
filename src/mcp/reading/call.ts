import { clamped, limit } from "../core/input.ts";

const DEFAULT_TOKENS = 8000;
const MAX_TOKENS = 20_000;
/** Header and footer take up to half of it. */
const MIN_TOKENS = 400;

export const tokenLimit = limit(MAX_TOKENS, DEFAULT_TOKENS).describe("Token budget of the answer.");

/** Reads the last two arguments of both reading tools. `again` has those that the next call must repeat. */
export function readingCall(
  maxTokens: number,
  format: "text" | "json" | null | undefined,
): { readonly budget: number; readonly notes: readonly string[]; readonly again: Record<string, unknown> } {
  const { value, notes } = clamped(maxTokens, "maxTokens", { min: MIN_TOKENS, max: MAX_TOKENS });
  return {
    budget: value,
    notes,
    again: { ...(value !== DEFAULT_TOKENS && { maxTokens: value }), ...(format === "json" && { format }) },
  };
}
