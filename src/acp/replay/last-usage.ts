import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { membersOf } from "../../transcript/rows/json-values.ts";
import type { Store } from "../../store/open/open-store.ts";
import { Usage } from "./usage.ts";

/** Answers that are looked at: of the last few one says how full the context was. */
const ANSWERS = 32;

/**
 * How full the context was when a session was left, for a client that goes on without its history (acp-coverage.md O7). Undefined
 * where that is not known. Never throws: whoever resumes a session has not asked for it.
 */
export async function lastUsage(
  store: Store,
  sessionId: string,
  signal: AbortSignal,
): Promise<SessionUpdate | undefined> {
  try {
    const conversation = await store.conversation(sessionId, { signal });
    try {
      const answers: number[] = [];
      for (let at = conversation.length - 1; at >= 0 && answers.length < ANSWERS; at--) {
        const { kind, branch } = conversation.facts(at);
        if (kind === "assistant" && branch === 0) answers.push(at);
      }
      const usage = new Usage();
      for (const at of answers.reverse()) usage.saw(membersOf(conversation.entry(at).message.message));
      return usage.update();
    } finally {
      conversation.close();
    }
  } catch {
    return undefined;
  }
}
