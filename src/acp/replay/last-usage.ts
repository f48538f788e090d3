import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { membersOf } from "../../transcript/rows/json-values.ts";
import type { Store } from "../../open/open-store.ts";
import { Usage } from "./usage.ts";

/** Maximum answers that are read, from the end. One of the last few records its usage. */
const ANSWERS = 32;

/** Returns how full the context was at the end of a session (acp-coverage.md O7); undefined if unknown. */
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
      for (const at of answers.reverse()) usage.add(membersOf(conversation.entry(at).message.message));
      return usage.update();
    } finally {
      conversation.close();
    }
  } catch {
    // A resume can do without it.
    return undefined;
  }
}
