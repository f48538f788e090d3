/**
 * Every example of the README and of the docs, run in the order of its page on a copy of the fixtures in a home of its
 * own. `UPDATE_DOCS=1` also writes what was printed into the page.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consoleExamples, programsIn, type, withOutputs } from "./support/console-blocks.ts";

const root = path.resolve(import.meta.dirname, "..");
const read = (page: string): string => fs.readFileSync(path.join(root, page), "utf8");
const CLI_PAGE = "docs/cli.md";
/** The home of the pages' reader. */
const HOME = "/home/ada";

/** A home with the sessions of the fixtures, while the tests of a suite run. */
class Home {
  path = "";
  env: NodeJS.ProcessEnv = {};

  constructor() {
    beforeAll(() => this.#make());
    afterAll(() => fs.rmSync(this.path, { recursive: true, force: true }));
  }

  #make(): void {
    this.path = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-readme-")));
    fs.cpSync(path.join(root, "fixtures", "config"), path.join(this.path, ".claude"), { recursive: true });
    const programs = path.join(this.path, "bin");
    fs.mkdirSync(programs);
    this.env = {
      ...process.env,
      HOME: this.path,
      USERPROFILE: this.path,
      TZ: "UTC",
      NO_COLOR: "1",
      PATH: `${programsIn(programs)}:${process.env["PATH"]}`,
    };
    for (const name of ["CLAUDE_CONFIG_DIR", "CLAUDE_TRANSCRIPTS_ENGINE", "XDG_CACHE_HOME"]) delete this.env[name];
  }
}

describe.each(["README.md", CLI_PAGE])("the examples of %s", (page) => {
  const text = read(page);
  const printed: string[] = [];
  const home = new Home();
  afterAll(() => {
    if (process.env["UPDATE_DOCS"] !== undefined) fs.writeFileSync(path.join(root, page), withOutputs(text, printed));
  });

  // One after the other: each finds what the ones before it left.
  test.each(consoleExamples(text))("$command", ({ command, output }) => {
    const now = type(command, { cwd: root, env: home.env }).replaceAll(home.path, HOME);
    printed.push(now);
    expect(alike(now)).toBe(alike(output));
  });
});

test("the examples show every command", async () => {
  const { COMMANDS } = await import("../src/cli/commands.ts");
  const examples = consoleExamples(read(CLI_PAGE));
  const shown = new Set(examples.flatMap(({ command }) => /claude-transcripts ([a-z-]+)/.exec(command)?.[1] ?? []));
  expect(Object.keys(COMMANDS).filter((name) => !shown.has(name) && name !== "acp" && name !== "mcp")).toEqual([]);
});

describe("the settings of editors", () => {
  const request = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: 1 } };
  const editors = ["Zed", "JetBrains", "Neovim", "Emacs"];

  const home = new Home();

  test.each(editors)("%s starts a server that answers", (editor) => {
    const [command = "", ...args] = commandOf(sectionOf(editor));
    const stdout = execFileSync(command, args, {
      env: home.env,
      input: `${JSON.stringify(request)}\n`,
      encoding: "utf8",
    });
    expect(JSON.parse(stdout)).toMatchObject({ id: 1, result: { agentInfo: { name: "claude-transcripts" } } });
  });
});

/** The code block of an editor in docs/acp.md. */
function sectionOf(editor: string): { language: string; text: string } {
  const section = new RegExp(`^\\*\\*${editor}\\*\\*[^]*?^\`\`\`(\\w+)\\n([^]*?)^\`\`\`$`, "m").exec(
    read("docs/acp.md"),
  );
  return { language: section?.[1] ?? "", text: section?.[2] ?? "" };
}

/** The command that the settings name: read as JSON, or the strings of the expression that holds it. */
function commandOf({ language, text }: { language: string; text: string }): string[] {
  if (language === "json") {
    const { agent_servers } = JSON.parse(text) as {
      agent_servers: Record<string, { command: string; args: string[] }>;
    };
    return Object.values(agent_servers).flatMap(({ command, args }) => [command, ...args]);
  }
  const expression = { lua: /default = \{([^}]*)\}/, elisp: /:command (".*")\s+:command-params '\(([^)]*)\)/ }[
    language
  ];
  const [, ...parts] = expression?.exec(text) ?? [];
  return [...parts.join(" ").matchAll(/"([^"]*)"/g)].map(([, word]) => word ?? "");
}

/** Without what is another at each run: ids that were made, and how long ago something happened. */
function alike(output: string): string {
  const known = new Set(
    fs
      .readdirSync(path.join(root, "fixtures", "config", "projects"), { recursive: true, encoding: "utf8" })
      .map((name) => path.basename(name).slice(0, 8)),
  );
  return (
    output
      .replace(/\b([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8}\b/g, (id) =>
        known.has(id.slice(0, 8)) ? id : "<id>",
      )
      .replace(/\b\d{4}-\d\d-\d\dT\d\d[-:]\d\d[-:]\d\d(?:[.-]\d{3})?Z\b/g, "<time>")
      .replace(/\bjust now\b|\b\d+ (?:s|min|h|d) ago\b/g, "<time>")
      // Rows have the path of the home in them, which is not as long here; and each Node packs in its own way.
      .replace(/^((?:im|ex)ported .*, )[\d.]+ kB$/gm, "$1<size>")
      // Each Node has its own engine for searches.
      .replace(/\b(?:node:sqlite|libsql)\b/g, "<engine>")
      // The name of an index has its time in it.
      .replace(/\/[0-9a-f]{16}-\d+-[0-9a-z]+\.db +\d+ kB/, "/<index>")
      .replace(/ +/g, " ")
  );
}
