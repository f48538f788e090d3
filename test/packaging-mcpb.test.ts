/** The bundle that `npm run pack:mcpb` makes: packed, unpacked by the official tool, and started as a host does. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { getMcpConfigForManifest, type McpbManifestAny } from "@anthropic-ai/mcpb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npm } from "./support/installed.ts";
import { READING_TOOLS, type ServerCommand, startedBy, TOOL_NAMES, toolsOf } from "./support/mcp-command.ts";

const root = path.resolve(import.meta.dirname, "..");
const tool = path.join(root, "node_modules", "@anthropic-ai", "mcpb", "dist", "cli", "cli.js");
const mcpb = (...args: string[]): string => execFileSync(process.execPath, [tool, ...args], { encoding: "utf8" });

let work: string;
let printed: string;
let bundle: string;
let unpacked: string;
beforeAll(() => {
  work = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-mcpb-")));
  bundle = path.join(work, "made.mcpb");
  unpacked = path.join(work, "extension");
  printed = npm(["run", "pack:mcpb", "--", bundle]);
  mcpb("unpack", bundle, unpacked);
});
afterAll(() => fs.rmSync(work, { recursive: true, force: true }));

describe("the file", () => {
  test("its manifest is found valid by the official tool, before and after packing", () => {
    expect(printed).toContain("Manifest schema validation passes!");
    expect(mcpb("validate", path.join(unpacked, "manifest.json"))).toContain("Manifest schema validation passes!");
    const { manifest_version } = manifest() as { manifest_version: unknown };
    expect(manifest_version).toBe("0.3");
  });

  test("holds the program, the licences of all that is in it, and nothing else", () => {
    const names = fs
      .readdirSync(unpacked, { recursive: true, encoding: "utf8" })
      .map((name) => name.replaceAll("\\", "/"));
    const files = names.filter((name) => fs.statSync(path.join(unpacked, name)).isFile());
    expect(files.filter((name) => !/^dist\/cli\/[\w-]+\.js$/.test(name)).sort()).toEqual([
      "LICENSE",
      "dist/THIRD-PARTY-NOTICES.txt",
      "dist/catalog-worker.js",
      "dist/cli.js",
      "dist/scan-worker.js",
      "manifest.json",
      "package.json",
    ]);
    const notices = fs.readFileSync(path.join(unpacked, "dist", "THIRD-PARTY-NOTICES.txt"), "utf8");
    for (const name of ["zod 4.6.7 (MIT)", "fast-glob 3.3.3 (MIT)", "split2 4.2.0 (ISC)", "@nodelib/fs.walk"]) {
      expect(notices).toContain(`\n${name}`);
    }
    expect(fs.statSync(bundle).size).toBeLessThan(850_000);
  });
});

describe("installed", () => {
  test("starts by its manifest, where nothing was filled in: all tools, the usual config directory", async () => {
    const home = path.join(work, "home");
    fs.cpSync(path.join(root, "fixtures", "config"), path.join(home, ".claude"), { recursive: true });
    const client = await startedBy(await hostCommand(home, {}), home);
    expect(client.getServerVersion()).toMatchObject({ name: "claude-transcripts" });
    expect(await toolsOf(client)).toEqual(TOOL_NAMES);
    const told = JSON.stringify(await client.callTool({ name: "list_sessions", arguments: { scope: "all" } }));
    expect(told).toContain("August is not September");
  });

  test("obeys what the person fills in", async () => {
    const home = path.join(work, "empty home");
    fs.mkdirSync(home);
    const config_dir = path.join(work, "another place");
    fs.cpSync(path.join(root, "fixtures", "config"), config_dir, { recursive: true });
    const client = await startedBy(await hostCommand(home, { config_dir, read_only: true }), home);
    expect(await toolsOf(client)).toEqual(READING_TOOLS);
    const told = JSON.stringify(await client.callTool({ name: "list_sessions", arguments: { scope: "all" } }));
    expect(told).toContain("August is not September");
  });

  test("has all that it needs without node_modules, for a session with subagents too", async () => {
    const home = path.join(work, "third home");
    const config_dir = path.join(home, ".claude");
    fs.cpSync(path.join(root, "fixtures", "config"), config_dir, { recursive: true });
    const client = await startedBy(await hostCommand(home, {}), home);
    const call = (name: string, args: object): Promise<unknown> =>
      client.callTool({ name, arguments: { session: "c27a9d34", ...args } });
    expect(await call("delete_session", { confirm: true })).not.toHaveProperty("isError", true);
    const trash = fs.readdirSync(path.join(config_dir, "claude-transcripts", "trash"), {
      recursive: true,
      encoding: "utf8",
    });
    expect(trash.some((name) => /subagents.*\.jsonl$/.test(name))).toBe(true);
    expect(await call("restore_session", {})).not.toHaveProperty("isError", true);
  });
});

function manifest(): McpbManifestAny {
  return JSON.parse(fs.readFileSync(path.join(unpacked, "manifest.json"), "utf8")) as McpbManifestAny;
}

/** What the official library makes of the manifest; `node` is the one that runs these tests, as hosts take their own. */
async function hostCommand(home: string, userConfig: Record<string, string | boolean>): Promise<ServerCommand> {
  const config = await getMcpConfigForManifest({
    manifest: manifest(),
    extensionPath: unpacked,
    systemDirs: { HOME: home },
    userConfig,
    pathSeparator: path.sep,
  });
  if (config === undefined) throw new Error("the manifest gives no command");
  expect(config.command).toBe("node");
  const env = { ...config.env, HOME: home, USERPROFILE: home };
  return { command: process.execPath, args: config.args ?? [], env };
}
