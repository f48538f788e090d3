import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { onTestFinished } from "vitest";

/** How a host starts a server. */
export interface ServerCommand {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** The tools that the program ships, in their order. */
export const TOOL_NAMES = [
  "list_sessions",
  "search_sessions",
  "read_session",
  "get_message",
  "list_projects",
  "usage_stats",
  "propose_cleanup",
  "fork_session",
  "rename_session",
  "tag_session",
  "archive_session",
  "delete_session",
  "restore_session",
];

/** Those of them that change nothing. */
export const READING_TOOLS = TOOL_NAMES.slice(0, 7);

/** Not to time anything: npm may take long on a machine with much to do. */
const PATIENCE = { timeout: 300_000 };

/**
 * Starts a server as a host does, by a command and the environment that is given (of its own, the host hands on `PATH`
 * and a few more), and shakes hands. What the server printed on stderr is told when that fails.
 */
export async function startedBy({ command, args = [], env = {} }: ServerCommand, cwd?: string): Promise<Client> {
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { ...env },
    stderr: "pipe",
    ...(cwd !== undefined && { cwd }),
  });
  let printed = "";
  transport.stderr?.on("data", (chunk) => (printed += String(chunk)));
  const client = new Client({ name: "test", version: "1" });
  onTestFinished(() => client.close());
  try {
    await client.connect(transport, PATIENCE);
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")} did not answer: ${printed}`, { cause: error });
  }
  return client;
}

/** The names of the tools, in the order in which the server lists them. */
export async function toolsOf(client: Client): Promise<string[]> {
  const { tools } = await client.listTools({}, PATIENCE);
  return tools.map(({ name }) => name);
}
