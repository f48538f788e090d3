import type { OpenSubagents, Subagent } from "../../store/read/subagents.ts";
import type { Sidecars } from "../../view/parts.ts";
import { SUBAGENT_DEPTH } from "../rim/message-limits.ts";
import type { Store } from "../../store/open/open-store.ts";
import { type SubagentStep, Translator } from "./to-acp.ts";
import type { SendUpdate } from "../wire/update-writer.ts";

/**
 * Sends the tool calls of subagents, each after the call that started it and marked with it. A subagent's transcript is
 * read row by row when its call is shown, and only once. `close` it.
 */
export class NestedCalls {
  readonly #store: Store;
  readonly #sessionId: string;
  readonly #sidecars: Sidecars;
  readonly #send: SendUpdate;
  readonly #signal: AbortSignal;
  #found: Promise<Found> | undefined;

  /** `sidecars`: what stands in other files, of the session and of its subagents. */
  constructor(
    store: Store,
    sessionId: string,
    sidecars: Sidecars,
    { send, signal }: { readonly send: SendUpdate; readonly signal: AbortSignal },
  ) {
    this.#store = store;
    this.#sessionId = sessionId;
    this.#sidecars = sidecars;
    this.#send = send;
    this.#signal = signal;
  }

  /**
   * Shows what a call started. `known`: the calls that are shown already; a subagent that began as a fork has them in its transcript,
   * too.
   */
  async show(step: SubagentStep, known: (id: string) => boolean, depth = 0): Promise<void> {
    if (depth >= SUBAGENT_DEPTH) return;
    this.#found ??= this.#find();
    const found = await this.#found;
    for (const subagent of found.take(step)) await this.#showOne(subagent, step, known, depth);
  }

  async close(): Promise<void> {
    const found = await this.#found?.catch(() => undefined);
    found?.open?.close();
  }

  async #showOne(subagent: Subagent, step: SubagentStep, known: (id: string) => boolean, depth: number): Promise<void> {
    const translator = new Translator({ sidecars: this.#sidecars, parent: { toolCallId: step.toolCallId, known } });
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

  async #find(): Promise<Found> {
    return new Found(await this.#store.subagents(this.#sessionId, { signal: this.#signal }));
  }

  /** What cannot be read is not shown: the call and its report stand in the main transcript. */
  async *#entries(subagent: Subagent): ReturnType<OpenSubagents["entries"]> {
    try {
      const { open } = (await this.#found) ?? {};
      if (open !== undefined) yield* open.entries(subagent, this.#signal);
    } catch (error) {
      if (this.#signal.aborted) throw error;
    }
  }
}

/** The subagents of a session that have not been shown yet, by what a call names. */
class Found {
  readonly open: OpenSubagents | undefined;
  readonly #byAgent = new Map<string, Subagent>();
  readonly #byCall = new Map<string, Subagent>();
  readonly #byRun = new Map<string, Subagent[]>();
  readonly #shown = new Set<Subagent>();

  constructor(open: OpenSubagents | undefined) {
    this.open = open;
    for (const one of open?.all ?? []) {
      const { agentId, toolUseId, workflow } = one;
      if (!this.#byAgent.has(agentId)) this.#byAgent.set(agentId, one);
      if (toolUseId !== null && !this.#byCall.has(toolUseId)) this.#byCall.set(toolUseId, one);
      if (workflow === undefined) continue;
      const run = this.#byRun.get(workflow);
      if (run === undefined) this.#byRun.set(workflow, [one]);
      else run.push(one);
    }
  }

  /** Those that a call started; each is given once. */
  *take({ toolCallId, agentId, runId }: SubagentStep): Generator<Subagent> {
    const run = runId === undefined ? [] : (this.#byRun.get(runId) ?? []);
    if (runId !== undefined) this.#byRun.delete(runId);
    const byAgent = agentId === undefined ? undefined : this.#byAgent.get(agentId);
    const one = runId === undefined ? (byAgent ?? this.#byCall.get(toolCallId)) : undefined;
    for (const subagent of one === undefined ? run : [one]) {
      if (this.#shown.has(subagent)) continue;
      this.#shown.add(subagent);
      yield subagent;
    }
  }
}
