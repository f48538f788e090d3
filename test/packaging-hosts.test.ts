/** The settings that docs/mcp.md gives for MCP hosts: each is read as its host reads it, and starts the server. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { VERSION } from "../src/version.ts";
import { installInto } from "./support/installed.ts";
import { type ServerCommand, startedBy, TOOL_NAMES, toolsOf } from "./support/mcp-command.ts";

const root = path.resolve(import.meta.dirname, "..");
const page = fs.readFileSync(path.join(root, "docs", "mcp.md"), "utf8");
const agents = /^## Set up\n([^]*?)^## /m.exec(page)?.[1] ?? "";

const stdio = { command: z.string(), args: z.array(z.string()) };
const env = z.record(z.string(), z.string());
/** Where each host looks, and what it takes there: by the host's name and the place of the block below it. */
const HOSTS = [
  ["Claude Code", 1, "mcpServers", z.strictObject({ ...stdio, type: z.literal("stdio") })],
  ["Claude Desktop", 1, "mcpServers", z.strictObject({ ...stdio, env: env.optional() })],
  ["Cursor", 0, "mcpServers", z.strictObject({ ...stdio, env: env.optional() })],
  ["VS Code", 0, "servers", z.strictObject({ ...stdio, type: z.literal("stdio") })],
  ["Zed", 0, "context_servers", z.strictObject({ ...stdio, env })],
] as const;

/** Where the packed program is installed for everybody, without a network. */
let project: string;
let elsewhere: string;
let prefix: string;
beforeAll(() => {
  project = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-hosts-")));
  const installed = installInto(project);
  prefix = path.join(project, "prefix");
  // What `npm install --global` leaves: npm itself would ask for what the registry says of the dependencies.
  fs.mkdirSync(path.join(prefix, "bin"), { recursive: true });
  if (process.platform !== "win32") {
    fs.symlinkSync(path.join(installed, "dist", "cli.js"), path.join(prefix, "bin", "claude-transcripts"));
  }
  elsewhere = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-elsewhere-")));
});
afterAll(() => {
  for (const dir of [project, elsewhere]) fs.rmSync(dir, { recursive: true, force: true });
});

test("every host of the page is looked at", () => {
  const named = [...agents.matchAll(/^\*\*([^*]+)\*\*/gm)].map(([, name]) => name);
  expect(named).toEqual([...HOSTS.map(([name]) => name), "Docker"]);
});

describe.each(HOSTS)("%s", (host, place, key, shape) => {
  test.skipIf(process.platform === "win32")(
    "its settings start the installed program, from any directory",
    async () => {
      const settings = z.strictObject({ [key]: z.strictObject({ transcripts: shape }) }).parse(blockOf(host, place));
      const command = settings[key]?.transcripts ?? missing(key);
      expect(await answerOf(command, elsewhere)).toEqual(ANSWER);
    },
  );
});

test("Claude Code's command adds what its settings say", () => {
  const [, name, ...command] = /^claude mcp add (\S+) -- (.*)$/.exec(textOf("Claude Code", 0)) ?? [];
  const { mcpServers } = blockOf("Claude Code", 1) as { mcpServers: Record<string, ServerCommand> };
  const { command: program = "", args = [] } = mcpServers[name ?? ""] ?? {};
  expect(command).toEqual([[program, ...args].join(" ")]);
});

const ANSWER = { name: "claude-transcripts", version: VERSION, tools: TOOL_NAMES };

async function answerOf(server: ServerCommand, cwd: string): Promise<unknown> {
  const client = await startedBy({ ...server, env: { ...server.env, ...environment() } }, cwd);
  const { name, version } = client.getServerVersion() ?? {};
  return { name, version, tools: await toolsOf(client) };
}

/** What a person has after `npm install --global`. */
function environment(): Record<string, string> {
  return {
    HOME: project,
    USERPROFILE: project,
    CLAUDE_CONFIG_DIR: path.join(root, "fixtures", "config"),
    PATH: [path.join(prefix, "bin"), process.env["PATH"]].join(path.delimiter),
  };
}

/** A code block below a host's name, before the next one. */
function textOf(host: string, place: number): string {
  const section = agents.split(/^(?=\*\*)/m).find((text) => text.startsWith(`**${host}**`)) ?? "";
  const blocks = [...section.matchAll(/^```(?:sh|json)\n([^]*?)^```$/gm)].map(([, text]) => text ?? "");
  return (blocks[place] ?? missing(`block ${place} of ${host}`)).trim();
}

const blockOf = (host: string, place: number): unknown => JSON.parse(textOf(host, place));

function missing(what: string): never {
  throw new Error(`docs/mcp.md has no ${what}`);
}
