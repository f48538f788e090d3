import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
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
import { VERSION } from "../../version.ts";
import type { Context } from "../core/context.ts";
import { failureText } from "../core/tool-failure.ts";
import { notedLine } from "../../view/sanitise.ts";
import { INSTRUCTIONS } from "../core/instructions.ts";
import { ANYTHING } from "./form-validator.ts";
import { progressTo } from "./progress-notifier.ts";
import { type Extra, ProtocolError, Requests } from "./requests.ts";
import { echoed } from "../core/quote.ts";
import type { Service } from "../core/service.ts";
import type { Tool } from "../core/tool.ts";
import type { Resources, ResourceWatch, ServerDefinition } from "../core/server-definition.ts";

/**
 * Connects a server to one client, over any transport of the SDK. `closed` resolves when the connection has ended.
 * `stateless`: over HTTP, where the server can neither send requests to the client nor notify it of changes.
 */
export async function connect(
  definition: ServerDefinition,
  service: Service,
  transport: Transport,
  { stateless }: { readonly stateless: boolean },
): Promise<{ readonly closed: Promise<void>; close(): Promise<void> }> {
  const { resources } = definition;
  const watches = !stateless && resources.watch !== undefined;
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
  const requests = new Requests((extra) => contextOf(server, extra, service));
  server.fallbackRequestHandler = (request, extra) => requests.answer(request, extra);
  serveTools(requests, definition);
  serveResources(requests, resources);
  servePrompts(requests, definition);
  const stopWatching = watches ? serveWatch(server, requests, resources, service) : undefined;
  const closed = new Promise<void>((resolve) => {
    Object.assign(server, { onclose: resolve, onerror: (error: Error) => console.error(error.message) });
  }).finally(stopWatching);
  await server.connect(transport);
  return { closed, close: () => server.close() };
}

/** What clients see of each tool. Making its schemas takes milliseconds, and over HTTP every request has a server of its own. */
const listed = new WeakMap<Tool, object>();

async function listedTool(tool: Tool): Promise<object> {
  const known = listed.get(tool);
  if (known !== undefined) return known;
  const { jsonSchemaOf } = await import("../core/json-schema.ts");
  const { name, title, description, annotations, input, output, meta } = tool;
  const made = {
    name,
    title,
    description,
    annotations,
    inputSchema: jsonSchemaOf(input, "input"),
    outputSchema: output && jsonSchemaOf(output, "output"),
    _meta: meta,
  };
  listed.set(tool, made);
  return made;
}

function serveTools(requests: Requests, definition: ServerDefinition): void {
  requests.on("tools/list", ListToolsRequestSchema, async () => ({
    tools: await Promise.all((await definition.tools()).map(listedTool)),
  }));
  requests.on("tools/call", CallToolRequestSchema, async ({ params }, context) => {
    const tools = await definition.tools();
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined) {
      const known = tools.map(({ name }) => name).join(", ");
      throw new ProtocolError(ErrorCode.InvalidParams, `There is no tool ${echoed(params.name)}. The tools: ${known}.`);
    }
    try {
      const { text, blocks = [], structured } = await tool.call(params.arguments, context);
      const content = [...(text === "" ? [] : [{ type: "text", text }]), ...blocks];
      return { content, structuredContent: structured };
    } catch (error) {
      context.signal.throwIfAborted();
      return { content: [{ type: "text", text: failureText(error) }], isError: true };
    }
  });
}

/** Revision 2025-11-25; the next one says -32602. */
const RESOURCE_NOT_FOUND = -32002;

const notFound = (uri: string): Error =>
  new ProtocolError(RESOURCE_NOT_FOUND, `There is no resource ${echoed(uri)}`, { uri: notedLine(uri) });

function serveResources(requests: Requests, resources: Resources): void {
  requests.on("resources/list", ListResourcesRequestSchema, ({ params }, context) =>
    resources.list(params?.cursor ?? undefined, context),
  );
  requests.on("resources/templates/list", ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: resources.templates,
  }));
  requests.on("resources/read", ReadResourceRequestSchema, async ({ params: { uri } }, context) => {
    const contents = await resources.read(uri, context);
    if (contents === undefined) throw notFound(uri);
    return { contents };
  });
}

/** Serves subscriptions, and returns the function that ends them. */
function serveWatch(server: Server, requests: Requests, resources: Resources, service: Service): () => void {
  let watch: ResourceWatch | undefined;
  // Clients do not expect notifications before the handshake is over.
  server.oninitialized = () => {
    watch ??= resources.watch?.(service, {
      updated: (uri) => void server.sendResourceUpdated({ uri }).catch(ignore),
      listChanged: () => void server.sendResourceListChanged().catch(ignore),
    });
  };
  requests.on("resources/subscribe", SubscribeRequestSchema, async ({ params: { uri } }) => {
    if ((await watch?.subscribe(uri)) !== true) throw notFound(uri);
    return {};
  });
  requests.on("resources/unsubscribe", UnsubscribeRequestSchema, ({ params: { uri } }) => {
    watch?.unsubscribe(uri);
    return {};
  });
  return () => watch?.close();
}

function servePrompts(requests: Requests, { prompts, resources }: ServerDefinition): void {
  requests.on("prompts/list", ListPromptsRequestSchema, () => ({
    prompts: prompts.map((prompt) => ({
      name: prompt.name,
      title: prompt.title,
      description: prompt.description,
      arguments: prompt.arguments.map(({ name, description, required }) => ({ name, description, required })),
    })),
  }));
  requests.on("prompts/get", GetPromptRequestSchema, async ({ params: { name, arguments: given = {} } }, context) => {
    const prompt = prompts.find((one) => one.name === name);
    if (prompt === undefined) throw new ProtocolError(ErrorCode.InvalidParams, `There is no prompt ${echoed(name)}`);
    const missing = prompt.arguments.find(({ name, required }) => required && !given[name]);
    if (missing !== undefined) throw new ProtocolError(ErrorCode.InvalidParams, `${name}: ${missing.name} is missing`);
    return { description: prompt.description, messages: await prompt.get(given, context) };
  });
  requests.on("completion/complete", CompleteRequestSchema, async ({ params }, context) => {
    const { ref, argument } = params;
    const named = ref.type === "ref/prompt" ? ref.name : ref.uri;
    const prompt = prompts.find(({ name }) => ref.type === "ref/prompt" && name === named);
    const isTemplate = resources.templates.some(
      ({ uriTemplate }) => ref.type !== "ref/prompt" && uriTemplate === named,
    );
    if (prompt === undefined && !isTemplate) {
      throw new ProtocolError(ErrorCode.InvalidParams, `There is nothing to complete for ${echoed(named)}`);
    }
    const found = await (prompt === undefined
      ? resources.complete?.(argument.name, argument.value, params.context?.arguments ?? {}, context)
      : prompt.arguments.find(({ name }) => name === argument.name)?.complete?.(argument.value, context));
    const { values, total } = found ?? { values: [], total: 0 };
    return { completion: { values, total, hasMore: total > values.length } };
  });
}

function contextOf(server: Server, { signal, _meta: meta, sendNotification }: Extra, service: Service): Context {
  // Over HTTP each request has a server of its own, which has not seen the handshake and so knows no capabilities.
  const client = server.getClientCapabilities();
  const toolUseId = meta?.["claudecode/toolUseId"];
  return {
    ...service,
    signal,
    progress: progressTo(
      meta?.progressToken,
      (params) => void sendNotification({ method: "notifications/progress", params }).catch(ignore),
    ),
    ask:
      // Some clients can only open a page for the user (`elicitation.url`).
      client?.elicitation?.form === undefined
        ? undefined
        : async (message, signal) => {
            const requestedSchema = { type: "object" as const, properties: {} };
            const { action } = await server.elicitInput({ message, requestedSchema }, { signal, timeout: WAIT_MS });
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
