import type { Subagent } from "../store/subagents.ts";
import type { Beside } from "../view/parts.ts";
import { SUBAGENT_DEPTH } from "./limits.ts";
import type { Store } from "./store.ts";
import { type SubagentStep, Translator } from "./to-acp.ts";
import type { SendUpdate } from "./update-lines.ts";

/**
 * Sends the tool calls of subagents, each behind the call that started it and marked with it. A subagent's transcript is
 * read row by row when its call is shown, and only once.
 */
export class NestedCalls {
  readonly #store: Store;
  readonly #sessionId: string;
  readonly #beside: Beside;
  readonly #send: SendUpdate;
  readonly #signal: AbortSignal;
  readonly #shown = new Set<Subagent>();
  #subagents: Promise<readonly Subagent[]> | undefined;

  /** `beside`: what stands in other files, of the session and of its subagents. */
  constructor(
    store: Store,
    sessionId: string,
    beside: Beside,
    { send, signal }: { readonly send: SendUpdate; readonly signal: AbortSignal },
  ) {
    this.#store = store;
    this.#sessionId = sessionId;
    this.#beside = beside;
    this.#send = send;
    this.#signal = signal;
  }

  /**
   * Shows what a call started. `known`: the calls that are shown already; a subagent that began as a fork has them in its transcript,
   * too.
   */
  async show(step: SubagentStep, known: (id: string) => boolean, depth = 0): Promise<void> {
    if (depth >= SUBAGENT_DEPTH) return;
    for (const subagent of await this.#find(step)) {
      if (this.#shown.has(subagent)) continue;
      this.#shown.add(subagent);
      await this.#showOne(subagent, step, known, depth);
    }
  }

  async #showOne(subagent: Subagent, step: SubagentStep, known: (id: string) => boolean, depth: number): Promise<void> {
    const translator = new Translator({ beside: this.#beside, parent: { toolCallId: step.toolCallId, known } });
    const knownBelow = (id: string): boolean => known(id) || translator.calls.get(id) !== undefined;
    const give = async (steps: ReturnType<Translator["translate"]>): Promise<void> => {
      for (const one of steps) {
        this.#signal.throwIfAborted();
        if ("sessionUpdate" in one) await this.#send(one);
        else await this.show(one, knownBelow, depth + 1);
      }
    };
    for await (const entry of this.#entries(subagent)) await give(translator.translate(entry));
    await give(translator.end());
  }

  async #find({ toolCallId, agentId, runId }: SubagentStep): Promise<readonly Subagent[]> {
    this.#subagents ??= this.#store.subagents(this.#sessionId);
    const all = await this.#subagents;
    if (runId !== undefined) return all.filter(({ workflow }) => workflow === runId);
    const found = all.find((one) => one.agentId === agentId) ?? all.find((one) => one.toolUseId === toolCallId);
    return found === undefined ? [] : [found];
  }

  /** What cannot be read is not shown: the call and its report stand in the main transcript. */
  async *#entries(subagent: Subagent): ReturnType<Store["subagentEntries"]> {
    try {
      yield* this.#store.subagentEntries(subagent, { signal: this.#signal });
    } catch (error) {
      if (this.#signal.aborted) throw error;
    }
  }
}
