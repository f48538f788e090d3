import { hash } from "node:crypto";
import { asObject, asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import type { Charge } from "./extracted.ts";

/** Name of the model of messages that the CLI wrote itself. They cost nothing. */
export const SYNTHETIC = "<synthetic>";

/** Maximum length of a name that comes from a file: of a model, a branch, a tool. */
const NAME_UNITS = 200;

export const nameOf = (value: unknown): string => (asString(value) ?? "").slice(0, NAME_UNITS);

/** Reads charges from assistant rows. Remembers the last key, since a message is usually several rows in a row. */
export class ChargeReader {
  #ids = "";
  #key = "";

  /** Returns the charge of an assistant row; undefined if it has none. `ts`: epoch seconds. */
  read(row: JsonObject, ts: number): Charge | undefined {
    const message = membersOf(row["message"]);
    const { id, model } = message;
    const usage = asObject(message["usage"]);
    if (usage === undefined || typeof id !== "string" || id === "" || model === SYNTHETIC) return undefined;
    const created = membersOf(usage["cache_creation"]);
    const w1h = count(created["ephemeral_1h_input_tokens"]);
    // Older rows do not say for how long the cache lives: five minutes was the only choice.
    const w5 = Math.max(count(usage["cache_creation_input_tokens"]) - w1h, count(created["ephemeral_5m_input_tokens"]));
    return {
      key: this.#keyOf(id, asString(row["requestId"]) ?? ""),
      ts,
      model: nameOf(model),
      variant: variantOf(usage),
      branch: nameOf(row["gitBranch"]),
      input: count(usage["input_tokens"]),
      output: count(usage["output_tokens"]),
      w5,
      w1h,
      read: count(usage["cache_read_input_tokens"]),
      web: count(membersOf(usage["server_tool_use"])["web_search_requests"]),
      lower: typeof message["stop_reason"] !== "string",
    };
  }

  #keyOf(messageId: string, requestId: string): string {
    const ids = `${messageId}\n${requestId}`;
    if (ids !== this.#ids) {
      this.#ids = ids;
      this.#key = hash("sha256", ids, "base64url").slice(0, KEY_UNITS);
    }
    return this.#key;
  }
}

/** 72 bits: no two of a billion messages have the same key by chance. */
const KEY_UNITS = 12;

/** Returns a number of tokens; 0 for anything that is not one. */
const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);

/** Regions that cost the same as none. */
const NO_REGION: ReadonlySet<string> = new Set(["", "global", "not_available"]);

function variantOf({ speed, inference_geo: geo }: JsonObject): string {
  const region = nameOf(geo);
  if (speed !== "fast") return NO_REGION.has(region) ? "" : region;
  return NO_REGION.has(region) ? "fast" : `fast ${region}`;
}
