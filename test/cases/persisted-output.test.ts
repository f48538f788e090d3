import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { show } from "../../src/cli/show/show-run.ts";
import { readToolResult } from "../../src/index.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { connectMcpHere } from "../support/mcp-client.ts";
import { parsePage } from "../support/mcp-pages.ts";
import { caseConfigDir, onEverySurface } from "../support/surfaces.ts";

/** Output of a command, and of an MCP server: a JSON list of text blocks. */
const CASES = [
  { id: "bb7f5ae6-220c-4828-85ec-91faf054197c", name: "bx7k2.txt", call: "toolu_x1", size: "107 kB" },
  {
    id: "54105bdd-bfe3-4639-849c-be8f5182c958",
    name: "mcp-crm-list-1789030801000.txt",
    call: "toolu_x2",
    size: "120 kB",
  },
] as const;

const fileOf = (dir: string, id: string, name: string): string =>
  path.join(dir, "projects", "-home-eve-shop", id, "tool-results", name);

function textOf(file: string): string {
  const text = fs.readFileSync(file, "utf8");
  return text.startsWith("[") ? (JSON.parse(text) as { text: string }[]).map((block) => block.text).join("\n") : text;
}

async function printed(dir: string, id: string, options: Readonly<Record<string, unknown>>): Promise<string> {
  const terminal = new FakeTerminal();
  await show(invocation(terminal, dir, [id], options));
  return terminal.out;
}

/** All of what get_message gives, page by page. */
async function wholeMessage(dir: string, session: string, id: string): Promise<{ text: string; pages: number }> {
  const client = await connectMcpHere(dir);
  let [text, offset, pages] = ["", 0, 0];
  for (; pages < 100; pages++) {
    const page = await client.call("get_message", { session, id, offset, maxTokens: 20_000 });
    const { body = "", foot = "" } = parsePage(page.text) ?? {};
    text += body;
    const next = /"offset":(\d+)/.exec(foot)?.[1];
    if (next === undefined) return { text, pages: pages + 1 };
    offset = Number(next);
  }
  throw new Error("it never ends");
}

describe.each(CASES)("$name", ({ id, name, call, size }) => {
  test("is whole on every surface that gives whole outputs", async () => {
    const dir = caseConfigDir("persisted-output");
    const whole = textOf(fileOf(dir, id, name));
    const lines = whole.trimEnd().split("\n");
    const { show: full, updates } = await onEverySurface(dir, id);

    expect(full).toContain(lines.map((line) => `  │ ${line}`).join("\n"));
    expect(full).not.toMatch(/persisted-output|Full output saved|whole output/);
    const markdown = await printed(dir, id, { full: true, format: "markdown" });
    expect(markdown).toContain(lines.join("\n"));
    const json = JSON.parse(await printed(dir, id, { full: true, json: true })) as { messages: { parts: unknown[] }[] };
    const parts = json.messages.flatMap((message) => message.parts);
    expect(parts).toContainEqual(expect.objectContaining({ kind: "result", text: whole }));

    const update = updates.find((one) => one.sessionUpdate === "tool_call_update" && one.toolCallId === call);
    const shown = JSON.stringify(update);
    expect(shown).toContain(JSON.stringify(whole.trimEnd()).slice(1, -1));
    expect(shown).not.toMatch(/persisted-output|Full output saved/);
    expect(update).toMatchObject({
      status: "completed",
      _meta: { "claude-transcripts": { spilled: { name, bytes: fs.statSync(fileOf(dir, id, name)).size } } },
    });

    const byCall = await wholeMessage(dir, id, call);
    expect(byCall.pages).toBeGreaterThan(1);
    expect(byCall.text.replaceAll("\n", "")).toContain(lines.join(""));
    expect(byCall.text).not.toMatch(/persisted-output|Full output saved/);
  });

  test("is announced where only its beginning stands, without the words for the model", async () => {
    const dir = caseConfigDir("persisted-output");
    const { mcp } = await onEverySurface(dir, id);
    const folded = await printed(dir, id, {});
    expect(folded).toContain(`  │ the whole output, ${size}: --full`);
    expect(folded).toContain("1 long output except its beginning (--full)");
    const [, row = ""] = new RegExp(`\\[the whole output, ${size}: get_message id (\\w+)\\]`).exec(mcp) ?? [];
    for (const text of [folded, mcp, await printed(dir, id, { format: "markdown" })]) {
      expect(text).not.toMatch(/persisted-output|Full output saved/);
      expect(text).toMatch(/line 0 of the build log|ROW ROW/);
      expect(text.length).toBeLessThan(5000);
    }
    // The id that is told leads to the output, and to nothing else.
    const { text } = await wholeMessage(dir, id, row);
    const plain = (value: string): string => value.replaceAll("\n", "").trimEnd();
    expect(plain(text) === plain(textOf(fileOf(dir, id, name)))).toBe(true);
  });

  test("is said to be missing where the file is not there", async () => {
    const dir = caseConfigDir("persisted-output");
    fs.rmSync(fileOf(dir, id, name));
    // Nothing is looked for where the path leads, or anywhere else.
    fs.writeFileSync(path.join(dir, name), "somewhere else");
    const { show: full, mcp, pages, updates, facts } = await onEverySurface(dir, id);
    expect(full).toContain("Not shown: 1 long output that is not in this store.");
    expect(pages.join("\n")).toContain("Left out: 1 × outputs that are not in this store.");
    const words = `the whole output, ${size}, is not in this store`;
    expect(full).toContain(`  │ ${words}`);
    expect(mcp).toContain(`[${words}]`);
    expect(JSON.stringify(updates)).toContain(`[${words.replace("the", "The")}]`);
    expect(facts.notShown).toEqual({ missingOutputs: 1 });
    for (const text of [full, mcp, JSON.stringify(updates)]) {
      expect(text).not.toMatch(/persisted-output|Full output saved|somewhere else/);
      expect(text).toMatch(/line 0 of the build log|ROW ROW/);
    }
  });

  test("is read by the library, by the path that the row tells", async () => {
    const dir = caseConfigDir("persisted-output");
    const { messages } = await onEverySurface(dir, id);
    const [, told = ""] = /saved to: (\S+?)\\n/.exec(JSON.stringify(messages)) ?? [];
    let text = "";
    for await (const piece of readToolResult(id, told, { configDirs: [dir] })) text += piece;
    expect(text === fs.readFileSync(fileOf(dir, id, name), "utf8")).toBe(true);
  });
});
