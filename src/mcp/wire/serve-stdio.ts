import type { Readable, Writable } from "node:stream";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Tables } from "../core/server-definition.ts";
import type { Service } from "../core/service.ts";
import { flushed, OpenCalls } from "./open-calls.ts";
import { connect } from "./sdk-adapter.ts";
import { StdioTransport } from "./stdio-lines.ts";

/**
 * Speaks MCP on a pair of streams; resolves when the input has ended, and what was asked for before has been answered, or
 * when the connection was closed.
 */
export async function serveStdio(tables: Tables, service: Service, input: Readable, output: Writable): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    input.once("end", resolve);
    input.once("close", resolve);
  });
  // Each answer that waits for the client to read listens for it: of those there may be as many as there are calls.
  output.setMaxListeners(0);
  const calls = new OpenCalls();
  const transport = new StdioTransport(input, output);
  // A handler of messages that is there already is called by the SDK before its own.
  const send = transport.send.bind(transport);
  Object.assign(transport, {
    onmessage: (message: object) => calls.received(message),
    async send(message: JSONRPCMessage): Promise<void> {
      const sending = send(message);
      calls.sent(message);
      await sending;
    },
  });
  const connection = await connect(tables, service, transport, { stateless: false });
  await Promise.race([ended, connection.closed]);
  await calls.finished();
  await flushed(output);
  await connection.close();
}
