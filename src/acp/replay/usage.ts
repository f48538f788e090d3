import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";

/**
 * Context windows by model family, in tokens, as CLI 2.1.329 knows them. No row says which window a session ran with:
 * where a family has two, the larger one is in force once more than the smaller was in it.
 */
const WINDOWS: readonly (readonly [family: RegExp, size: number, largest: number])[] = [
  [/(?:^|[./])claude-(?:fable|mythos|opus|sonnet|haiku)-5(?!\d)/, 1_000_000, 1_000_000],
  [/(?:^|[./])claude-opus-4-[78](?!\d)/, 1_000_000, 1_000_000],
  [/(?:^|[./])claude-opus-4-6(?!\d)/, 200_000, 1_000_000],
  [/(?:^|[./])claude-sonnet-4(?!\d)/, 200_000, 1_000_000],
  [/(?:^|[./])claude-(?:opus|haiku)-4(?!\d)/, 200_000, 200_000],
  [/(?:^|[./])claude-3(?!\d)/, 200_000, 200_000],
];

/** How full the model's context is: looks at every assistant row of the main conversation, in order. */
export class Usage {
  #model = "";
  #used = 0;
  #most = 0;

  /** Tells of an assistant row's `message`. */
  saw(message: JsonObject): void {
    const model = asString(message["model"]);
    const usage = membersOf(message["usage"]);
    // What the CLI says itself (`<synthetic>`) was no call of a model.
    if (model === undefined || model.startsWith("<")) return;
    const used = USED.reduce((sum, key) => sum + count(usage[key]), 0);
    if (used === 0) return;
    if (model !== this.#model) this.#most = 0;
    this.#model = model;
    this.#used = used;
    this.#most = Math.max(this.#most, used);
  }

  /** The update for the end of a load; undefined where the size of the window is not known (acp-coverage.md O7). */
  update(): SessionUpdate | undefined {
    const [, size = 0, largest = 0] = WINDOWS.find(([family]) => family.test(this.#model)) ?? [];
    const window = this.#most > size || /\[1m\]$/i.test(this.#model) ? largest : size;
    // More than the table allows: the table is wrong of this model.
    return window === 0 || this.#most > window
      ? undefined
      : { sessionUpdate: "usage_update", used: this.#used, size: window };
  }
}

/** Everything that was in the context for this answer, and the answer, which is in it for the next. */
const USED = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"];

const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);
