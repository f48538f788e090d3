import { waitWhileBusy } from "../../servers/grace.ts";
import { PendingRequests } from "../../servers/pending-requests.ts";

/** A JSON-RPC message, as far as it has to be known here. */
interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/** The requests of a client that were not answered yet. */
export class OpenCalls {
  readonly #pending = new PendingRequests();

  received(message: Message): void {
    const { id, method, params } = message;
    if (typeof method !== "string") return;
    if (id !== undefined) this.#pending.add(id);
    // What was cancelled is never answered.
    else if (method === "notifications/cancelled" && typeof params === "object" && params !== null)
      this.#pending.settle("requestId" in params ? params.requestId : undefined);
  }

  sent(message: Message): void {
    if (message.method === undefined) this.#pending.settle(message.id);
  }

  /** Resolves when none is open, or when nobody works on those that are: they wait for what will never come. */
  async finished(): Promise<void> {
    await waitWhileBusy(this.#pending.none());
  }
}

/** Resolves when all that was written has left the process; also when nobody takes it, after a while. */
export async function flushed(output: NodeJS.WritableStream): Promise<void> {
  await waitWhileBusy(new Promise<void>((resolve) => void output.write("", () => resolve())));
}
