import type { ContentBlock, SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { TranscriptError } from "../../store/errors.ts";

/** A session that began here. It has no transcript, and is gone with the process. */
export interface NewSession {
  readonly sessionId: string;
  /** Absolute. */
  readonly cwd: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Of the last prompt, or of the beginning: epoch ms. */
  readonly activity: number;
  /** As a client set it. */
  readonly title: string | undefined;
  readonly archived: boolean;
  readonly forkedFrom: string | undefined;
  /** What was said, as a load shows it. */
  readonly updates: readonly SessionUpdate[];
}

/** The sessions that live in memory only: listed, loaded, forked and deleted like stored ones, while the process lives. */
export class NewSessions {
  readonly #sessions = new Map<string, NewSession>();

  get all(): readonly NewSession[] {
    return [...this.#sessions.values()];
  }

  get(sessionId: string): NewSession | undefined {
    return this.#sessions.get(sessionId);
  }

  /** Begins a session. Its id is one that a transcript may have. */
  begin(cwd: string): NewSession {
    return this.#add({ cwd, title: undefined, forkedFrom: undefined, updates: [] });
  }

  /**
   * Copies a session, up to and with the message `messageId` where it is given.
   *
   * @throws TranscriptError `MessageNotFound`
   */
  fork(source: NewSession, cwd: string, messageId: string | undefined): NewSession {
    const { sessionId, updates } = source;
    const end = messageId === undefined ? updates.length - 1 : updates.findLastIndex((it) => idOf(it) === messageId);
    if (messageId !== undefined && end < 0) {
      const message = `Message ${messageId} not found in session ${sessionId}`;
      throw new TranscriptError("MessageNotFound", message, { data: { sessionId, messageId } });
    }
    const title = source.title === undefined ? undefined : `${source.title} (fork)`;
    return this.#add({ cwd, title, forkedFrom: sessionId, updates: updates.slice(0, end + 1) });
  }

  /** Changes a session, which keeps its place in the list. */
  change(sessionId: string, change: Partial<Pick<NewSession, "title" | "archived">>): void {
    this.#replace(sessionId, change);
  }

  /** Keeps a prompt, one message of as many chunks as it has blocks. Nothing for a session that is stored. */
  prompted(sessionId: string, blocks: readonly ContentBlock[]): void {
    const messageId = crypto.randomUUID();
    const said = blocks.map((content): SessionUpdate => ({ sessionUpdate: "user_message_chunk", messageId, content }));
    this.#say(sessionId, said, { activity: Date.now() });
  }

  /** Keeps what was answered. */
  answered(sessionId: string, update: SessionUpdate): void {
    this.#say(sessionId, [update], {});
  }

  /** Whether there was one. */
  remove(sessionId: string): boolean {
    return this.#sessions.delete(sessionId);
  }

  #add(session: Pick<NewSession, "cwd" | "title" | "forkedFrom" | "updates">): NewSession {
    const now = Date.now();
    const added = { ...session, sessionId: crypto.randomUUID(), createdAt: now, activity: now, archived: false };
    this.#sessions.set(added.sessionId, added);
    return added;
  }

  #say(sessionId: string, said: readonly SessionUpdate[], change: Partial<NewSession>): void {
    const updates = this.#sessions.get(sessionId)?.updates;
    if (updates !== undefined) this.#replace(sessionId, { ...change, updates: [...updates, ...said] });
  }

  #replace(sessionId: string, change: Partial<NewSession>): void {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) this.#sessions.set(sessionId, { ...session, ...change });
  }
}

const idOf = (update: SessionUpdate): unknown => ("messageId" in update ? update.messageId : undefined);

/** Whether nothing was said in it yet, nor has anybody given it a title. */
export const isEmpty = ({ updates, title }: NewSession): boolean => updates.length === 0 && title === undefined;
