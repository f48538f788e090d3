import { withinGrace } from "../../servers/grace.ts";

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
    if (this.#ids.size > 0) await withinGrace(new Promise<void>((resolve) => (this.#tell = resolve)));
  }

  #close(id: unknown): void {
    this.#ids.delete(id);
    if (this.#ids.size === 0) this.#tell?.();
  }
}

/** Resolves when all that was written has left the process; also when nobody takes it, after a while. */
export async function flushed(output: NodeJS.WritableStream): Promise<void> {
  await withinGrace(new Promise<void>((resolve) => void output.write("", () => resolve())));
}
