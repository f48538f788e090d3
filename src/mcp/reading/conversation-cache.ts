import type { OpenConversation } from "../../store/read/open-conversation.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { Context } from "../core/context.ts";
import type { Store } from "../../store/open/open-store.ts";
import { Conversation } from "./row-names.ts";

/** Conversations that lie open between calls: memory is some 180 bytes a row of each. */
const KEPT = 4;
/** After so long without a call they are closed. */
const IDLE_MS = 60_000;

interface Entry {
  readonly key: string;
  readonly opening: Promise<Conversation>;
  readonly stop: AbortController;
  /** Calls that wait for it, or work with it. */
  users: number;
  /** No call will find it any more: the last one that uses it closes it. */
  gone: boolean;
}

const stores = new WeakMap<Store, Kept>();

interface OpenOptions extends Partial<Pick<Context, "progress">> {
  readonly agentId: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Works with a conversation that lies open. A transcript has to be known whole before its first message can be shown, so
 * it stays open for the pages that follow; nothing depends on that, and a file that has changed is opened again. Throws
 * what `store.conversation` throws, and `signal.reason`.
 */
export async function withConversation<T>(
  store: Store,
  copy: TranscriptCopy,
  { agentId, signal, progress }: OpenOptions,
  work: (conversation: Conversation) => Promise<T>,
): Promise<T> {
  let kept = stores.get(store);
  if (kept === undefined) stores.set(store, (kept = new Kept()));
  const entry = await kept.take(
    `${copy.path}\u0000${agentId ?? ""}`,
    (stop) =>
      store.conversation(copy, {
        agentId,
        signal: stop,
        // Others may wait for it still when the call that began it has ended.
        progress: (done, total) => (signal.aborted ? undefined : progress?.(done, total, "reading the transcript")),
      }),
    signal,
  );
  try {
    return await work(await entry.opening);
  } finally {
    (await entry.opening).open.forget();
    kept.release(entry);
  }
}

class Kept {
  /** The last used one stands last. */
  readonly #entries = new Map<string, Entry>();
  #idle: NodeJS.Timeout | undefined;

  /** An entry whose conversation is open, and is what the file is now. */
  async take(
    key: string,
    open: (signal: AbortSignal) => Promise<OpenConversation>,
    signal: AbortSignal,
  ): Promise<Entry> {
    for (;;) {
      const known = this.#entries.get(key);
      const entry = known ?? this.#begin(key, open);
      entry.users++;
      const ready = await this.#wait(entry, signal);
      // What was only opened for this call is as new as it can be.
      if (known === undefined || ready.open.isCurrent()) return entry;
      this.#forget(entry);
      this.release(entry);
    }
  }

  release(entry: Entry): void {
    entry.users--;
    if (entry.users > 0) return;
    if (entry.gone) void close(entry);
    else this.#rest();
  }

  #begin(key: string, open: (signal: AbortSignal) => Promise<OpenConversation>): Entry {
    const stop = new AbortController();
    const opening = open(stop.signal).then((it) => Conversation.of(it, stop.signal));
    const entry: Entry = { key, opening, stop, users: 0, gone: false };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Waits for the conversation; the last of those who wait stops the work when it is not wanted any more. */
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
      if (!entry.gone) this.#entries.set(entry.key, entry);
      for (const [, oldest] of this.#entries) {
        if (this.#entries.size <= KEPT) break;
        if (oldest !== entry) this.#forget(oldest);
      }
      return conversation;
    } catch (error) {
      if (entry.users === 1) {
        this.#forget(entry);
        entry.stop.abort(error);
      }
      this.release(entry);
      throw error;
    } finally {
      if (leave !== undefined) signal.removeEventListener("abort", leave);
    }
  }

  #forget(entry: Entry): void {
    entry.gone = true;
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    if (entry.users === 0) void close(entry);
  }

  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      for (const entry of this.#entries.values()) if (entry.users === 0) this.#forget(entry);
    }, IDLE_MS).unref();
  }
}

/** What could not be opened need not be closed: its error went to those who waited. */
async function close({ opening }: Entry): Promise<void> {
  await opening.then(
    ({ open }) => open.close(),
    () => undefined,
  );
}
