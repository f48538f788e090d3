import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";

/**
 * Context windows by model family, in tokens, as in CLI 2.1.329. No row records the window of a session: if a family has
 * two, the larger one applies once the usage exceeds the smaller.
 */
const WINDOWS: readonly (readonly [family: RegExp, size: number, largest: number])[] = [
  [/(?:^|[./])claude-(?:fable|mythos|opus|sonnet|haiku)-5(?!\d)/, 1_000_000, 1_000_000],
  [/(?:^|[./])claude-opus-4-[78](?!\d)/, 1_000_000, 1_000_000],
  [/(?:^|[./])claude-opus-4-6(?!\d)/, 200_000, 1_000_000],
  [/(?:^|[./])claude-sonnet-4(?!\d)/, 200_000, 1_000_000],
  [/(?:^|[./])claude-(?:opus|haiku)-4(?!\d)/, 200_000, 200_000],
  [/(?:^|[./])claude-3(?!\d)/, 200_000, 200_000],
];

/** Computes how full the model's context is. Needs every assistant row of the main conversation, in order. */
export class Usage {
  #model = "";
  #used = 0;
  #most = 0;

  add(message: JsonObject): void {
    const model = asString(message["model"]);
    const usage = membersOf(message["usage"]);
    // Messages of the CLI itself (`<synthetic>`) are not calls of a model.
    if (model === undefined || model.startsWith("<")) return;
    const used = USED.reduce((sum, key) => sum + count(usage[key]), 0);
    if (used === 0) return;
    if (model !== this.#model) this.#most = 0;
    this.#model = model;
    this.#used = used;
    this.#most = Math.max(this.#most, used);
  }

  /** Returns the update for the end of a load; undefined if the size of the window is unknown (acp-coverage.md O7). */
  update(): SessionUpdate | undefined {
    const [, size = 0, largest = 0] = WINDOWS.find(([family]) => family.test(this.#model)) ?? [];
    const window = this.#most > size || /\[1m\]$/i.test(this.#model) ? largest : size;
    // A usage above the window means that the table is wrong for this model.
    return window === 0 || this.#most > window
      ? undefined
      : { sessionUpdate: "usage_update", used: this.#used, size: window };
  }
}

/** Counts that make up the context of the next answer: the context of this one, and the answer. */
const USED = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"];

const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);
