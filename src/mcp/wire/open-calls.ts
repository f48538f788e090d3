import { waitWhileBusy } from "../../servers/grace.ts";
import { PendingRequests } from "../../servers/pending-requests.ts";

/** Members of a JSON-RPC message that matter here. */
interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/** Requests of a client without an answer so far. */
export class OpenCalls {
  readonly #pending = new PendingRequests();

  received(message: Message): void {
    const { id, method, params } = message;
    if (typeof method !== "string") return;
    if (id !== undefined) this.#pending.add(id);
    // A cancelled request gets no answer.
    else if (method === "notifications/cancelled" && typeof params === "object" && params !== null)
      this.#pending.settle("requestId" in params ? params.requestId : undefined);
  }

  sent(message: Message): void {
    if (message.method === undefined) this.#pending.settle(message.id);
  }

  /** Resolves when none is pending, or the process is idle: some may wait for an answer of the client, which is gone. */
  async finished(): Promise<void> {
    await waitWhileBusy(this.#pending.none());
  }
}

/** Resolves when everything written has left the process, or it is idle: the client may not read any more. */
export async function flushed(output: NodeJS.WritableStream): Promise<void> {
  await waitWhileBusy(new Promise<void>((resolve) => void output.write("", () => resolve())));
}
