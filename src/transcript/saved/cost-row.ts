import { asObject, type JsonObject, membersOf } from "../rows/json-values.ts";

/** Members of the usage of a model that Claude Code keeps. */
const KEPT = [
  "inputTokens",
  "outputTokens",
  "thinkingTokens",
  "cacheReadInputTokens",
  "cacheCreationInputTokens",
  "cacheCreationEphemeral5mInputTokens",
  "cacheCreationEphemeral1hInputTokens",
  "webSearchRequests",
  "costUSD",
];

/**
 * Makes the row in which Claude Code keeps what a session has cost, from the `result` message with the highest cost: costs grow
 * within a session. It goes on from there when the session is resumed. `startTime`: epoch ms. Undefined without such a message.
 */
export function costRow(
  messages: readonly JsonObject[],
  { sessionId, startTime }: { readonly sessionId: string; readonly startTime: number },
): JsonObject | undefined {
  let highest: JsonObject | undefined;
  for (const message of messages) {
    if (message["type"] !== "result" || asObject(message["modelUsage"]) === undefined) continue;
    if (costOf(message) >= 0 && costOf(message) >= costOf(highest ?? {})) highest = message;
  }
  if (highest === undefined) return undefined;
  const usages = Object.entries(membersOf(highest["modelUsage"])).map(([model, usage]) => [
    model,
    Object.fromEntries(KEPT.map((key) => [key, numberOf(membersOf(usage)[key])])),
  ]);
  const apiDuration = numberOf(highest["duration_api_ms"]);
  return {
    type: "cost-state",
    sessionId,
    totalCostUSD: costOf(highest),
    totalAPIDuration: apiDuration,
    totalAPIDurationWithoutRetries: apiDuration,
    totalToolDuration: 0,
    totalLinesAdded: 0,
    totalLinesRemoved: 0,
    totalDuration: numberOf(highest["duration_ms"]),
    startTime,
    modelUsage: Object.fromEntries(usages) as JsonObject,
    hasUnknownModelCost: false,
  };
}

const costOf = ({ total_cost_usd: cost }: JsonObject): number => (isAmount(cost) ? cost : -1);

const isAmount = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;

const numberOf = (value: unknown): number => (isAmount(value) ? value : 0);
