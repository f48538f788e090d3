import type { Readable, Writable } from "node:stream";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { ServerDefinition } from "../core/server-definition.ts";
import type { Service } from "../core/service.ts";
import { flushed, OpenCalls } from "./open-calls.ts";
import { connect } from "./sdk-adapter.ts";
import { StdioTransport } from "./stdio-lines.ts";

/** Serves MCP on a pair of streams. Resolves when the input has ended and pending requests are answered, or the connection was closed. */
export async function serveStdio(
  definition: ServerDefinition,
  service: Service,
  input: Readable,
  output: Writable,
): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    input.once("end", resolve);
    input.once("close", resolve);
  });
  // Every answer that waits for the client to read adds a listener, and there may be as many as requests.
  output.setMaxListeners(0);
  const pending = new OpenCalls();
  const transport = new StdioTransport(input, output);
  // The SDK calls an existing `onmessage` before its own handler.
  const send = transport.send.bind(transport);
  Object.assign(transport, {
    onmessage: (message: object) => pending.received(message),
    async send(message: JSONRPCMessage): Promise<void> {
      const sending = send(message);
      pending.sent(message);
      await sending;
    },
  });
  const connection = await connect(definition, service, transport, { stateless: false });
  await Promise.race([ended, connection.closed]);
  await pending.finished();
  await flushed(output);
  await connection.close();
}
