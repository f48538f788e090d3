import type { ContentBlock } from "@agentclientprotocol/sdk/unstable";
import { META } from "../rim/from-acp.ts";
import type { Chunk } from "../rim/size-limit.ts";

/** Separates adjacent messages of one role by a blank line, since clients that ignore message ids join them. */
export class Separator {
  /** The last chunk, unless a tool call followed it. */
  #last: Chunk | undefined;

  /** Returns the steps of one row with separators between them, and before them if necessary. */
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
      if (isCall(step)) this.#last = undefined;
      return undefined;
    }
    this.#last = step;
    if (last === undefined || last.sessionUpdate !== step.sessionUpdate || last.messageId === step.messageId)
      return undefined;
    const text = missingBreaks(last.content);
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

/** Returns the line breaks that a text needs to end with a blank line. */
function missingBreaks(content: ContentBlock): string {
  if (content.type !== "text") return "\n\n";
  return content.text.endsWith("\n\n") ? "" : content.text.endsWith("\n") ? "\n" : "\n\n";
}

const CHUNKS: ReadonlySet<unknown> = new Set(["user_message_chunk", "agent_message_chunk", "agent_thought_chunk"]);

const isChunk = (step: object): step is Chunk => "sessionUpdate" in step && CHUNKS.has(step.sessionUpdate);

/** Returns whether a step separates messages: a tool call, or the calls of a subagent. */
const isCall = (step: object): boolean => !("sessionUpdate" in step) || step.sessionUpdate === "tool_call";
