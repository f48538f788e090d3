import { asString } from "../../transcript/rows/json-values.ts";
import { ChargeReader } from "../extract/charges.ts";
import type { Charge } from "../extract/extracted.ts";
import { timeOf } from "../extract/row-time.ts";
import { objectsOf } from "./message-helpers.ts";
import { LONG_INPUT, loadPrices, toMicros } from "./prices.ts";

/** Cost of messages. */
export interface MessageCost {
  /** Micro-dollars: millionths of a dollar. */
  readonly cost: number;
  /** Whether `cost` is Claude Code's own figure, from a `result` message. */
  readonly isReported: boolean;
  /** Tokens of models without a known price, which are not in `cost`. */
  readonly unpricedTokens: number;
  readonly unpricedModels: readonly string[];
  /** Requests that may have cost more: their last message is missing, or a factor of their price is unknown. */
  readonly lowerBounds: number;
}

/**
 * Returns what the messages cost. `result` messages have Claude Code's own figure, which grows within a session: the highest
 * one of each session counts. Without one, each request counts once, by its last message. Loads the prices.
 */
export async function calculateCost(messages: Iterable<unknown>): Promise<MessageCost> {
  const reported = new Map<string, number>();
  const charges = new Map<string, { readonly session: string; readonly charge: Charge }>();
  const reader = new ChargeReader();
  for (const message of objectsOf(messages)) {
    const session = asString(message["session_id"]) ?? asString(message["sessionId"]) ?? "";
    const total = message["total_cost_usd"];
    if (message["type"] === "result" && typeof total === "number" && total >= 0)
      reported.set(session, Math.max(reported.get(session) ?? 0, total));
    if (message["type"] !== "assistant") continue;
    const time = timeOf(message["timestamp"]);
    const charge = reader.read(message, Number.isNaN(time) ? 0 : Math.floor(time / 1000));
    if (charge !== undefined) charges.set(charge.key, { session, charge });
  }
  const computed = [...charges.values()].filter(({ session }) => !reported.has(session));
  const ofCharges = await costOfCharges(computed.map(({ charge }) => charge));
  const ofResults = [...reported.values()].reduce((sum, usd) => sum + Math.round(usd * 1e6), 0);
  return { ...ofCharges, cost: ofResults + ofCharges.cost, isReported: reported.size > 0 };
}

/** Returns what requests cost by the prices of their day. Loads the prices, if there are any requests. */
export async function costOfCharges(charges: readonly Charge[]): Promise<Omit<MessageCost, "isReported">> {
  const prices = charges.length === 0 ? undefined : await loadPrices();
  let pico = 0n;
  let unpricedTokens = 0;
  let lowerBounds = 0;
  const unpricedModels = new Set<string>();
  for (const charge of charges) {
    const long = charge.input + charge.w5 + charge.w1h + charge.read > LONG_INPUT;
    const cost = prices?.costOf({ ...charge, long });
    if (cost === undefined) continue;
    pico += cost.pico;
    unpricedTokens += cost.unpriced;
    if (cost.unpriced > 0) unpricedModels.add(charge.model);
    if (cost.isLower || charge.lower) lowerBounds++;
  }
  return { cost: toMicros(pico), unpricedTokens, unpricedModels: [...unpricedModels].sort(), lowerBounds };
}
