import { asObject, type JsonObject } from "../../transcript/rows/json-values.ts";
import { isValueTooLarge, LONG_ROW } from "../../transcript/rows/long-row.ts";
import { MESSAGE_LEVELS, ROW_BYTES } from "../../transcript/rows/limits.ts";
import { InvalidArgumentError } from "../errors.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";

/** Room in a row for what it has beside its message. */
const AROUND_BYTES = 64 * 1024;

/**
 * Returns messages as JSON has them; of a stream all, when it has ended. Throws `InvalidArgumentError` for one that JSON cannot
 * hold, that has no `type`, or that is too long to be read again, and what the stream throws.
 */
export async function plainMessages(
  messages: Iterable<unknown> | AsyncIterable<unknown>,
  signal: AbortSignal | undefined,
): Promise<JsonObject[]> {
  const given: object = Object(messages);
  if (typeof messages === "string" || !(Symbol.iterator in given || Symbol.asyncIterator in given))
    throw new InvalidArgumentError("messages", "messages must be a list or a stream of the messages of a session");
  const plain: JsonObject[] = [];
  for await (const message of messages) {
    signal?.throwIfAborted();
    plain.push(plainMessage(message, plain.length));
    if (isTurnOver()) await yieldToEventLoop(signal);
  }
  signal?.throwIfAborted();
  return plain;
}

function plainMessage(message: unknown, at: number): JsonObject {
  const json = jsonOf(message, at);
  const bytes = json.length > LONG_ROW ? Buffer.from(json) : undefined;
  if (bytes !== undefined && (bytes.length > ROW_BYTES - AROUND_BYTES || isValueTooLarge(bytes, 0, bytes.length)))
    throw invalid(at, `is too large: ${bytes.length} bytes`);
  const value = asObject(JSON.parse(json));
  if (typeof value?.["type"] !== "string") throw invalid(at, "must be an object with a type");
  if (isDeeper(value, MESSAGE_LEVELS)) throw invalid(at, `is nested more than ${MESSAGE_LEVELS} levels deep`);
  return value;
}

/** Reports whether a value has more levels of objects and lists than `levels`. */
function isDeeper(value: object, levels: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === levels) return true;
    level = level.flatMap((one) =>
      Object.values(one).filter((item): item is object => typeof item === "object" && item !== null),
    );
  }
  return false;
}

function jsonOf(message: unknown, at: number): string {
  try {
    return JSON.stringify(message) ?? "null";
  } catch (error) {
    throw invalid(at, `cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const invalid = (at: number, why: string): InvalidArgumentError =>
  new InvalidArgumentError("messages", `messages[${at}] ${why}`);
