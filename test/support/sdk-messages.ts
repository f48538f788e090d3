import fc from "fast-check";

/** A message of the Agent SDK's stream. */
export type SdkMessage = { readonly type: string; readonly [key: string]: unknown };

export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const MODEL = "claude-sonnet-4-5-20250929";
const USAGE = { input_tokens: 1000, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 100 };

/** Makes messages as a program gets them from the SDK. Each has a uuid that tells its number. */
export class Stream {
  readonly #session: string;
  #count = 0;

  constructor(session: string) {
    this.#session = session;
  }

  init(cwd: string): SdkMessage {
    return this.#as({ type: "system", subtype: "init", cwd, model: MODEL, claude_code_version: "2.1.329", tools: [] });
  }

  user(content: unknown, more: object = {}): SdkMessage {
    return this.#as({ type: "user", message: { role: "user", content }, parent_tool_use_id: null, ...more });
  }

  answer(content: readonly object[], more: object = {}): SdkMessage {
    const id = `msg_${String(++this.#count).padStart(4, "0")}`;
    const message = { id, type: "message", role: "assistant", model: MODEL, content, stop_reason: null, usage: USAGE };
    return this.#as({ type: "assistant", message, parent_tool_use_id: null, ...more });
  }

  result(usd: number): SdkMessage {
    const usage = { inputTokens: 1000, outputTokens: 100, costUSD: usd, contextWindow: 200_000 };
    return this.#as({
      type: "result",
      subtype: "success",
      duration_ms: 1200,
      duration_api_ms: 900,
      is_error: false,
      num_turns: 1,
      result: "Done",
      total_cost_usd: usd,
      usage: USAGE,
      modelUsage: { [MODEL]: usage },
      permission_denials: [],
    });
  }

  other(message: SdkMessage): SdkMessage {
    return this.#as(message);
  }

  #as(message: SdkMessage): SdkMessage {
    const uuid = `5a5eba5e-0000-4000-8000-${String(++this.#count).padStart(12, "0")}`;
    return { ...message, session_id: this.#session, uuid };
  }
}

const anyUuid = fc.oneof(fc.uuid(), fc.constantFrom("not-a-uuid", "5a5eba5e-0000-4000-8000-000000000001"));
const anyBlock = fc.oneof(
  fc.record({ type: fc.constant("text"), text: fc.string({ unit: "binary" }) }),
  fc.record({ type: fc.constant("tool_use"), id: fc.string(), name: fc.string(), input: fc.jsonValue() }),
  fc.record({ type: fc.constant("tool_result"), tool_use_id: fc.string(), content: fc.jsonValue() }),
);
const anyCall = fc.constantFrom(null, "toolu_1", "toolu_2");

/** Any messages, of known and unknown types, with and without what the types demand. */
export const anyMessages: fc.Arbitrary<SdkMessage[]> = fc.array(
  fc.oneof(
    fc.record(
      {
        type: fc.constantFrom("user", "assistant"),
        message: fc.oneof(
          fc.record({ role: fc.constantFrom("user", "assistant"), content: fc.oneof(fc.string(), fc.array(anyBlock)) }),
          fc.jsonValue(),
        ),
        parent_tool_use_id: anyCall,
        uuid: anyUuid,
        session_id: fc.string(),
        timestamp: fc.constantFrom("2026-08-01T10:00:00.000Z", "soon"),
        isSynthetic: fc.boolean(),
        isReplay: fc.boolean(),
        tool_use_result: fc.jsonValue(),
        supersedes: fc.array(anyUuid, { maxLength: 2 }),
        error: fc.constantFrom("rate_limit", null),
      },
      { requiredKeys: ["type"] },
    ),
    fc.record(
      {
        type: fc.constantFrom("system", "result", "stream_event", "conversation_reset", "claude-transcripts-message"),
        subtype: fc.constantFrom("init", "compact_boundary", "success"),
        uuid: anyUuid,
        cwd: fc.constantFrom("/w", ""),
        total_cost_usd: fc.double(),
        modelUsage: fc.dictionary(fc.string(), fc.jsonValue()),
        compact_metadata: fc.jsonValue(),
      },
      { requiredKeys: ["type"] },
    ),
    fc.tuple(fc.string(), fc.dictionary(fc.string(), fc.jsonValue())).map(([type, rest]) => ({ ...rest, type })),
  ),
  { maxLength: 12 },
);
