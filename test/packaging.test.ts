/** What the package says of itself to the registry of MCP and to installers; that all of them say the same. */
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { VERSION } from "../src/version.ts";
import { binary } from "./support/binary.ts";
import { READING_TOOLS, startedBy, TOOL_NAMES, toolsOf } from "./support/mcp-command.ts";

const root = path.resolve(import.meta.dirname, "..");
const readJson = (name: string): unknown => JSON.parse(fs.readFileSync(path.join(root, name), "utf8"));

/**
 * The rules of https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json for what we use, and those of
 * the registry (modelcontextprotocol.io/registry/package-types): stricter than the schema, which lets a mistyped name pass.
 */
const exactVersion = z.string().regex(/^\d+\.\d+\.\d+$/);
const input = {
  description: z.string().min(1).optional(),
  format: z.enum(["string", "number", "boolean", "filepath"]).optional(),
  default: z.string().optional(),
  isRequired: z.boolean().optional(),
  isSecret: z.boolean().optional(),
};
const positional = z.strictObject({ ...input, type: z.literal("positional"), value: z.string() });
const Server = z.strictObject({
  $schema: z.literal("https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"),
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(/^io\.github\.[a-zA-Z0-9-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(100),
  version: exactVersion,
  packages: z.tuple([
    z.strictObject({
      registryType: z.literal("npm"),
      identifier: z.string(),
      version: exactVersion,
      runtimeHint: z.literal("npx"),
      runtimeArguments: z.array(positional),
      transport: z.strictObject({ type: z.literal("stdio") }),
      packageArguments: z.array(positional),
      environmentVariables: z.array(z.strictObject({ ...input, name: z.string().regex(/^[A-Z][A-Z0-9_]*$/) })),
    }),
  ]),
});

const Package = z.object({ name: z.string(), version: z.string(), mcpName: z.string(), license: z.string() });
const Bundle = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  tools: z.array(z.object({ name: z.string() })),
  compatibility: z.object({ runtimes: z.object({ node: z.string() }) }),
});

let server: z.infer<typeof Server>;
let npm: z.infer<typeof Package>;
let bundle: z.infer<typeof Bundle>;
beforeAll(() => {
  server = Server.parse(readJson("server.json"));
  npm = Package.parse(readJson("package.json"));
  bundle = Bundle.parse(readJson("mcpb/manifest.json"));
});

describe("server.json", () => {
  test("names the package that names it: that is how the registry knows the owner", () => {
    expect(npm.mcpName).toBe(server.name);
    expect(server.packages[0].identifier).toBe(npm.name);
  });

  test("makes a command that starts the program, with variables that it obeys", async () => {
    const [{ packageArguments, environmentVariables }] = server.packages;
    const args = packageArguments.map(({ value }) => value);
    expect(environmentVariables.map(({ name }) => name)).toEqual([
      "CLAUDE_TRANSCRIPTS_CONFIG_DIR",
      "CLAUDE_TRANSCRIPTS_READ_ONLY",
      "CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC",
    ]);
    const env = {
      CLAUDE_TRANSCRIPTS_CONFIG_DIR: path.join(root, "fixtures", "config"),
      CLAUDE_TRANSCRIPTS_READ_ONLY: "true",
      CLAUDE_CONFIG_DIR: root,
    };
    const client = await startedBy({ command: process.execPath, args: [binary(), ...args], env });
    expect(await toolsOf(client)).toEqual(READING_TOOLS);
    const listed = await client.callTool({ name: "list_sessions", arguments: { scope: "all" } });
    expect(JSON.stringify(listed.structuredContent)).toContain("August is not September");
  });

  test("what it says of variables that are left alone is what the program does", async () => {
    const { environmentVariables } = server.packages[0];
    const env = Object.fromEntries(environmentVariables.map((it) => [it.name, it.default ?? ""]));
    const command = { command: process.execPath, args: [binary(), "mcp"] };
    const client = await startedBy({ ...command, env: { ...env, CLAUDE_CONFIG_DIR: root } });
    expect(await toolsOf(client)).toEqual(TOOL_NAMES);
  });
});

describe("one version and one name, wherever they stand", () => {
  test("package.json, server.json, the manifest of the bundle, the program, the image", () => {
    expect([npm.version, server.version, server.packages[0].version, bundle.version]).toEqual(
      Array.from({ length: 4 }, () => VERSION),
    );
    expect(bundle.name).toBe(npm.name);
    expect(bundle.license).toBe(npm.license);
    const dockerfile = fs.readFileSync(path.join(root, "Dockerfile"), "utf8");
    expect(dockerfile).toContain(`LABEL io.modelcontextprotocol.server.name="${npm.mcpName}"`);
  });

  test("the manifest of the bundle names the tools that there are, and the Node that is supported", () => {
    expect(bundle.tools.map(({ name }) => name)).toEqual(TOOL_NAMES);
    expect(bundle.compatibility.runtimes).toEqual((readJson("package.json") as { engines: unknown }).engines);
  });
});
