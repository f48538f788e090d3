import type { ContentBlock, SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { TranscriptError } from "../../store/errors.ts";

/** A session that was created by `session/new`. It has no transcript and ends with the process. */
export interface MemorySession {
  readonly sessionId: string;
  /** Absolute. */
  readonly cwd: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Time of the last prompt, or of the creation: epoch ms. */
  readonly activity: number;
  /** As a client set it. */
  readonly title: string | undefined;
  readonly archived: boolean;
  readonly forkedFrom: string | undefined;
  /** The conversation, as a load replays it. */
  readonly updates: readonly SessionUpdate[];
}

/** Sessions in memory: listed, loaded, forked and deleted like stored ones while the process runs. */
export class MemorySessions {
  readonly #sessions = new Map<string, MemorySession>();

  get all(): readonly MemorySession[] {
    return [...this.#sessions.values()];
  }

  get(sessionId: string): MemorySession | undefined {
    return this.#sessions.get(sessionId);
  }

  /** Begins a session. Its id has the form of a transcript's. */
  begin(cwd: string): MemorySession {
    return this.#add({ cwd, title: undefined, forkedFrom: undefined, updates: [] });
  }

  /** Copies a session, up to and including the message `messageId` if it is given. Throws `MessageNotFound`. */
  fork(source: MemorySession, cwd: string, messageId: string | undefined): MemorySession {
    const { sessionId, updates } = source;
    const end = messageId === undefined ? updates.length - 1 : updates.findLastIndex((it) => idOf(it) === messageId);
    if (messageId !== undefined && end < 0) {
      const message = `Message ${messageId} not found in session ${sessionId}`;
      throw new TranscriptError("MessageNotFound", message, { data: { sessionId, messageId } });
    }
    const title = source.title === undefined ? undefined : `${source.title} (fork)`;
    return this.#add({ cwd, title, forkedFrom: sessionId, updates: updates.slice(0, end + 1) });
  }

  /** Changes members of a session. Does nothing for a stored one. */
  change(sessionId: string, change: Partial<MemorySession>): void {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) this.#sessions.set(sessionId, { ...session, ...change });
  }

  /** Adds a prompt, as one message with a chunk for each block. Does nothing for a stored session. */
  prompted(sessionId: string, blocks: readonly ContentBlock[]): void {
    const messageId = crypto.randomUUID();
    const said = blocks.map((content): SessionUpdate => ({ sessionUpdate: "user_message_chunk", messageId, content }));
    this.#append(sessionId, said, { activity: Date.now() });
  }

  answered(sessionId: string, update: SessionUpdate): void {
    this.#append(sessionId, [update], {});
  }

  /** Removes a session. Returns whether there was one. */
  remove(sessionId: string): boolean {
    return this.#sessions.delete(sessionId);
  }

  #add(session: Pick<MemorySession, "cwd" | "title" | "forkedFrom" | "updates">): MemorySession {
    const now = Date.now();
    const added = { ...session, sessionId: crypto.randomUUID(), createdAt: now, activity: now, archived: false };
    this.#sessions.set(added.sessionId, added);
    return added;
  }

  #append(sessionId: string, said: readonly SessionUpdate[], change: Partial<MemorySession>): void {
    const updates = this.#sessions.get(sessionId)?.updates;
    if (updates !== undefined) this.change(sessionId, { ...change, updates: [...updates, ...said] });
  }
}

const idOf = (update: SessionUpdate): unknown => ("messageId" in update ? update.messageId : undefined);
