import type { OpenSubagents, Subagent } from "../../store/read/subagents.ts";
import type { Sidecars } from "../../view/parts.ts";
import { push } from "../../transcript/tree/row-list.ts";
import { SUBAGENT_DEPTH } from "../rim/message-limits.ts";
import type { Store } from "../../open/open-store.ts";
import { type SubagentStep, Translator } from "./to-acp.ts";
import type { SendUpdate } from "../wire/update-writer.ts";

interface ParentSession {
  readonly store: Store;
  readonly sessionId: string;
  /** The other files of the session and of its subagents. */
  readonly sidecars: Sidecars;
  readonly send: SendUpdate;
  readonly signal: AbortSignal;
}

/** Sends the tool calls of subagents, marked with the call that started them. Reads each subagent once. Must be closed. */
export class SubagentCalls {
  readonly #parent: ParentSession;
  #unshown: Promise<Unshown> | undefined;

  constructor(parent: ParentSession) {
    this.#parent = parent;
  }

  /** Shows the subagents that a call started. `known`: calls shown before, which a subagent that is a fork repeats. */
  async show(step: SubagentStep, known: (id: string) => boolean, depth = 0): Promise<void> {
    if (depth >= SUBAGENT_DEPTH) return;
    const { store, sessionId, signal } = this.#parent;
    this.#unshown ??= store.subagents(sessionId, { signal }).then((open) => new Unshown(open));
    const unshown = await this.#unshown;
    for (const subagent of unshown.take(step)) await this.#showOne(subagent, step, known, depth);
  }

  async close(): Promise<void> {
    const unshown = await this.#unshown?.catch(() => undefined);
    unshown?.open?.close();
  }

  async #showOne(subagent: Subagent, step: SubagentStep, known: (id: string) => boolean, depth: number): Promise<void> {
    const { sidecars, send, signal } = this.#parent;
    const translator = new Translator({ sidecars, parent: { toolCallId: step.toolCallId, known } });
    const knownBelow = (id: string): boolean => known(id) || translator.calls.get(id) !== undefined;
    const sendAll = async (steps: ReturnType<Translator["translate"]>): Promise<void> => {
      for (const one of steps) {
        signal.throwIfAborted();
        if ("sessionUpdate" in one) await send(one);
        else await this.show(one, knownBelow, depth + 1);
      }
    };
    for await (const entry of this.#entries(subagent)) await sendAll(translator.translate(entry));
    await sendAll(translator.end());
  }

  /** Returns no entries if they cannot be read: the call and its report are in the main transcript. */
  async *#entries(subagent: Subagent): ReturnType<OpenSubagents["entries"]> {
    try {
      const { open } = (await this.#unshown) ?? {};
      if (open !== undefined) yield* open.entries(subagent, this.#parent.signal);
    } catch (error) {
      if (this.#parent.signal.aborted) throw error;
    }
  }
}

/** Finds the subagents of a session by the ids in a call, and returns each only once. */
class Unshown {
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
      if (workflow !== undefined) push(this.#byRun, workflow, one);
    }
  }

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
