import type { SessionUsage } from "../catalog/facts/session-facts.ts";
import type { Usage, UsageCounts, UsageGrouping } from "../catalog/stats/usage-types.ts";
import { formatActive, formatCost, formatCount, grouped } from "./figures.ts";
import { notedLine } from "./sanitise.ts";

/** Returns the number of tokens of all kinds. */
export const tokensOf = ({ tokens }: UsageCounts): number =>
  Object.values(tokens).reduce((sum, count) => sum + count, 0);

/** Formats a cost, with ≥ if it may be higher. */
export const boundedCost = ({
  cost,
  lowerBounds,
  unpricedTokens,
}: Pick<UsageCounts, "cost" | "lowerBounds" | "unpricedTokens">): string =>
  `${lowerBounds > 0 || unpricedTokens > 0 ? "≥" : ""}${formatCost(cost)}`;

/** Formats the cost of a session, with ≥ if it may be higher, ? if it is not known. */
export function sessionCost(usage: SessionUsage | undefined): string {
  if (usage === undefined) return "?";
  return usage.isComplete ? boundedCost(usage) : `≥${formatCost(usage.cost)}`;
}

/** Says in a few words what was done in a session and what it cost, leaving out what is zero. */
export function sessionUsageWords(usage: SessionUsage): string[] {
  const { toolCalls, active, requests } = usage;
  return [
    ...(toolCalls === 0 ? [] : [toolCalls === 1 ? "1 tool call" : `${grouped(toolCalls)} tool calls`]),
    ...(active === 0 ? [] : [`${formatActive(active)} active`]),
    ...(requests === 0 && usage.cost === 0 ? [] : [sessionCost(usage)]),
  ];
}

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
export function usageRemarks({
  totals,
  prices,
}: {
  readonly totals: Pick<UsageCounts, "unpricedTokens" | "unpricedModels" | "lowerBounds" | "unrecordedCost">;
  readonly prices: Usage["prices"];
}): string[] {
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
