import { shortId } from "../rim/size-limit.ts";
import type { NamedCall } from "../tools/tool-result.ts";

export interface ShownCall extends NamedCall {
  /** The id it was shown under. */
  readonly toolCallId: string;
  readonly messageId: string;
  input: NamedCall["input"];
  /** Whether its result is still missing. */
  open: boolean;
}

/** Tool calls of a conversation by id, with only the members that their results need. */
export class ToolCalls {
  readonly #calls = new Map<string, ShownCall>();
  /** Open calls by the ids they are shown under. A call whose id is reused before its result arrives stays open. */
  readonly #open = new Map<string, ShownCall>();
  #reused = 0;

  /** Returns the last call with an id. */
  get(id: string): ShownCall | undefined {
    return this.#calls.get(id);
  }

  /** Registers a call. Returns the id to show it under, a new one if another message used its own; undefined if known. */
  add(id: string, messageId: string, call: NamedCall): string | undefined {
    const before = this.#calls.get(id);
    if (before?.messageId === messageId) return undefined;
    const toolCallId = before === undefined ? shortId(id) : `${shortId(id)}#${++this.#reused}`;
    const { name, input, cwd } = call;
    const shown: ShownCall = { name, input, cwd, toolCallId, messageId, open: true };
    this.#calls.set(id, shown);
    this.#open.set(toolCallId, shown);
    return toolCallId;
  }

  /** Closes a call whose result has arrived, and releases its input. */
  answer(id: string): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.input = NO_INPUT;
    call.open = false;
    this.#open.delete(call.toolCallId);
  }

  /** Returns the calls without a result, in their order. */
  open(): ShownCall[] {
    return [...this.#open.values()];
  }
}

const NO_INPUT = {};
