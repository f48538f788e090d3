import { randomUUID } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { onTestFinished } from "vitest";
import { refusalOf } from "../../src/mcp/wire/http-guard.ts";
import { connect } from "../../src/mcp/wire/sdk-adapter.ts";
import type { Service } from "../../src/mcp/core/service.ts";
import type { ServerDefinition } from "../../src/mcp/core/server-definition.ts";

const TOKEN = "of-this-test";

/**
 * Serves definition over HTTP with sessions, so that a server can ask its clients, and tell them of changes: what the program
 * does over stdin and stdout, for a suite that knows HTTP only. Gives the URL; ends with the test.
 */
export async function serveStateful(definition: ServerDefinition, service: Service): Promise<string> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const server = http.createServer((request, response) => {
    const head = {
      method: "POST",
      url: request.url,
      headers: { ...request.headers, authorization: `Bearer ${TOKEN}` },
    };
    const refusal = refusalOf(head, TOKEN);
    if (refusal !== undefined) {
      response.writeHead(refusal.status).end();
      return;
    }
    void transportOf(request.headers["mcp-session-id"]).then((transport) => transport.handleRequest(request, response));
  });
  const transportOf = async (id: string | string[] | undefined): Promise<StreamableHTTPServerTransport> => {
    const known = sessions.get(String(id));
    if (known !== undefined) return known;
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    await connect(definition, service, transport, { stateless: false });
    return transport;
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}
