import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { CLAUDE_TOOLS, claudeTool } from "../../../src/view/tools/claude-tools.ts";
import type { Place, ToolKind } from "../../../src/view/tools/claude-tool.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { assistant, jsonl, user } from "../../support/rows.ts";
import { onEverySurface } from "../../support/surfaces.ts";

/** A call of a tool, what it came to, and what the table makes of both; README.md of fixtures has more. */
interface Fixture {
  readonly input: Readonly<Record<string, unknown>>;
  /** Type of the result of a tool that the API runs itself. */
  readonly type?: string;
  readonly result: unknown;
  /** The CLI's record of the result (`toolUseResult`). */
  readonly record?: unknown;
  readonly title: string;
  readonly kind: ToolKind;
  readonly locations: readonly Place[];
  readonly line: string;
  /** Members of the call that its result replaces. */
  readonly after?: { readonly title?: string; readonly locations?: readonly Place[] };
  /** Texts of the call or its result that every surface shows. */
  readonly shows: readonly string[];
}

const FIXTURES = path.resolve("fixtures", "tools");
/** A tool without an entry. */
const OTHER = "mcp__git__log";
const NAMES = [...CLAUDE_TOOLS.keys(), OTHER];
/** Of a longer input an agent gets the beginning. */
const CUT_UNITS = 400;

const fixtureOf = (name: string): Fixture =>
  JSON.parse(fs.readFileSync(path.join(FIXTURES, `${name}.json`), "utf8")) as Fixture;

test("each entry has a fixture, and each fixture an entry", () => {
  expect(fs.readdirSync(FIXTURES).sort()).toEqual(NAMES.map((name) => `${name}.json`).sort());
});

test.for(NAMES)("%s looks on every surface as its fixture says", async (name) => {
  const fixture = fixtureOf(name);
  const { input, type, result, record, title, kind, locations, line, after = {}, shows } = fixture;
  expect(claudeTool(name).kind).toBe(kind);
  expect(claudeTool(name).line(input, "/w")).toBe(line);

  const answer = { type: type ?? "tool_result", tool_use_id: "t1", content: result };
  const calls = [{ type: type === undefined ? "tool_use" : "server_tool_use", id: "t1", name, input }];
  const dir = tempConfigDir();
  put(
    dir,
    `projects/-w/${sessionId(1)}.jsonl`,
    jsonl([
      user(1, null),
      ...(type === undefined
        ? [assistant(2, 1, calls), user(3, 2, [answer], record === undefined ? {} : { toolUseResult: record })]
        : [assistant(2, 1, [...calls, answer])]),
    ]),
  );
  const { show, updates, mcp } = await onEverySurface(dir, sessionId(1));

  const call = updates.find((update) => update.sessionUpdate === "tool_call");
  expect(call).toMatchObject({ name, title, kind, rawInput: input });
  expect(call?.locations ?? []).toEqual(locations);
  const end = updates.find((update) => update.sessionUpdate === "tool_call_update");
  expect(end?.status).toBe("completed");
  expect({ title: end?.title, locations: end?.locations }).toEqual({
    title: after.title,
    locations: after.locations,
  });

  expect(show).toContain(`\n${`● ${name} ${line}`.trim()}\n`);

  const given = mcp.split("\n").find((text) => text.startsWith(`→ ${name} `)) ?? "";
  const json = JSON.stringify(input);
  const about = claudeTool(name).leads.filter((key) => key in input);
  const wanted = json.length <= CUT_UNITS ? [json] : about.map((key) => JSON.stringify(input[key]));
  expect(wanted.filter((text) => !given.includes(text))).toEqual([]);

  expect(shows).not.toEqual([]);
  const sent = JSON.stringify([call, end]);
  for (const text of shows) {
    const inJson = JSON.stringify(text).slice(1, -1);
    expect(sent, "over ACP").toContain(inJson);
    expect(show, "in a terminal").toContain(text);
    expect(mcp.includes(text) || mcp.includes(inJson), `over MCP: ${text}`).toBe(true);
  }
});

test("each tool that changes the plan has a name that a window searches for (acp/replay/load.ts)", () => {
  const changing = [...CLAUDE_TOOLS].filter(([, { plan }]) => plan !== undefined).map(([name]) => `"${name}"`);
  expect(changing.length).toBeGreaterThan(3);
  expect(changing.filter((name) => !name.startsWith('"Task') && name !== '"TodoWrite"')).toEqual([]);
});

test("names of object members are not tools", () => {
  expect(claudeTool("constructor")).toBe(claudeTool(OTHER));
  expect(claudeTool("")).toBe(claudeTool(OTHER));
});
