import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as library from "../src/index.ts";

const root = path.resolve(import.meta.dirname, "..");
const readme = fs.readFileSync(path.join(root, "README.md"), "utf8");
const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const cli = path.join(root, "dist", "cli.js");

let work: string;
beforeAll(() => void (work = fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-docs-"))));
afterAll(() => fs.rmSync(work, { recursive: true, force: true }));

describe("README.md", () => {
  test("its first example prints what it says", () => {
    const [command = "", ...output] = block("console").split("\n");
    const [, configDir = "", args = ""] = /^\$ CLAUDE_CONFIG_DIR=(\S+) node (.*)$/.exec(command) ?? [];
    const env = { ...process.env, CLAUDE_CONFIG_DIR: configDir };
    expect(execFileSync(process.execPath, args.split(" "), { cwd: root, env, encoding: "utf8" })).toBe(
      output.join("\n"),
    );
  });

  test("its commands are scripts of the package, or the built program", () => {
    expect(blocks("sh").flatMap((text) => text.trim().split("\n"))).toEqual([
      "npm ci",
      "npm run build",
      "node dist/cli.js list",
      "npm test",
    ]);
    const scripts = [...readme.matchAll(/npm (?:run )?(build|test|check|bench|fix|parity)\b/g)].map(([, name]) => name);
    expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name ?? ""))).toEqual([]);
  });

  test("its example of an editor's settings starts a server that answers", () => {
    const { agent_servers } = JSON.parse(block("json")) as {
      agent_servers: Record<string, { command: string; args: string[] }>;
    };
    const [{ command, args } = { command: "", args: [""] }] = Object.values(agent_servers);
    expect(command).toBe("node");
    const request = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: 1 } };
    const stdout = execFileSync(
      process.execPath,
      args.map((arg) => arg.replace("/path/to/claude-transcripts", root)),
      { input: `${JSON.stringify(request)}\n`, encoding: "utf8" },
    );
    expect(JSON.parse(stdout)).toMatchObject({ id: 1, result: { agentInfo: { name: "claude-transcripts" } } });
  });

  test("its example of the library compiles and does what it says", () => {
    const configDir = path.join(work, "config");
    fs.cpSync(path.join(root, "fixtures", "config"), configDir, { recursive: true });
    fs.mkdirSync(path.join(work, "node_modules", "@types"), { recursive: true });
    fs.symlinkSync(root, path.join(work, "node_modules", "claude-transcripts"), "junction");
    fs.symlinkSync(
      path.join(root, "node_modules/@types/node"),
      path.join(work, "node_modules/@types/node"),
      "junction",
    );
    fs.writeFileSync(path.join(work, "package.json"), '{"type":"module"}');
    fs.writeFileSync(path.join(work, "example.ts"), block("ts"));
    const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
    const options = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "--skipLibCheck"];
    const { stdout } = spawnSync(process.execPath, [compiler, "example.ts", ...options], {
      cwd: work,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    const env = { ...process.env, CLAUDE_CONFIG_DIR: configDir };
    const printed = execFileSync(process.execPath, ["example.js"], { cwd: work, env, encoding: "utf8" });
    expect(printed).toMatch(/^2026-08-21T15:46:\S+ {2}5d3f2a10-\S+ {2}August is not September$/m);
    expect(printed).toContain("\n8 sessions, more with { cursor: nextCursor }\n");
    expect(printed).toMatch(/\d+ messages, forked as [0-9a-f-]{36}\n$/);
  });

  test("its table has every function of the library, and no other", () => {
    const table = /## As a library[^]*?(\| to \|[^]*?)\n\n/.exec(readme)?.[1] ?? "";
    const named = [...table.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? "").sort();
    const functions = Object.keys(library).filter((name) => /^[a-z]/.test(name));
    expect(named).toEqual(functions.sort());
  });

  test("the program's own help has the options it speaks of, and the other way round", () => {
    const helpOf = (...command: string[]): string =>
      execFileSync(process.execPath, [cli, ...command, "--help"], { encoding: "utf8" });
    const general = helpOf();
    const commands = [...general.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name = ""]) => name);
    expect(commands).toContain("acp");
    const help = [general, ...commands.map((name) => helpOf(name))].join("");
    const options = (text: string): string[] => [...new Set(text.match(/--(?:config-dir|no-[a-z]+)\b/g))].sort();
    expect(options(readme)).toEqual(options(help));
  });
});

const documents = ["", "docs", "fixtures"].flatMap((folder) =>
  fs
    .readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join(folder, name)),
);

test.for(documents)("the files that %s links to are there", (name) => {
  const text = fs.readFileSync(path.join(root, name), "utf8");
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? "");
  expect(links.filter((target) => !fs.existsSync(path.resolve(root, path.dirname(name), target)))).toEqual([]);
});

describe("ARCHITECTURE.md", () => {
  const text = fs.readFileSync(path.join(root, "ARCHITECTURE.md"), "utf8");
  const sources = fs
    .readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.basename(name));
  const named = new Set([...text.matchAll(/[\w-]+(?:\.\w+)*\.ts\b/g)].map(([name]) => name));

  test("has every source file", () => {
    expect(sources.filter((name) => !named.has(name) && !name.endsWith(".d.ts"))).toEqual([]);
  });

  test("has no file that is not there", () => {
    const tests = new Set(
      fs.readdirSync(path.join(root, "test"), { recursive: true, encoding: "utf8" }).map((name) => path.basename(name)),
    );
    expect([...named].filter((name) => !sources.includes(name) && !tests.has(name))).toEqual([]);
  });
});

function blocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text ?? "");
}

function block(language: string): string {
  const [only = "", ...others] = blocks(language);
  expect(others).toEqual([]);
  return only;
}
