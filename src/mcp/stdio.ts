import type { Readable, Writable } from "node:stream";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ErrorCode, JSONRPCMessageSchema, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { LongLine } from "./long-line.ts";

/** A longer line is answered with an error and passed over. The longest request that there is names a few ids and filters. */
export const LINE_BYTES = 16 * 1024 * 1024;
/** What is held for the line that is being read: grows with it, and goes back to this. */
const ROOM_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

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
  #room: Buffer = Buffer.allocUnsafe(ROOM_BYTES);
  #length = 0;
  #long: LongLine | undefined;

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
  }

  async start(): Promise<void> {
    this.#input.on("data", this.#read);
    this.#input.on("end", this.#endLine);
    this.#input.on("error", this.#fail);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#output.write(`${JSON.stringify(message)}\n`)) return;
    await new Promise<void>((resolve) => void this.#output.once("drain", resolve));
  }

  async close(): Promise<void> {
    this.#input.off("data", this.#read);
    this.#input.off("end", this.#endLine);
    this.#input.off("error", this.#fail);
    this.#input.pause();
    this.#length = 0;
    this.onclose?.();
  }

  readonly #fail = (error: Error): void => this.onerror?.(error);

  readonly #read = (chunk: Buffer): void => {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      this.#add(chunk.subarray(from, end));
      this.#endLine();
      from = end + 1;
    }
    this.#add(chunk.subarray(from));
  };

  #add(bytes: Buffer): void {
    if (this.#long !== undefined) return this.#long.scan(bytes);
    const length = this.#length + bytes.length;
    if (length > LINE_BYTES) {
      this.#long = new LongLine();
      this.#long.scan(this.#room.subarray(0, this.#length));
      this.#long.scan(bytes);
      return;
    }
    if (length > this.#room.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, Math.min(2 * this.#room.length, LINE_BYTES)));
      this.#room.copy(larger, 0, 0, this.#length);
      this.#room = larger;
    }
    bytes.copy(this.#room, this.#length);
    this.#length = length;
  }

  readonly #endLine = (): void => {
    const long = this.#long;
    const line = long === undefined ? this.#room.toString("utf8", 0, this.#length) : "";
    this.#long = undefined;
    this.#length = 0;
    if (this.#room.length > ROOM_BYTES) this.#room = Buffer.allocUnsafe(ROOM_BYTES);
    if (long !== undefined) this.#passOver(long);
    else if (line.trim() !== "") this.#receive(line);
  };

  #receive(line: string): void {
    try {
      this.onmessage?.(JSONRPCMessageSchema.parse(JSON.parse(line)));
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
  }

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
