import type { Readable, Writable } from "node:stream";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { waitWhileBusy } from "../../servers/grace.ts";
import { PendingRequests } from "../../servers/pending-requests.ts";
import type { ServerDefinition } from "../core/server-definition.ts";
import type { Service } from "../core/service.ts";
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
  const pending = new PendingRequests();
  const transport = new StdioTransport(input, output);
  // The SDK calls an existing `onmessage` before its own handler.
  const send = transport.send.bind(transport);
  Object.assign(transport, {
    onmessage(message: JSONRPCMessage): void {
      if (!("method" in message)) return;
      if ("id" in message) pending.add(message.id);
      // A cancelled request gets no answer.
      else if (message.method === "notifications/cancelled") pending.settle(message.params?.["requestId"]);
    },
    async send(message: JSONRPCMessage): Promise<void> {
      const sending = send(message);
      if (!("method" in message)) pending.settle(message.id);
      await sending;
    },
  });
  const connection = await connect(definition, service, transport, { stateless: false });
  await Promise.race([ended, connection.closed]);
  // Requests may wait for answers of a client that is gone, and the output for one that no longer reads.
  await waitWhileBusy(pending.none());
  await waitWhileBusy(new Promise<void>((resolve) => void output.write("", () => resolve())));
  await connection.close();
}
