/** The Dockerfile, carried out step by step without Docker. What npm would fetch is taken from this machine. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { carryOut, inStage, type Stage } from "./support/dockerfile.ts";
import { npm, productionPackages } from "./support/installed.ts";
import { READING_TOOLS, startedBy, TOOL_NAMES, toolsOf } from "./support/mcp-command.ts";

const root = path.resolve(import.meta.dirname, "..");
const dockerfile = fs.readFileSync(path.join(root, "Dockerfile"), "utf8");

describe.skipIf(process.platform === "win32")("the image", () => {
  let work: string;
  let image: Stage;
  beforeAll(() => {
    work = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-docker-")));
    image = carryOut(dockerfile, root, work, {
      "npm ci --ignore-scripts": install,
      "npm run build": (stage) => void npm(["run", "build"], inStage(stage, ".")),
      "npm prune --omit=dev --ignore-scripts": prune,
      "ln -s /app/dist/cli.js /usr/local/bin/claude-transcripts": (stage) => {
        fs.mkdirSync(inStage(stage, "/usr/local/bin"), { recursive: true });
        fs.symlinkSync(inStage(stage, "/app/dist/cli.js"), inStage(stage, "/usr/local/bin/claude-transcripts"));
      },
    });
  });
  afterAll(() => fs.rmSync(work, { recursive: true, force: true }));

  test("starts the server, as somebody who is not root", async () => {
    expect(image.user).toBe("node");
    expect([image.entrypoint, image.cmd]).toEqual([["claude-transcripts"], ["mcp"]]);
    const client = await startedBy(running(image.cmd));
    expect(await toolsOf(client)).toEqual(TOOL_NAMES);
  });

  test("finds the sessions where docs/mcp.md mounts them, which may be read-only", async () => {
    const page = fs.readFileSync(path.join(root, "docs", "mcp.md"), "utf8");
    const [, line = ""] = /^docker run (.*)$/m.exec(page) ?? [];
    const [, mounted, name, args = ""] = /^-i --rm -v ~\/\.claude:(\S+):ro (\S+) (.*)$/.exec(line) ?? [];
    expect(mounted).toBe(image.env["CLAUDE_CONFIG_DIR"]);
    expect(page).toContain(`\ndocker build -t ${name} .\n`);
    const client = await startedBy(running(args.split(" ")));
    expect(await toolsOf(client)).toEqual(READING_TOOLS);
    const told = JSON.stringify(await client.callTool({ name: "list_sessions", arguments: { scope: "all" } }));
    expect(told).toContain("August is not September");
  });

  test("holds nothing that only development needs", () => {
    expect(fs.readdirSync(inStage(image, "node_modules"))).not.toContain("zod");
    expect(fs.readdirSync(inStage(image, ".")).sort()).toEqual(["LICENSE", "dist", "node_modules", "package.json"]);
  });

  /** The entry point with these arguments, on the fixtures in the place of what is mounted. */
  function running(args: readonly string[]): { command: string; args: readonly string[]; env: Record<string, string> } {
    const [name = ""] = image.entrypoint;
    const env = { ...image.env, CLAUDE_CONFIG_DIR: path.join(root, "fixtures", "config") };
    return { command: inStage(image, `/usr/local/bin/${name}`), args, env };
  }
});

/** `npm ci`: what it reads is there, the packages of this machine besides. */
function install(stage: Stage): void {
  const lock = JSON.parse(fs.readFileSync(inStage(stage, "package-lock.json"), "utf8")) as {
    packages: Record<string, { resolved?: string; link?: boolean }>;
  };
  for (const { link, resolved = "" } of Object.values(lock.packages)) {
    if (link === true) fs.accessSync(inStage(stage, `${resolved}/package.json`));
  }
  fs.accessSync(inStage(stage, "package.json"));
  fs.symlinkSync(path.join(root, "node_modules"), inStage(stage, "node_modules"));
}

/** `npm prune`: what is left are the packages that a user's install brings. */
function prune(stage: Stage): void {
  fs.unlinkSync(inStage(stage, "node_modules"));
  for (const name of productionPackages()) {
    fs.cpSync(path.join(root, name), inStage(stage, name), { recursive: true });
  }
}
