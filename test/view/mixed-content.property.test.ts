import fc from "fast-check";
import { expect, test } from "vitest";
import { show } from "../../src/cli/show/show-run.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { connectMcpHere } from "../support/mcp-client.ts";
import { parsePage, readThrough } from "../support/mcp-pages.ts";
import { assistant, attachment, jsonl, result, type Row, user } from "../support/rows.ts";
import { runs } from "../support/runs.ts";
import { onEverySurface } from "../support/surfaces.ts";

const ID = sessionId(1);

/** Each piece is named once: `x1` by its text, its link, or its file. */
type Make = (name: string, dir: string) => unknown;

const text = (words: string): Row => ({ type: "text", text: words });
const stub = (file: string, preview: string): string =>
  `<persisted-output>\nOutput too large (9KB). Full output saved to: /old/tool-results/${file}\n\nPreview (first 2KB):\n${preview}\n...\n</persisted-output>`;

const PLAIN: Readonly<Record<string, Make>> = {
  text: (name) => text(name),
  string: (name) => name,
  empty: () => text(""),
  image: (name) => ({ type: "image", source: { type: "url", url: `https://x.org/${name}` } }),
  data: (name) => ({ type: "image", source: { type: "base64", media_type: `image/${name}`, data: "AAAA" } }),
  document: (name) => ({ type: "document", source: { type: "url", url: `https://x.org/${name}` } }),
  unknown: (name) => ({ type: name }),
};
const RESULT: Readonly<Record<string, Make>> = {
  ...PLAIN,
  unknown: (name) => ({ type: "new", said: name }),
  stub(name, dir) {
    put(dir, `projects/-w/${ID}/tool-results/${name}.txt`, `${"line\n".repeat(40)}${name} end\n`);
    return text(stub(`${name}.txt`, "line"));
  },
  gone: (name) => text(stub(`${name}.txt`, `start of ${name}`)),
};

const some = (makes: Readonly<Record<string, Make>>): fc.Arbitrary<string[]> =>
  fc.array(fc.constantFrom(...Object.keys(makes)), { minLength: 1, maxLength: 4 });

const TOOLS = ["Bash", "Read", "Agent", "Edit", "ToolSearch", "WebSearch", "Grep", "mcp__crm__list"];

const parts = fc.record({
  prompt: some(PLAIN),
  result: some(RESULT),
  tool: fc.constantFrom(...TOOLS),
  failed: fc.boolean(),
  answer: some({ text: PLAIN["text"] as Make, image: PLAIN["image"] as Make, unknown: PLAIN["unknown"] as Make }),
  meta: some(PLAIN),
  queued: some(PLAIN),
  removed: some(PLAIN),
  attached: some(PLAIN),
  task: some(PLAIN),
  found: some(RESULT),
  /** A list of one block is that block alone. */
  bare: fc.boolean(),
  /** The row of the result has the CLI's own record of it. */
  record: fc.boolean(),
});

const LETTERS = {
  prompt: "p",
  result: "r",
  answer: "a",
  meta: "m",
  queued: "q",
  removed: "d",
  attached: "t",
  task: "s",
  found: "f",
} as const;

interface Named {
  readonly kind: string;
  readonly name: string;
}

/** Returns the texts of the result as the record of a command has them. */
const textsIn = (kinds: readonly string[]): string[] =>
  kinds.flatMap((kind, i) => {
    const name = `${LETTERS.result}x${i}x`;
    const words: Readonly<Record<string, string>> = {
      text: name,
      string: name,
      unknown: JSON.stringify({ type: "new", said: name }),
      stub: "line",
      gone: `start of ${name}`,
    };
    return words[kind] ?? [];
  });

type Made = typeof parts extends fc.Arbitrary<infer T> ? T : never;

/** Returns the rows of the session and of its subagent, and the names in them. */
function build(dir: string, made: Made): { rows: Row[]; agent: Row[]; all: Named[] } {
  const all: Named[] = [];
  const list = (part: keyof typeof LETTERS, makes: Readonly<Record<string, Make>> = PLAIN): unknown => {
    const items = made[part].map((kind, i) => {
      const name = `${LETTERS[part]}x${i}x`;
      const isHidden = part === "meta" && (kind === "text" || kind === "string" || kind === "unknown");
      if (kind !== "empty" && !isHidden) all.push({ kind, name });
      return makes[kind]?.(name, dir);
    });
    return made.bare && part !== "attached" && part !== "answer" && items.length === 1 ? items[0] : items;
  };
  const queue = (operation: string, content?: unknown): Row => ({
    type: "queue-operation",
    operation,
    sessionId: ID,
    ...(content !== undefined && { content }),
  });
  const rows = [
    user(1, null, "<command-message>fix</command-message>\n<command-name>/fix</command-name>"),
    user(2, 1, list("meta"), { isMeta: true }),
    user(3, 2, list("prompt")),
    assistant(4, 3, [{ type: "tool_use", id: "toolu_1", name: made.tool, input: {} }]),
    result(5, 4, "toolu_1", {
      message: {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_1", content: list("result", RESULT), is_error: made.failed },
        ],
      },
      ...(made.record && { toolUseResult: { stdout: textsIn(made.result).join("\n"), stderr: "" } }),
    }),
    queue("enqueue", list("removed")),
    queue("remove"),
    attachment(6, 5, { type: "queued_command", prompt: list("attached") }),
    assistant(7, 6, list("answer")),
    queue("enqueue", list("queued")),
  ];
  const side = { isSidechain: true, agentId: "a1" };
  const agent = [
    user(11, null, list("task"), side),
    assistant(12, 11, [{ type: "tool_use", id: "toolu_2", name: made.tool, input: {} }], side),
    user(13, 12, [{ type: "tool_result", tool_use_id: "toolu_2", content: list("found", RESULT) }], side),
  ];
  return { rows, agent, all };
}

async function printed(dir: string, options: Row): Promise<string> {
  const terminal = new FakeTerminal();
  await show(invocation(terminal, dir, [ID], options));
  return terminal.out;
}

const lacks = (shown: string, all: readonly Named[]): Named[] => all.filter(({ name }) => !shown.includes(name));

test("each text and picture of any list of blocks is shown on every surface, and what is not there is counted", async () => {
  await fc.assert(
    fc.asyncProperty(parts, async (made) => {
      const dir = tempConfigDir();
      const { rows, agent, all: named } = build(dir, made);
      const [all, side] = [false, true].map((ofAgent) =>
        named.filter(({ name }) => /^[sf]/.test(name) === ofAgent),
      ) as [Named[], Named[]];
      put(dir, `projects/-w/${ID}.jsonl`, jsonl(rows));
      put(dir, `projects/-w/${ID}/subagents/agent-a1.jsonl`, jsonl(agent));
      const surfaces = await onEverySurface(dir, ID);
      const markdown = await printed(dir, { full: true, format: "markdown" });
      const json = await printed(dir, { full: true, json: true });
      const client = await connectMcpHere(dir);
      const whole = await client.call("get_message", { session: ID, id: "toolu_1", maxTokens: 20_000 });
      const [page] = await readThrough(client, { session: ID, agentId: "a1" }, "start");
      const updates = JSON.stringify(surfaces.updates);

      const missing = made.result.filter((kind) => kind === "gone").length;
      expect({
        show: lacks(surfaces.show, all),
        markdown: lacks(markdown, all),
        json: lacks(json, all),
        acp: lacks(updates, all),
        // A page has the beginning of a long output.
        page: lacks(
          surfaces.mcp,
          all.filter(({ kind }) => kind !== "stub"),
        ),
        agent: lacks(await printed(dir, { full: true, subagent: "a1" }), side),
        agentPage: lacks(
          page?.body ?? "",
          side.filter(({ kind }) => kind !== "stub"),
        ),
        get: lacks(
          parsePage(whole.text)?.body ?? "",
          all.filter(({ name }) => name.startsWith("r")),
        ),
      }).toEqual({ show: [], markdown: [], json: [], acp: [], agent: [], agentPage: [], page: [], get: [] });
      for (const shown of [surfaces.show, markdown, json, updates, surfaces.mcp, whole.text]) {
        expect(shown).not.toMatch(/persisted-output|Full output saved/);
      }
      expect(JSON.parse(json)).toMatchObject({ omitted: { missingOutputs: missing } });
      expect(surfaces.facts.notShown?.missingOutputs ?? 0).toBe(missing);
      expect(surfaces.pages.join("\n").includes("outputs that are not in this store")).toBe(missing > 0);
      for (const shown of [surfaces.show, updates, surfaces.mcp, whole.text]) {
        expect(shown.split("is not in this store").length - 1).toBeGreaterThanOrEqual(missing);
      }
    }),
    { numRuns: runs(60) },
  );
});
