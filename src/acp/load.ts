import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import type { Store } from "./store.ts";
import { conversationTranslator } from "./to-acp.ts";

/**
 * Replays a session, first row to last, what stands before a compaction included (acp.md O3).
 *
 * `send` resolves when there is room for more output: a slow client holds the reader of the transcript here, and
 * nothing piles up in between. Nothing is sent after this resolves.
 *
 * @throws SessionNotFoundError when there is no such session
 */
export async function replay(
  store: Store,
  sessionId: string,
  send: (update: SessionUpdate) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const translate = conversationTranslator();
  for await (const entry of store.read(sessionId, { signal })) {
    for (const update of translate(entry)) {
      signal.throwIfAborted();
      await send(update);
    }
  }
}
