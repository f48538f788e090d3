import type { ContentBlock, SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { META } from "../rim/from-acp.ts";

type Chunk = Extract<
  SessionUpdate,
  { sessionUpdate: "user_message_chunk" | "agent_message_chunk" | "agent_thought_chunk" }
>;

/**
 * Puts a blank line between neighbouring messages of one role, as a last chunk of the first of them: a client that does
 * not tell messages apart by their ids joins what it is sent. The messages themselves stay as they are.
 */
export class Separator {
  /** The last chunk that nothing with a place of its own in a conversation has followed. */
  #last: Chunk | undefined;

  /** The steps of one row, with what separates them from each other and from those before. */
  between<Step extends object>(steps: Step[]): (Step | Chunk)[] {
    let separated: (Step | Chunk)[] | undefined;
    for (let at = 0; at < steps.length; at++) {
      const step = steps[at] as Step;
      const gap = this.#before(step);
      if (gap !== undefined) (separated ??= steps.slice(0, at)).push(gap);
      separated?.push(step);
    }
    return separated ?? steps;
  }

  #before(step: object): Chunk | undefined {
    const last = this.#last;
    if (!isChunk(step)) {
      if (hasItsPlace(step)) this.#last = undefined;
      return undefined;
    }
    this.#last = step;
    if (last === undefined || last.sessionUpdate !== step.sessionUpdate || last.messageId === step.messageId)
      return undefined;
    const text = missing(last.content);
    if (text === "") return undefined;
    const { sessionUpdate, messageId } = last;
    return {
      sessionUpdate,
      ...(messageId !== undefined && { messageId }),
      content: { type: "text", text },
      _meta: { [META]: { separator: true } },
    };
  }
}

/** What a text lacks of a blank line at its end. */
function missing(content: ContentBlock): string {
  if (content.type !== "text") return "\n\n";
  return content.text.endsWith("\n\n") ? "" : content.text.endsWith("\n") ? "\n" : "\n\n";
}

const CHUNKS: ReadonlySet<unknown> = new Set(["user_message_chunk", "agent_message_chunk", "agent_thought_chunk"]);

const isChunk = (step: object): step is Chunk => "sessionUpdate" in step && CHUNKS.has(step.sessionUpdate);

/** A call stands between the messages around it, and so do the calls of a subagent. */
const hasItsPlace = (step: object): boolean => !("sessionUpdate" in step) || step.sessionUpdate === "tool_call";
