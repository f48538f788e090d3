import { resolve } from "node:path";
import { type Command, mustBe, UsageError } from "../terminal/command.ts";
import { configDirsFromEnvironment, flag } from "../terminal/environment.ts";
import { CLEANUP_AFTER, cleanupAfterDays } from "./cleanup-option.ts";

const DEFAULT_PORT = 4917;
const LAST_PORT = 65_535;

export const command: Command = {
  summary: "Serve sessions to agents over the Model Context Protocol, on stdin and stdout",
  usage: "mcp [options]",
  details: "",
  options: {
    "read-only": { type: "boolean", help: "Offer no tool that changes anything." },
    "no-programmatic": {
      type: "boolean",
      help: "In lists and searches, leave out sessions that programs started (claude -p, the Agent SDK), unless a call asks for them.",
    },
    ...CLEANUP_AFTER,
    "export-dir": {
      type: "string",
      value: "DIR",
      help: "Also offer export_session, which writes a session into a new file in this directory, and nowhere else.",
      completes: "directories",
    },
    tools: {
      type: "string",
      value: "NAMES",
      help: "Offer only the tools named, separated by commas; for example list_sessions,read_session.",
    },
    http: {
      type: "boolean",
      help: "Serve over HTTP on this machine only (127.0.0.1), until Ctrl-C. Clients must send a token; stderr names the file that has it. CLAUDE_TRANSCRIPTS_TOKEN in the environment sets a token of your own.",
    },
    port: {
      type: "string",
      value: "N",
      help: `With --http: the port. Default: ${DEFAULT_PORT}; 0 takes any free port.`,
    },
  },
  variables: ["config-dir", "read-only", "no-programmatic", "cleanup-after"],
  positionals: "none",
  async run({ configDirs, values, terminal }) {
    const readOnly = flag("read-only", values);
    const exportDir = await exportDirOption(values["export-dir"], readOnly);
    const tools = await toolsOption(values["tools"], exportDir !== undefined);
    const cleanup = cleanupAfterDays(values, { readOnly });
    const includeProgrammatic = !flag("no-programmatic", values);
    const dirs = configDirs ?? (await configDirsFromEnvironment());
    const http = httpOption(values);
    if (http === undefined && process.stdin.isTTY) {
      terminal.warn("claude-transcripts mcp: expected an agent on stdin, not a terminal. Press Ctrl-D to end.");
    }
    const { serveMcp } = await import("../../mcp/main.ts");
    return serveMcp({
      configDirs: dirs,
      readOnly,
      includeProgrammatic,
      tools,
      http,
      cleanupAfterDays: cleanup,
      exportDir,
    });
  },
};

async function exportDirOption(given: unknown, readOnly: boolean): Promise<string | undefined> {
  if (typeof given !== "string") return undefined;
  if (readOnly) throw new UsageError("--export-dir and --read-only cannot be used together");
  const { isDirectory } = await import("../../store/layout/config-dir.ts");
  if (!isDirectory(given)) throw mustBe("--export-dir", "an existing directory", given);
  return resolve(given);
}

async function toolsOption(given: unknown, exports: boolean): Promise<readonly string[] | undefined> {
  if (typeof given !== "string") return undefined;
  const { EXPORT_TOOLS, TOOLS } = await import("../../mcp/tools/all-tools.ts");
  const known = [...TOOLS, ...(exports ? EXPORT_TOOLS : [])].map(({ name }) => name);
  const tools = given.split(",").map((name) => name.trim());
  const unknown = tools.find((name) => !known.includes(name));
  if (unknown === undefined) return tools;
  throw mustBe("--tools", `a comma-separated list of ${known.join(", ")}`, unknown);
}

function httpOption({ http, port }: Readonly<Record<string, unknown>>): { readonly port: number } | undefined {
  if (http !== true) {
    if (port !== undefined) throw new UsageError("--port only applies with --http");
    return undefined;
  }
  if (typeof port !== "string") return { port: DEFAULT_PORT };
  if (!/^\d{1,5}$/.test(port) || Number(port) > LAST_PORT) {
    throw mustBe("--port", `an integer from 0 to ${LAST_PORT}`, port);
  }
  return { port: Number(port) };
}
