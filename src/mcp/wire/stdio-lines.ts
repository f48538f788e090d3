import type { Readable, Writable } from "node:stream";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ErrorCode, JSONRPCMessageSchema, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { LINE_BYTES, type LongLine, messageLines } from "../../servers/message-lines.ts";

/**
 * Transport with one JSON-RPC message on each line. The SDK's own one closes the connection at a line that is too long, and
 * copies a long line again for each piece that arrives.
 */
export class StdioTransport implements Transport {
  onmessage?: NonNullable<Transport["onmessage"]>;
  onerror?: NonNullable<Transport["onerror"]>;
  onclose?: NonNullable<Transport["onclose"]>;

  readonly #input: Readable;
  readonly #output: Writable;
  #lines: Readable | undefined;

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
  }

  async start(): Promise<void> {
    this.#input.on("error", this.#fail);
    this.#lines = messageLines(this.#input, (line) => this.#refuse(line)).on("data", this.#receive);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#output.write(`${JSON.stringify(message)}\n`)) return;
    await new Promise<void>((resolve) => void this.#output.once("drain", resolve));
  }

  async close(): Promise<void> {
    this.#lines?.off("data", this.#receive);
    this.#input.unpipe();
    this.#input.off("error", this.#fail);
    this.#input.pause();
    this.onclose?.();
  }

  readonly #fail = (error: Error): void => this.onerror?.(error);

  readonly #receive = (line: string): void => {
    if (line.trim() === "") return;
    try {
      this.onmessage?.(JSONRPCMessageSchema.parse(JSON.parse(line)));
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
  };

  #refuse({ id, method, length }: LongLine): void {
    const message = `A message must have at most ${LINE_BYTES} bytes; one of ${length} was skipped`;
    this.onerror?.(new Error(message));
    // A notification gets no answer.
    if (id === undefined && method !== undefined) return;
    const error = { code: ErrorCode.InvalidRequest, message };
    // A response of the client: the request that waits for it fails.
    if (id !== undefined && method === undefined) return this.onmessage?.({ jsonrpc: "2.0", id, error });
    void this.send({ jsonrpc: "2.0", id: id ?? null, error } as JSONRPCMessage);
  }
}
