import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS, loadCommand } from "../src/cli/commands.ts";
import { commandHelp, generalHelp } from "../src/cli/help.ts";
import { TOOLS } from "../src/mcp/tools/all-tools.ts";
import * as library from "../src/index.ts";
import { VERSION } from "../src/version.ts";

const root = path.resolve(import.meta.dirname, "..");
const read = (page: string): string => fs.readFileSync(path.join(root, page), "utf8");
const USER_PAGES = ["README.md", "docs/cli.md", "docs/acp.md", "docs/mcp.md", "docs/library.md"];
const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

let work: string;
beforeAll(() => void (work = fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-docs-"))));
afterAll(() => fs.rmSync(work, { recursive: true, force: true }));

describe("README.md and the pages of the surfaces", () => {
  test("the README is short", () => {
    expect(read("README.md").split("\n").length).toBeLessThanOrEqual(160);
  });

  test("their commands are scripts of the package, or the built program", () => {
    const commands = USER_PAGES.flatMap((page) => blocks(page, "sh")).flatMap((text) => text.trim().split("\n"));
    expect(commands).toEqual([
      "claude mcp add transcripts -- claude-transcripts mcp",
      "npm ci",
      "npm run build",
      "node dist/cli.js list",
      "CLAUDE_CONFIG_DIR=fixtures/config node dist/cli.js list",
      "npm pack",
      `npm install --global ./claude-transcripts-${VERSION}.tgz`,
      "npm test",
      "claude mcp add transcripts -- claude-transcripts mcp",
      "npm run pack:mcpb",
      "docker build -t claude-transcripts .",
      "docker run -i --rm -v ~/.claude:/home/node/.claude:ro claude-transcripts mcp --read-only",
    ]);
    const texts = [...USER_PAGES, "CONTRIBUTING.md"].map(read).join("\n");
    const scripts = [
      ...texts.matchAll(/npm (?:run )?(build|test(?::[a-z]+)?|check|bench|fix|parity|pack:mcpb)\b/g),
    ].map(([, name]) => name);
    expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name ?? ""))).toEqual([]);
  });

  test("the examples of the library compile and do what they say", () => {
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
    const examples = blocks("docs/library.md", "ts").map((text, i) => {
      fs.writeFileSync(path.join(work, `example${i}.ts`), text);
      return `example${i}.ts`;
    });
    const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
    const options = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "--skipLibCheck"];
    const { stdout } = spawnSync(process.execPath, [compiler, ...examples, ...options], {
      cwd: work,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    const env = { ...process.env, CLAUDE_CONFIG_DIR: configDir, XDG_CACHE_HOME: path.join(work, "cache") };
    const [printed, saved, ...others] = examples.map((name) =>
      execFileSync(process.execPath, [name.replace(".ts", ".js")], { cwd: work, env, encoding: "utf8" }),
    );
    expect(others).toEqual([]);
    expect(saved).toBe("2 messages, tagged sky\n1 more, 1 session about the sky\n");
    expect(printed).toMatch(/^2026-08-21T15:46:\S+ {2}5d3f2a10-\S+ {2}August is not September$/m);
    expect(printed).toContain("\n8 sessions, more with { cursor: nextCursor }\n");
    expect(printed).toMatch(/\d+ messages, forked as [0-9a-f-]{36}\n$/);
  });

  test("the table of the library has every function of it, and no other", () => {
    const table = /## Functions[^]*?(\| to \|[^]*?)\n\n/.exec(read("docs/library.md"))?.[1] ?? "";
    const named = [...table.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? "").sort();
    const functions = Object.keys(library).filter((name) => /^[a-z]/.test(name));
    expect(named).toEqual(functions.sort());
  });

  test("docs/mcp.md names every tool", () => {
    const page = read("docs/mcp.md");
    expect(TOOLS.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test.each(USER_PAGES)("the options that %s names are in the program's help", async (page) => {
    const commands = await Promise.all(Object.keys(COMMANDS).map(loadCommand));
    const help = [await generalHelp(), ...commands.map((command) => commandHelp(command))].join("\n");
    const options = (text: string): string[] => [...new Set(text.match(/(?<![\w-])--[a-z][a-z-]*/g))].sort();
    const known = new Set([...options(help), "--global", "--rm", "--resume"]);
    expect(options(read(page)).filter((option) => !known.has(option))).toEqual([]);
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
  const anchors = [...text.matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
  const dead = anchors.filter(([, target = "", anchor = ""]) => {
    const page = target === "" ? text : fs.readFileSync(path.resolve(root, path.dirname(name), target), "utf8");
    return ![...page.matchAll(/^#+ (.*)$/gm)].some(([, heading = ""]) => slugOf(heading) === anchor);
  });
  expect(dead.map(([link]) => link)).toEqual([]);
});

/** The anchor that GitHub gives a heading. */
const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");

describe("ARCHITECTURE.md", () => {
  const text = fs.readFileSync(path.join(root, "ARCHITECTURE.md"), "utf8");
  const entries = fs
    .readdirSync(path.join(root, "src"), { recursive: true, withFileTypes: true })
    .map((entry) => ({
      isFile: entry.isFile(),
      path: path.relative(path.join(root, "src"), path.join(entry.parentPath, entry.name)),
    }))
    .map((entry) => ({ ...entry, path: entry.path.split(path.sep).join("/") }));
  const files = entries.filter(({ isFile }) => isFile).map((entry) => entry.path);

  test("has a word on every folder", () => {
    const folders = entries.filter(({ isFile }) => !isFile).map((entry) => entry.path);
    const isNamed = (folder: string): boolean => {
      const [layer = "", room] = folder.split("/");
      const section = new RegExp(`^## ${layer}/[^]*?(?=^## )`, "m").exec(text)?.[0] ?? "";
      return section !== "" && (room === undefined || section.includes(`**${room}**`));
    };
    expect(folders.filter((folder) => !isNamed(folder))).toEqual([]);
  });

  test("has no file that is not there", () => {
    const named = [...text.matchAll(/(?<![\w/.-])(?:[\w-]+\/)*[\w-]+(?:\.\w+)*\.ts\b/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(20);
    const isThere = (name: string): boolean =>
      fs.existsSync(path.join(root, name)) || files.some((file) => file === name || file.endsWith(`/${name}`));
    expect(named.filter((name) => !isThere(name))).toEqual([]);
    const words = [...text.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, name = ""]) => name);
    const scripts = fs.readdirSync(path.join(root, "scripts")).map((name) => name.replace(/\.mjs$/, ""));
    const known = new Set([...scripts, ...files.map((file) => path.basename(file, ".ts"))]);
    expect(words.filter((name) => !known.has(name))).toEqual([]);
  });
});

function blocks(page: string, language: string): string[] {
  return [...read(page).matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text ?? "");
}
