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

/** Returns the `result` message with the highest cost, which grows within a session. Undefined without a cost. */
export function highestResult(messages: readonly JsonObject[]): JsonObject | undefined {
  let highest: JsonObject | undefined;
  for (const message of messages) {
    if (message["type"] !== "result" || asObject(message["modelUsage"]) === undefined) continue;
    if (costOf(message) >= 0 && costOf(message) >= costOf(highest ?? {})) highest = message;
  }
  return highest;
}

/**
 * Makes the row in which Claude Code keeps what a session has cost, from a `result` message. It goes on from there when the
 * session is resumed. `startTime`: epoch ms.
 */
export function costRow(
  result: JsonObject,
  { sessionId, startTime }: { readonly sessionId: string; readonly startTime: number },
): JsonObject {
  const usages = Object.entries(membersOf(result["modelUsage"])).map(([model, usage]) => [
    model,
    Object.fromEntries(KEPT.map((key) => [key, numberOf(membersOf(usage)[key])])),
  ]);
  const apiDuration = numberOf(result["duration_api_ms"]);
  return {
    type: "cost-state",
    sessionId,
    totalCostUSD: costOf(result),
    totalAPIDuration: apiDuration,
    totalAPIDurationWithoutRetries: apiDuration,
    totalToolDuration: 0,
    totalLinesAdded: 0,
    totalLinesRemoved: 0,
    totalDuration: numberOf(result["duration_ms"]),
    startTime,
    modelUsage: Object.fromEntries(usages) as JsonObject,
    hasUnknownModelCost: false,
  };
}

const costOf = ({ total_cost_usd: cost }: JsonObject): number => (isAmount(cost) ? cost : -1);

const isAmount = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;

const numberOf = (value: unknown): number => (isAmount(value) ? value : 0);
