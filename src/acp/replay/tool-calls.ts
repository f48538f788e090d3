import { shortId } from "../rim/size-limit.ts";
import type { NamedCall } from "../tools/tool-result.ts";

/** A call that was shown. */
export interface Call extends NamedCall {
  /** The id it was shown under. */
  readonly toolCallId: string;
  /** The message it is a part of. */
  readonly messageId: string;
  /** Its result has not come. */
  readonly open: boolean;
}

interface KnownCall extends Call {
  input: NamedCall["input"];
  open: boolean;
}

/** The tool calls of a conversation by their ids, with no more than their results need. */
export class Calls {
  readonly #calls = new Map<string, KnownCall>();
  /** By the ids they were shown under: a call whose id is used again before its result comes has none any more. */
  readonly #open = new Map<string, KnownCall>();
  #again = 0;

  /** The call of an id: the last one, where ids are not what they should be. */
  get(id: string): Call | undefined {
    return this.#calls.get(id);
  }

  /**
   * Takes up a call and gives the id to show it under, which is another where two messages use one id; undefined when the
   * message's call is known.
   */
  add(id: string, messageId: string, call: NamedCall): string | undefined {
    const before = this.#calls.get(id);
    if (before?.messageId === messageId) return undefined;
    const toolCallId = before === undefined ? shortId(id) : `${shortId(id)}#${++this.#again}`;
    const { name, input, cwd } = call;
    const shown: KnownCall = { name, input, cwd, toolCallId, messageId, open: true };
    this.#calls.set(id, shown);
    this.#open.set(toolCallId, shown);
    return toolCallId;
  }

  /** The result has come: what it needed is let go. */
  answer(id: string): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.input = NO_INPUT;
    call.open = false;
    this.#open.delete(call.toolCallId);
  }

  /** The calls without a result, in the order they came. */
  open(): Call[] {
    return [...this.#open.values()];
  }
}

const NO_INPUT = {};
