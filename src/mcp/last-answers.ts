import { setTimeout as delay } from "node:timers/promises";

/** After the end of the input, answers under way may still go out until nothing has been computed for this long. */
const GRACE_MS = 400;
/** How often that is looked at. */
const STEP_MS = 50;

/** A JSON-RPC message, as far as it has to be known here. */
interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/** The requests of a client that were not answered yet. */
export class OpenCalls {
  readonly #ids = new Set<unknown>();
  #tell: (() => void) | undefined;

  received(message: Message): void {
    const { id, method, params } = message;
    if (typeof method !== "string") return;
    if (id !== undefined) this.#ids.add(id);
    // What was cancelled is never answered.
    else if (method === "notifications/cancelled" && typeof params === "object" && params !== null)
      this.#close("requestId" in params ? params.requestId : undefined);
  }

  sent(message: Message): void {
    if (message.method === undefined) this.#close(message.id);
  }

  /** Resolves when none is open, or when nobody works on those that are: they wait for what will never come. */
  async finished(): Promise<void> {
    const timer = new AbortController();
    this.#tell = () => timer.abort();
    if (this.#ids.size === 0) return;
    let used = computedMs();
    for (let idleMs = 0; idleMs < GRACE_MS && !timer.signal.aborted;) {
      await delay(STEP_MS, undefined, { signal: timer.signal }).catch(() => undefined);
      const before = used;
      used = computedMs();
      idleMs = used - before > STEP_MS / 10 ? 0 : idleMs + STEP_MS;
    }
  }

  #close(id: unknown): void {
    this.#ids.delete(id);
    if (this.#ids.size === 0) this.#tell?.();
  }
}

function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Resolves when all that was written has left the process; also when nobody takes it, after a while. */
export async function flushed(output: NodeJS.WritableStream): Promise<void> {
  const timer = new AbortController();
  const left = new Promise<void>((resolve) => {
    output.write("", () => resolve());
  });
  await Promise.race([left, delay(GRACE_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}
