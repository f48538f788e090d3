import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { ErrorCode } from "@modelcontextprotocol/sdk/types.js";
import { Connections, maxConnections } from "./http-connections.ts";
import { HTTP_PATH, type Refusal, refusalOf } from "./http-guard.ts";
import { connect } from "./sdk-adapter.ts";
import type { Service } from "../core/service.ts";
import type { ServerDefinition } from "../core/server-definition.ts";

/** Maximum size of a request; the longest ones contain a few ids and filters. */
const BODY_BYTES = 1024 * 1024;
/** Bytes read of a longer one before the connection is closed. */
const READ_BYTES = 16 * BODY_BYTES;
/** Long, because a client may send a request just when the server closes an idle connection. */
const IDLE_MS = 120_000;
/** Short, because a client on this machine sends all of a request at once. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const CHECK_MS = 1000;
const LOOPBACK = "127.0.0.1";

interface HttpOptions {
  readonly port: number;
  readonly token: string;
  readonly maxConnections?: number | undefined;
}

/**
 * Serves MCP over Streamable HTTP on the loopback address, to clients that send the token. Each request has an SDK server of
 * its own, so clients share only the store. Port 0 takes any free one. Rejects if the port cannot be used (`EADDRINUSE`,
 * `EACCES`).
 */
export async function serveHttp(
  definition: ServerDefinition,
  service: Service,
  { port, token, maxConnections: max = maxConnections() }: HttpOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const connections = new Connections(max);
  const timeouts = { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, connectionsCheckingInterval: CHECK_MS };
  const server = createServer({ ...timeouts, keepAliveTimeout: IDLE_MS }, (request, response) => {
    const refusal = refusalOf(request, token);
    if (refusal !== undefined) {
      // Closed, so that a stranger does not keep a connection.
      return refuse(response, { ...refusal, headers: { ...refusal.headers, Connection: "close" } });
    }
    connections.busy(request.socket);
    response.once("close", () => connections.idle(request.socket));
    answer(definition, service, request, response).catch((error: unknown) => {
      console.error(error);
      if (response.headersSent) response.destroy();
      else refuse(response, { status: 500, message: "Internal error", code: ErrorCode.InternalError });
    });
  });
  server.on("connection", (socket) => connections.opened(socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, resolve);
  });
  // A connection could not be accepted because files ran out. The next one may be.
  server.on("error", (error) => console.error(error.message));
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${taken}${HTTP_PATH}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  definition: ServerDefinition,
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // The SDK always answers that the connection stays open. Clients that asked to close it would wait.
  if (!response.shouldKeepAlive) response.once("finish", () => request.socket.end());
  const body = await readBody(request);
  if (response.destroyed) return;
  if (body === undefined) {
    const message = `A request must have at most ${BODY_BYTES} bytes`;
    return refuse(response, { status: 413, message, code: ErrorCode.InvalidRequest });
  }
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return refuse(response, { status: 400, message: "The body is not JSON", code: ErrorCode.ParseError });
  }
  if (Array.isArray(message)) {
    const problem = "A request must be one message, not an array";
    return refuse(response, { status: 400, message: problem, code: ErrorCode.InvalidRequest });
  }
  const transport = new StreamableHTTPServerTransport();
  const connection = await connect(definition, service, transport, { stateless: true });
  // Also when the client hangs up, so that work on the answer stops.
  response.once("close", () => void connection.close());
  await transport.handleRequest(request, response, message);
}

/**
 * Reads the body as text; undefined if it is too long or the client is gone. A long body is read up to a limit without being
 * kept, because few clients read an answer before they have sent everything.
 */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
      if (size > READ_BYTES) resolve(undefined);
    });
    request.once("end", () => resolve(size > BODY_BYTES ? undefined : Buffer.concat(chunks).toString("utf8")));
    request.once("close", () => resolve(undefined));
  });
}

function refuse(response: ServerResponse, { status, message, headers, code = -32_000 }: Refusal): void {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null }));
}
