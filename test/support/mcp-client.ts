import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import type { JsonSchemaType, JsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/types.js";
import {
  type ClientCapabilities,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { onTestFinished } from "vitest";
import { connect } from "../../src/mcp/wire/sdk-adapter.ts";
import { serverDefinition } from "../../src/mcp/definition.ts";
import { openStore } from "../../src/open/open-store.ts";
import { binary } from "./binary.ts";
import { tempConfigDir } from "./config-dir.ts";

export interface McpOptions {
  readonly node?: string;
  /** Behind `mcp`. */
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Answers when the person is asked; absent: the client cannot ask. */
  readonly answer?: ((question: string) => "accept" | "decline" | "cancel") | undefined;
  /** URIs; absent: the client declares no roots. */
  readonly roots?: readonly string[] | undefined;
  /** Declared besides. */
  readonly capabilities?: ClientCapabilities | undefined;
}

/** What a tool answered. */
export interface Told {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>> | undefined;
}

export interface McpClient {
  readonly client: Client;
  /** What the server printed on stderr. */
  readonly stderr: () => string;
  readonly call: (
    name: string,
    args?: Readonly<Record<string, unknown>>,
    meta?: Readonly<Record<string, unknown>>,
  ) => Promise<Told>;
}

/** Nothing of what a Claude Code that runs these tests tells its own servers. */
const OWN = new Set(["CLAUDE_CONFIG_DIR", "CLAUDE_PROJECT_DIR", "CLAUDE_CODE_SESSION_ID"]);

function environment(env: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !OWN.has(entry[0]),
  );
  // An index of a test's own.
  return { ...Object.fromEntries(kept), XDG_CACHE_HOME: tempConfigDir(), ...env };
}

/** The SDK's own client, with the built server behind it. It checks structured content against the declared schemas. */
export async function connectMcp(
  configDir: string,
  { node = process.execPath, args = [], cwd, env, answer, roots, capabilities }: McpOptions = {},
): Promise<McpClient> {
  const transport = new StdioClientTransport({
    command: node,
    args: [binary(), "mcp", "--config-dir", configDir, ...args],
    ...(cwd !== undefined && { cwd }),
    env: environment(env),
    stderr: "pipe",
  });
  let printed = "";
  transport.stderr?.on("data", (chunk) => (printed += String(chunk)));
  return { ...(await connected(transport, { answer, roots, capabilities })), stderr: () => printed };
}

/** The same with the server in this process, which is faster by a second. */
export async function connectMcpHere(configDir: string, options: HereOptions = {}): Promise<McpClient> {
  const { projectDir = "/w", cwd = "/nowhere", sessionId, tools, exportDir, ...others } = options;
  const { readOnly = false, includeProgrammatic = true, ...client } = others;
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const service = {
    store: openStore([configDir]),
    options: {
      projectDir: projectDir ?? undefined,
      cwd,
      sessionId,
      includeProgrammatic,
      exportDir,
      startedByClient: false,
    },
  };
  await connect(serverDefinition({ readOnly, tools, exports: exportDir !== undefined }), service, theirs, {
    stateless: false,
  });
  return { ...(await connected(ours, client)), stderr: () => "" };
}

export interface HereOptions extends Pick<McpOptions, "answer" | "roots" | "capabilities"> {
  /** Default `/w`; null: the host does not tell one. */
  readonly projectDir?: string | null;
  readonly cwd?: string;
  readonly sessionId?: string;
  readonly readOnly?: boolean;
  readonly includeProgrammatic?: boolean;
  readonly tools?: readonly string[];
  readonly exportDir?: string;
}

/** The SDK's own validator, for all clients: each of them learns the same schemas, and compiling them takes 10 ms. */
class SharedValidator extends AjvJsonSchemaValidator {
  readonly #compiled = new Map<string, JsonSchemaValidator<unknown>>();

  override getValidator<T>(schema: JsonSchemaType): JsonSchemaValidator<T> {
    const text = JSON.stringify(schema);
    const compiled = this.#compiled.get(text) ?? super.getValidator<unknown>(schema);
    this.#compiled.set(text, compiled);
    return compiled as JsonSchemaValidator<T>;
  }
}

const validator = new SharedValidator();

async function connected(
  transport: Transport,
  { answer, roots, capabilities }: Pick<McpOptions, "answer" | "roots" | "capabilities">,
): Promise<Omit<McpClient, "stderr">> {
  const client = new Client(
    { name: "test", version: "1" },
    {
      capabilities: {
        ...(answer !== undefined && { elicitation: {} }),
        ...(roots !== undefined && { roots: {} }),
        ...capabilities,
      },
      jsonSchemaValidator: validator,
    },
  );
  if (answer !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      const action = answer(params.message);
      return { action, ...(action === "accept" && { content: {} }) };
    });
  }
  if (roots !== undefined)
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: roots.map((uri) => ({ uri })) }));
  await client.connect(transport);
  onTestFinished(() => client.close());
  // The client learns the schemas of the answers from the list.
  await client.listTools();
  return {
    client,
    async call(name, given = {}, meta) {
      const result = await client.callTool({ name, arguments: given, ...(meta !== undefined && { _meta: meta }) });
      const content = result.content as { type: string; text?: string }[];
      return {
        isError: result.isError === true,
        text: content.map((block) => block.text ?? "").join("\n"),
        structured: result.structuredContent as Told["structured"],
      };
    },
  };
}

/** The server by its streams alone. */
export interface RawMcp {
  readonly child: ChildProcess;
  send(...messages: readonly object[]): void;
  /** Every message so far. */
  messages(): readonly Readonly<Record<string, unknown>>[];
  /** What it printed on stdout and stderr. */
  readonly printed: { stdout: string; stderr: string };
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
}

export function startMcp(configDir: string, { node = process.execPath, args = [], cwd, env }: McpOptions = {}): RawMcp {
  const child = spawn(node, [binary(), "mcp", "--config-dir", configDir, ...args], {
    cwd,
    env: environment(env),
    stdio: ["pipe", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (printed.stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (printed.stderr += String(chunk)));
  child.stdin.on("error", () => undefined);
  return {
    child,
    send: (...messages) => void child.stdin.write(messages.map((one) => `${JSON.stringify(one)}\n`).join("")),
    messages: () =>
      printed.stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    printed,
    exited: once(child, "close").then(([code, signal]) => ({ code, signal })),
  };
}

export const INITIALIZE = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};
export const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" };
