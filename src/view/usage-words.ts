import type { Usage, UsageCounts, UsageGrouping } from "../catalog/stats/usage-types.ts";
import { formatCost, formatCount } from "./figures.ts";
import { notedLine } from "./sanitise.ts";

/** Returns the number of tokens of all kinds. */
export const tokensOf = ({ tokens }: UsageCounts): number =>
  Object.values(tokens).reduce((sum, count) => sum + count, 0);

/** Formats a cost, with ≥ if it may be higher. */
export const boundedCost = ({ cost, lowerBounds, unpricedTokens }: UsageCounts): string =>
  `${lowerBounds > 0 || unpricedTokens > 0 ? "≥" : ""}${formatCost(cost)}`;

const NAMELESS: Readonly<Partial<Record<UsageGrouping, string>>> = {
  branch: "(no branch)",
  tag: "(no tag)",
  model: "(unnamed model)",
  tool: "(unnamed tool)",
};

/** Names a group without a name. */
export const namelessText = (by: UsageGrouping): string => NAMELESS[by] ?? "(unknown)";

/** Maximum number of models without a price that are named. */
const MAX_NAMED = 10;

/** Says what the figures lack, and by which prices they were made, in sentences. */
export function usageRemarks({ totals, prices }: Pick<Usage, "totals" | "prices">): string[] {
  const { unpricedTokens, unpricedModels, lowerBounds, unrecordedCost } = totals;
  const named = unpricedModels.slice(0, MAX_NAMED).map((model) => notedLine(model) || "an unnamed model");
  const more = unpricedModels.length > MAX_NAMED ? ` and ${unpricedModels.length - MAX_NAMED} more models` : "";
  return [
    ...(unpricedTokens === 0
      ? []
      : [
          `Without a known price, and not in the costs: ${formatCount(unpricedTokens)} tokens of ${named.join(", ")}${more}.`,
        ]),
    ...(lowerBounds === 0
      ? []
      : [
          `≥: ${lowerBounds === 1 ? "1 request" : `${lowerBounds} requests`} may have cost more, because the end is not in the transcript or a factor of the price is unknown.`,
        ]),
    ...(unrecordedCost === 0
      ? []
      : [
          `Included: ${formatCost(unrecordedCost)} that only Claude Code's own records have, such as requests for titles.`,
        ]),
    `Prices of ${prices.published}.`,
  ];
}
