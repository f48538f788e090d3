import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { ErrorCode } from "@modelcontextprotocol/sdk/types.js";
import { Connections, mostConnections } from "./http-connections.ts";
import { HTTP_PATH, type Refusal, refusalOf } from "./http-guard.ts";
import { connect } from "./sdk-adapter.ts";
import type { Service } from "../core/service.ts";
import type { Tables } from "../core/server-definition.ts";

/** Bytes. The longest request that there is names a few ids and filters. */
const BODY = 1024 * 1024;
/** So much of a longer one is taken before the client is cut off. */
const READ = 16 * BODY;
/** A client that is busy may send on a connection at the moment when the server closes it as idle. */
const IDLE_MS = 120_000;
/** A client on this machine sends the whole of a request at once. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const CHECK_MS = 1000;
const LOOPBACK = "127.0.0.1";

interface HttpOptions {
  readonly port: number;
  readonly token: string;
  /** Connections at once. */
  readonly most?: number | undefined;
}

interface HttpServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves MCP over Streamable HTTP on this machine's own address, to whoever sends the token. Each request stands alone: it
 * has a server of its own, which ends with the answer, so nothing is shared between clients but the store. `port` 0 takes
 * any that is free. Rejects when the port cannot be had (`EADDRINUSE`, `EACCES`).
 */
export async function serveHttp(
  tables: Tables,
  service: Service,
  { port, token, most = mostConnections() }: HttpOptions,
): Promise<HttpServer> {
  const connections = new Connections(most);
  const timeouts = { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, connectionsCheckingInterval: CHECK_MS };
  const server = createServer({ ...timeouts, keepAliveTimeout: IDLE_MS }, (request, response) => {
    const refusal = refusalOf(request, token);
    if (refusal !== undefined) {
      // Strangers are not kept waiting for a second try.
      return refuse(response, { ...refusal, headers: { ...refusal.headers, Connection: "close" } });
    }
    connections.busy(request.socket);
    response.once("close", () => connections.idle(request.socket));
    answer(tables, service, request, response).catch((error: unknown) => {
      console.error(error);
      if (response.headersSent) response.destroy();
      else refuse(response, { status: 500, message: "That failed inside this server", code: ErrorCode.InternalError });
    });
  });
  server.on("connection", (socket) => connections.opened(socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, resolve);
  });
  // A connection that could not be taken, for want of files: the next one may be.
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
  tables: Tables,
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // The SDK says in its answers that the connection stays open, also to clients that want it closed, and wait for that.
  if (!response.shouldKeepAlive) response.once("finish", () => request.socket.end());
  const body = await readBody(request);
  if (response.destroyed) return;
  if (body === undefined) {
    return refuse(response, {
      status: 413,
      message: `A request may have ${BODY} bytes`,
      code: ErrorCode.InvalidRequest,
    });
  }
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return refuse(response, { status: 400, message: "The body is no JSON", code: ErrorCode.ParseError });
  }
  if (Array.isArray(message)) {
    return refuse(response, {
      status: 400,
      message: "One message a request, no arrays",
      code: ErrorCode.InvalidRequest,
    });
  }
  const transport = new StreamableHTTPServerTransport();
  const connection = await connect(tables, service, transport, { stateless: true });
  // Also when the client hangs up: nobody else could be given the answer, so the work for it ends.
  response.once("close", () => void connection.close());
  await transport.handleRequest(request, response, message);
}

/**
 * The body as text; undefined when it is too long, or the client went away. What is too long is not kept, but read to a
 * bound, since few clients look for an answer before they have sent all.
 */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY) chunks.push(chunk);
      else chunks.length = 0;
      if (size > READ) resolve(undefined);
    });
    request.once("end", () => resolve(size > BODY ? undefined : Buffer.concat(chunks).toString("utf8")));
    request.once("close", () => resolve(undefined));
  });
}

function refuse(response: ServerResponse, { status, message, headers, code = -32_000 }: Refusal): void {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null }));
}
