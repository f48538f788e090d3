import type { OpenConversation } from "../../store/read/open-conversation.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { Context } from "../core/context.ts";
import type { Store } from "../../open/open-store.ts";
import { Conversation } from "./row-names.ts";

/** Maximum conversations open between calls. Memory is some 180 bytes for each of their rows. */
const MAX_OPEN = 4;
/** Time without a call after which they are closed. */
const IDLE_MS = 60_000;

interface Entry {
  readonly key: string;
  readonly opening: Promise<Conversation>;
  readonly stop: AbortController;
  /** Calls that wait for it, or use it. */
  users: number;
  /** No longer in the cache: its last user closes it. */
  evicted: boolean;
}

const caches = new WeakMap<Store, ConversationCache>();

interface OpenOptions extends Partial<Pick<Context, "progress">> {
  readonly agentId: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Calls `work` with an open conversation. It stays open for the next pages, because opening reads the whole transcript; a file
 * that has changed is opened again. Throws errors of `store.conversation`, and `signal.reason`.
 */
export async function withConversation<T>(
  store: Store,
  copy: TranscriptCopy,
  { agentId, signal, progress }: OpenOptions,
  work: (conversation: Conversation) => Promise<T>,
): Promise<T> {
  let cache = caches.get(store);
  if (cache === undefined) caches.set(store, (cache = new ConversationCache()));
  const entry = await cache.acquire(
    `${copy.path}\u0000${agentId ?? ""}`,
    (stop) =>
      store.conversation(copy, {
        agentId,
        signal: stop,
        // The call that opened it may end while others still wait.
        progress: (done, total) => (signal.aborted ? undefined : progress?.(done, total, "reading the transcript")),
      }),
    signal,
  );
  try {
    return await work(await entry.opening);
  } finally {
    (await entry.opening).open.forget();
    cache.release(entry);
  }
}

class ConversationCache {
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #idle: NodeJS.Timeout | undefined;

  /** Returns an entry whose conversation is open and up to date. */
  async acquire(
    key: string,
    open: (signal: AbortSignal) => Promise<OpenConversation>,
    signal: AbortSignal,
  ): Promise<Entry> {
    for (;;) {
      const known = this.#entries.get(key);
      const entry = known ?? this.#open(key, open);
      entry.users++;
      const ready = await this.#wait(entry, signal);
      // A conversation opened by this call is up to date.
      if (known === undefined || ready.open.isCurrent()) return entry;
      this.#evict(entry);
      this.release(entry);
    }
  }

  release(entry: Entry): void {
    entry.users--;
    if (entry.users > 0) return;
    if (entry.evicted) void close(entry);
    else this.#closeWhenIdle();
  }

  #open(key: string, open: (signal: AbortSignal) => Promise<OpenConversation>): Entry {
    const stop = new AbortController();
    const opening = open(stop.signal).then((it) => Conversation.of(it, stop.signal));
    const entry: Entry = { key, opening, stop, users: 0, evicted: false };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Waits for the conversation. If the only waiting call is cancelled, opening it stops. */
  async #wait(entry: Entry, signal: AbortSignal): Promise<Conversation> {
    let leave: (() => void) | undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason as Error);
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave);
    });
    try {
      const conversation = await Promise.race([entry.opening, left]);
      this.#entries.delete(entry.key);
      if (!entry.evicted) this.#entries.set(entry.key, entry);
      for (const [, oldest] of this.#entries) {
        if (this.#entries.size <= MAX_OPEN) break;
        if (oldest !== entry) this.#evict(oldest);
      }
      return conversation;
    } catch (error) {
      if (entry.users === 1) {
        this.#evict(entry);
        entry.stop.abort(error);
      }
      this.release(entry);
      throw error;
    } finally {
      if (leave !== undefined) signal.removeEventListener("abort", leave);
    }
  }

  #evict(entry: Entry): void {
    entry.evicted = true;
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    if (entry.users === 0) void close(entry);
  }

  #closeWhenIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      for (const entry of this.#entries.values()) if (entry.users === 0) this.#evict(entry);
    }, IDLE_MS).unref();
  }
}

/** Closes a conversation if it was opened; an error of opening went to those who waited. */
const close = ({ opening }: Entry): Promise<void> =>
  opening.then(
    ({ open }) => open.close(),
    () => undefined,
  );
