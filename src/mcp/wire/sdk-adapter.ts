import type { Readable, Writable } from "node:stream";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type {
  JsonSchemaValidator,
  jsonSchemaValidator as JsonSchemaValidators,
} from "@modelcontextprotocol/sdk/validation/types.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  type JSONRPCMessage,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  type Result,
  type ServerNotification,
  type ServerRequest,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { InvalidCursorError } from "../../store/errors.ts";
import { VERSION } from "../../version.ts";
import { complete } from "../prompts/complete-argument.ts";
import type { Context } from "../core/context.ts";
import { failureText } from "../core/tool-failure.ts";
import { notedValue, notedLine } from "../../view/sanitise.ts";
import { INSTRUCTIONS } from "../core/instructions.ts";
import { flushed, OpenCalls } from "./pending-requests.ts";
import { progressTo } from "./progress-notifier.ts";
import { echoed } from "../core/quote.ts";
import type { Service } from "../core/service.ts";
import { StdioTransport } from "./stdio-lines.ts";
import type { ResourceWatch, Tables } from "../core/server-definition.ts";
import { ToolFailure } from "../core/tool.ts";

// Parsers are not worth making code of: most schemas here read a few requests, before anything is answered.
z.config({ jitless: true });

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** How the server is reached: over HTTP each request stands alone, so the client cannot be asked, nor told of changes. */
interface Connection {
  readonly stateless: boolean;
}

/** A server for one client, over any transport of the SDK. `closed` resolves when the connection has ended. */
export async function connect(
  tables: Tables,
  service: Service,
  transport: Transport,
  { stateless }: Connection,
): Promise<{ readonly closed: Promise<void>; close(): Promise<void> }> {
  const watches = !stateless && tables.resources.watch !== undefined;
  const server = new Server(
    {
      name: "claude-transcripts",
      title: "Claude Code transcripts",
      version: VERSION,
      description: "Finds and reads what was said in earlier Claude Code sessions.",
    },
    {
      capabilities: {
        tools: {},
        resources: watches ? { subscribe: true, listChanged: true } : {},
        prompts: {},
        completions: {},
      },
      instructions: INSTRUCTIONS,
      jsonSchemaValidator: ANYTHING,
    },
  );
  const contextOf = (extra: Extra): Context => makeContext(server, extra, stateless);
  const requests = new Requests();
  server.fallbackRequestHandler = (request, extra) => requests.answer(request, extra);
  serveTools(requests, tables, service, contextOf);
  const stopWatching = serveResources(server, requests, tables.resources, service, contextOf, watches);
  servePrompts(requests, tables, service, contextOf);
  const closed = new Promise<void>((resolve) => {
    const onclose = (): void => {
      stopWatching();
      resolve();
    };
    Object.assign(server, { onclose, onerror: (error: Error) => console.error(error.message) });
  });
  await server.connect(transport);
  return { closed, close: () => server.close() };
}

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

/** What has to be known of a schema of the SDK. */
interface RequestSchema<T> {
  safeParse(request: unknown): { readonly success: boolean; readonly data?: T; readonly error?: z.ZodError<T> };
}

/**
 * What answers each method. The SDK has such a table too, but it reads the name of a method from its schema: to make all
 * schemas takes longer than everything else before the answer to `initialize`. Here they are made when they are first needed.
 */
class Requests {
  readonly #handlers = new Map<string, (request: unknown, extra: Extra) => Result | Promise<Result>>();

  on<T>(
    method: string,
    schema: RequestSchema<T>,
    handle: (request: T, extra: Extra) => Result | Promise<Result>,
  ): void {
    this.#handlers.set(method, (request, extra) => {
      const { data, error } = schema.safeParse(request);
      if (data !== undefined) return handle(data, extra);
      const [problem] = error?.issues ?? [];
      const where = problem === undefined ? "" : notedLine(`: ${problem.path.join(".")}: ${problem.message}`);
      throw protocolError(ErrorCode.InvalidParams, `${method} cannot be read${where}`);
    });
  }

  async answer(request: { readonly method: string }, extra: Extra): Promise<Result> {
    const handler = this.#handlers.get(request.method);
    if (handler === undefined) throw protocolError(ErrorCode.MethodNotFound, "Method not found");
    try {
      return notedValue(await handler(request, extra));
    } catch (error) {
      if (error instanceof Error) error.message = notedValue(error.message);
      throw error;
    }
  }
}

function serveTools(requests: Requests, tables: Tables, service: Service, contextOf: (extra: Extra) => Context): void {
  let listed: object[] | undefined;
  requests.on("tools/list", ListToolsRequestSchema, async () => {
    const { jsonSchemaOf } = await import("../core/json-schema.ts");
    listed ??= (await tables.tools()).map(({ name, title, description, annotations, input, output, meta }) => ({
      name,
      title,
      description,
      annotations,
      inputSchema: jsonSchemaOf(input, "input"),
      ...(output !== undefined && { outputSchema: jsonSchemaOf(output, "output") }),
      ...(meta !== undefined && { _meta: meta }),
    }));
    return { tools: listed };
  });
  requests.on("tools/call", CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    const tools = await tables.tools();
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined) {
      const known = tools.map(({ name }) => name).join(", ");
      throw protocolError(ErrorCode.InvalidParams, `There is no tool ${echoed(params.name)}. The tools: ${known}.`);
    }
    try {
      const { text, blocks = [], structured } = await tool.call(params.arguments, contextOf(extra), service);
      const content = [...(text === "" ? [] : [{ type: "text", text }]), ...blocks] as CallToolResult["content"];
      return { content, ...(structured !== undefined && { structuredContent: { ...structured } }) };
    } catch (error) {
      extra.signal.throwIfAborted();
      return { content: [{ type: "text", text: failureText(error) }], isError: true };
    }
  });
}

/** Revision 2025-11-25; the next one says -32602. */
const RESOURCE_NOT_FOUND = -32002;

function serveResources(
  server: Server,
  requests: Requests,
  resources: Tables["resources"],
  service: Service,
  contextOf: (extra: Extra) => Context,
  watches: boolean,
): () => void {
  const notFound = (uri: string): Error =>
    protocolError(RESOURCE_NOT_FOUND, `There is no resource ${echoed(uri)}`, { uri: notedLine(uri) });
  requests.on("resources/list", ListResourcesRequestSchema, async ({ params }, extra) => {
    const page = await answered(extra.signal, () =>
      resources.list(params?.cursor ?? undefined, contextOf(extra), service),
    );
    return {
      resources: page.resources.map((one) => ({ ...one })),
      ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
      ...(page._meta !== undefined && { _meta: page._meta }),
    };
  });
  requests.on("resources/templates/list", ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: resources.templates.map((template) => {
      const { uriTemplate, name, title, description, mimeType } = template;
      return { uriTemplate, name, title, description, mimeType };
    }),
  }));
  requests.on("resources/read", ReadResourceRequestSchema, async ({ params: { uri } }, extra) => {
    const contents = await answered(extra.signal, () => resources.read(uri, contextOf(extra), service));
    if (contents === undefined) throw notFound(uri);
    return { contents: contents.map((one) => ({ ...one })) };
  });
  if (!watches) return () => undefined;

  let watch: ResourceWatch | undefined;
  // News before the handshake is over would reach a client that does not expect any.
  server.oninitialized = () => {
    watch ??= resources.watch?.(service, {
      updated: (uri) => void server.sendResourceUpdated({ uri }).catch(ignore),
      listChanged: () => void server.sendResourceListChanged().catch(ignore),
    });
  };
  requests.on("resources/subscribe", SubscribeRequestSchema, async ({ params: { uri } }, { signal }) => {
    if ((await answered(signal, async () => watch?.subscribe(uri))) !== true) throw notFound(uri);
    return {};
  });
  requests.on("resources/unsubscribe", UnsubscribeRequestSchema, ({ params: { uri } }) => {
    watch?.unsubscribe(uri);
    return {};
  });
  return () => watch?.close();
}

function servePrompts(
  requests: Requests,
  tables: Tables,
  service: Service,
  contextOf: (extra: Extra) => Context,
): void {
  const { prompts } = tables;
  requests.on("prompts/list", ListPromptsRequestSchema, () => ({
    prompts: prompts.map((prompt) => ({
      name: prompt.name,
      title: prompt.title,
      description: prompt.description,
      arguments: prompt.arguments.map(({ name, description, required }) => ({ name, description, required })),
    })),
  }));
  requests.on("prompts/get", GetPromptRequestSchema, async ({ params }, extra) => {
    const prompt = prompts.find(({ name }) => name === params.name);
    if (prompt === undefined) throw protocolError(ErrorCode.InvalidParams, `There is no prompt ${echoed(params.name)}`);
    const given = params.arguments ?? {};
    const missing = prompt.arguments.find(({ name, required }) => required && !given[name]);
    if (missing !== undefined)
      throw protocolError(ErrorCode.InvalidParams, `${prompt.name}: ${missing.name} is missing`);
    const messages = await answered(extra.signal, () => prompt.get(given, contextOf(extra), service));
    return { description: prompt.description, messages };
  });
  requests.on("completion/complete", CompleteRequestSchema, async ({ params }, extra) => {
    const { ref, argument } = params;
    const asked = { ...argument, chosen: params.context?.arguments ?? {} };
    const of = ref.type === "ref/prompt" ? { prompt: ref.name } : { uriTemplate: ref.uri };
    const found = await answered(extra.signal, () => complete(tables, of, asked, contextOf(extra), service));
    if (found === undefined)
      throw protocolError(
        ErrorCode.InvalidParams,
        `There is nothing to complete for ${echoed(ref.type === "ref/prompt" ? ref.name : ref.uri)}`,
      );
    const { values, total } = found;
    return { completion: { values: [...values], total, hasMore: total > values.length } };
  });
}

/** The SDK's own class puts its code into the message, which clients then do again. */
const protocolError = (code: number, message: string, data?: unknown): Error =>
  Object.assign(new Error(message), { code, ...(data !== undefined && { data }) });

/** What a client asked for wrongly becomes a protocol error with the same words that a tool would answer. */
async function answered<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Nobody waits for what was cancelled.
    signal.throwIfAborted();
    if (error instanceof ToolFailure || error instanceof InvalidCursorError) {
      throw protocolError(ErrorCode.InvalidParams, failureText(error));
    }
    throw protocolError(ErrorCode.InternalError, failureText(error));
  }
}

function makeContext(server: Server, extra: Extra, stateless: boolean): Context {
  const { signal, _meta: meta } = extra;
  const client = stateless ? undefined : server.getClientCapabilities();
  const toolUseId = meta?.["claudecode/toolUseId"];
  return {
    signal,
    progress: progressTo(
      meta?.progressToken,
      (params) => void extra.sendNotification({ method: "notifications/progress", params }).catch(ignore),
    ),
    ask:
      // A client may be able to send people to a page only.
      client?.elicitation?.form === undefined
        ? undefined
        : async (message, stop) => {
            const requestedSchema = { type: "object" as const, properties: {} };
            const { action } = await server.elicitInput(
              { message, requestedSchema },
              { signal: stop, timeout: WAIT_MS },
            );
            return action;
          },
    async roots() {
      if (client?.roots === undefined) return [];
      const { roots } = await server.listRoots(undefined, { signal, timeout: WAIT_MS });
      return roots.flatMap(({ uri }) => pathOf(uri) ?? []);
    },
    toolUseId: typeof toolUseId === "string" ? toolUseId : undefined,
  };
}

/** Checks the form that a person fills in. Ours has no fields, and the SDK's own checker is left out of the bundle. */
const ANYTHING: JsonSchemaValidators = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
  },
};

/** For a person to answer. */
const WAIT_MS = 10 * 60_000;

function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? process.getBuiltinModule("node:url").fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

/** The client has gone: it will not miss it. */
const ignore = (): void => undefined;
