import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { InvalidCursorError } from "../../store/errors.ts";
import { VERSION } from "../../version.ts";
import { complete } from "../prompts/complete-argument.ts";
import type { Context } from "../core/context.ts";
import { failureText } from "../core/tool-failure.ts";
import { notedLine } from "../../view/sanitise.ts";
import { INSTRUCTIONS } from "../core/instructions.ts";
import { ANYTHING } from "./form-validator.ts";
import { progressTo } from "./progress-notifier.ts";
import { type Extra, protocolError, Requests } from "./requests.ts";
import { echoed } from "../core/quote.ts";
import type { Service } from "../core/service.ts";
import type { ResourceWatch, ServerDefinition } from "../core/server-definition.ts";
import { ToolFailure } from "../core/tool.ts";

interface Connection {
  /** Over HTTP: the server can neither send requests to the client nor notify it of changes. */
  readonly stateless: boolean;
}

/** Connects a server to one client, over any transport of the SDK. `closed` resolves when the connection has ended. */
export async function connect(
  definition: ServerDefinition,
  service: Service,
  transport: Transport,
  { stateless }: Connection,
): Promise<{ readonly closed: Promise<void>; close(): Promise<void> }> {
  const watches = !stateless && definition.resources.watch !== undefined;
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
  serveTools(requests, definition, service, contextOf);
  const stopWatching = serveResources(server, requests, definition.resources, service, contextOf, watches);
  servePrompts(requests, definition, service, contextOf);
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

function serveTools(
  requests: Requests,
  definition: ServerDefinition,
  service: Service,
  contextOf: (extra: Extra) => Context,
): void {
  let listed: object[] | undefined;
  requests.on("tools/list", ListToolsRequestSchema, async () => {
    const { jsonSchemaOf } = await import("../core/json-schema.ts");
    listed ??= (await definition.tools()).map(({ name, title, description, annotations, input, output, meta }) => ({
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
    const tools = await definition.tools();
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
  resources: ServerDefinition["resources"],
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
  // Clients do not expect notifications before the handshake is over.
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
  definition: ServerDefinition,
  service: Service,
  contextOf: (extra: Extra) => Context,
): void {
  const { prompts } = definition;
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
    const found = await answered(extra.signal, () => complete(definition, of, asked, contextOf(extra), service));
    if (found === undefined)
      throw protocolError(
        ErrorCode.InvalidParams,
        `There is nothing to complete for ${echoed(ref.type === "ref/prompt" ? ref.name : ref.uri)}`,
      );
    const { values, total } = found;
    return { completion: { values: [...values], total, hasMore: total > values.length } };
  });
}

/** Turns errors into protocol errors with the same words as in answers of tools. */
async function answered<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A cancelled request gets no answer.
    signal.throwIfAborted();
    const isClientFault = error instanceof ToolFailure || error instanceof InvalidCursorError;
    throw protocolError(isClientFault ? ErrorCode.InvalidParams : ErrorCode.InternalError, failureText(error));
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
      // Some clients can only open a page for the user (`elicitation.url`).
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

/** Time for the user to answer. */
const WAIT_MS = 10 * 60_000;

function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? process.getBuiltinModule("node:url").fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

/** Ignores a failed notification: the client is gone. */
const ignore = (): void => undefined;
