import type { Readable, Writable } from "node:stream";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ErrorCode, JSONRPCMessageSchema, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { LINE_BYTES, type LongLine, messageLines } from "../../servers/message-lines.ts";

/**
 * One JSON-RPC message a line, over a pair of streams. The SDK has such a transport too: it ends the connection at a line
 * that is too long, and copies a long one anew for each piece that arrives.
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
    this.#lines = messageLines(this.#input, (line) => this.#passOver(line)).on("data", this.#receive);
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

  #passOver({ id, method, length }: LongLine): void {
    const what = `A line of ${length} bytes was passed over: a message may have ${LINE_BYTES}`;
    this.onerror?.(new Error(what));
    // A notification wants no answer.
    if (id === undefined && method !== undefined) return;
    const error = { code: ErrorCode.InvalidRequest, message: what };
    // An answer of the client: whoever waits for it learns that there is none.
    if (id !== undefined && method === undefined) return this.onmessage?.({ jsonrpc: "2.0", id, error });
    void this.send({ jsonrpc: "2.0", id: id ?? null, error } as JSONRPCMessage);
  }
}
