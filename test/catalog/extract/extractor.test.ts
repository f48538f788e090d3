import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Charge, Extracted, Part, Tally } from "../../../src/catalog/extract/extracted.ts";
import { type ExtractState, Extractor, type FileKind } from "../../../src/catalog/extract/extractor.ts";
import { BORDER } from "../../../src/catalog/extract/segment-builder.ts";
import { RowScan } from "../../../src/transcript/rows/json-scanner.ts";
import { visitLine } from "../../../src/transcript/rows/row.ts";
import { RowMaker, seeded } from "../../support/catalog-rows.ts";
import { runs, SEED } from "../../support/runs.ts";

const scan = new RowScan();

/** Gives the lines of `bytes` from `from` to `to` to an extractor, as `scanChunks` does. */
function read(extractor: Extractor, bytes: Buffer, from = 0, to = bytes.length): void {
  for (let start = from; start < to;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? to : newline;
    if (!extractor.line(bytes, start, end, start)) {
      visitLine(bytes, start, end, scan, {
        row: (rowStart, rowEnd) => extractor.row(bytes, rowStart, rowEnd, rowStart, scan),
      });
    }
    start = end + 1;
  }
}

const bytesOf = (rows: readonly unknown[]): Buffer =>
  Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

function extract(rows: readonly unknown[], kind: FileKind = "session"): Extracted {
  const extractor = new Extractor(kind);
  read(extractor, bytesOf(rows));
  return extractor.end();
}

/** What several calls of `take` and `end` gave, added up as a database does. */
class Sum {
  texts: Record<string, string[]> = {};
  charges = new Map<string, Charge>();
  tallies = new Map<number, Tally>();
  tools = new Map<string, number>();
  touched = new Map<string, boolean>();
  facts: unknown;
  agents = new Map<string, Sum>();

  add(part: Part): this {
    for (const segment of part.segments) {
      for (const column of ["output", "input", "said", "thinking", "title"] as const) {
        if (segment[column] !== "") (this.texts[column] ??= []).push(...segment[column].split(BORDER));
      }
    }
    for (const [key, charge] of part.charges) this.charges.set(key, charge);
    for (const [slot, tally] of part.tallies) {
      const sum = this.tallies.get(slot) ?? emptyTally();
      for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += tally[key];
      this.tallies.set(slot, sum);
    }
    for (const [slot, uses] of part.tools) {
      for (const [tool, n] of uses) this.tools.set(`${slot} ${tool}`, (this.tools.get(`${slot} ${tool}`) ?? 0) + n);
    }
    for (const [path, changed] of part.touched) this.touched.set(path, changed || this.touched.get(path) === true);
    return this;
  }

  addAll(extracted: Extracted): this {
    this.add(extracted);
    this.facts = extracted.facts;
    for (const [id, part] of extracted.agents) {
      const agent = this.agents.get(id) ?? new Sum();
      this.agents.set(id, agent.add(part));
    }
    return this;
  }
}

const emptyTally = (): Tally => ({ prompts: 0, turns: 0, messages: 0, calls: 0, active: 0, added: 0, removed: 0 });
const total = (part: Part): Tally => [...part.tallies.values()].reduce(sumOf, emptyTally());
const sumOf = (a: Tally, b: Tally): Tally =>
  Object.fromEntries(Object.entries(a).map(([key, value]) => [key, value + b[key as keyof Tally]])) as unknown as Tally;

const at = (second: number): string => new Date(Date.UTC(2026, 3, 16, 9, 0, second)).toISOString();
const prompt = (text: unknown, second = 0): object => ({
  type: "user",
  message: { role: "user", content: text },
  timestamp: at(second),
  cwd: "/home/dev/acme",
  gitBranch: "main",
});
const answer = (content: unknown[], second = 1, more: object = {}): object => ({
  type: "assistant",
  message: { role: "assistant", id: "msg_1", model: "claude-opus-5-5", content, stop_reason: "end_turn", ...more },
  requestId: "req_1",
  timestamp: at(second),
  cwd: "/home/dev/acme",
  gitBranch: "main",
});
const result = (id: string, content: unknown, second = 2, more: object = {}): object => ({
  type: "user",
  message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content, ...more }] },
  timestamp: at(second),
});

describe("extraction", () => {
  test("goes on at any row as if it had never stopped", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (seed, steps, cuts) => {
          const maker = new RowMaker(seeded(seed));
          const rows = Array.from({ length: steps }, () => maker.next()).flat();
          const bytes = bytesOf(rows);
          const borders = [0, ...[...bytes.keys()].filter((i) => bytes[i] === 0x0a).map((i) => i + 1)];
          const whole = new Extractor("session");
          read(whole, bytes);
          const expected = new Sum().addAll(whole.end());

          const sum = new Sum();
          let state: ExtractState | undefined;
          let from = 0;
          const ends = cuts.map((cut) => borders[cut % borders.length] as number).sort((a, b) => a - b);
          for (const to of [...ends, bytes.length]) {
            const extractor = new Extractor("session", state);
            read(extractor, bytes, from, to);
            sum.addAll(extractor.take()).addAll(extractor.end());
            state = JSON.parse(JSON.stringify(extractor.state)) as ExtractState;
            from = to;
          }
          expect(sum).toEqual(expected);
          expect(state).toEqual(JSON.parse(JSON.stringify(whole.state)));
        },
      ),
      { numRuns: runs(100), seed: SEED },
    );
  });

  test.each([
    ["alone", { type: "thinking", thinking: "Hm", signature: "c2ln".repeat(200) }, []],
    ["without a signature", { type: "thinking", thinking: "Hm" }, []],
    ["with an empty signature before a call", { type: "thinking", thinking: "Hm", signature: "" }, ["sealed letter"]],
    ["before a call", { type: "thinking", thinking: "Hm", signature: 'c2"ln' }, ["sealed letter"]],
    ["with a signature that is no text", { type: "thinking", thinking: "Hm", signature: [1] }, ["sealed letter"]],
    ["with its signature in a member of its own", { type: "thinking", more: { signature: "~" }, thinking: "Hm" }, []],
  ])("a thought %s is read whole but for its signature", (_, thought, signed) => {
    const calls = signed.map((signature) => ({ type: "tool_use", id: "t1", name: "Sign", input: { signature } }));
    const { segments, charges } = extract([
      answer([thought, ...calls], 1, { usage: { input_tokens: 1, output_tokens: 7 } }),
    ]);
    expect(segments).toMatchObject([{ thinking: "Hm", input: signed.map((text) => `Sign\n${text}`).join("") }]);
    expect([...charges.values()]).toMatchObject([{ output: 7 }]);
  });

  test("makes segments of at most 32,768 units, and a new one at a prompt", () => {
    const maker = new RowMaker(seeded(1));
    const rows = Array.from({ length: 300 }, () => maker.next()).flat();
    const { segments } = extract(rows);
    const bytes = bytesOf(rows);
    expect(segments.length).toBeGreaterThan(10);
    let end = 0;
    for (const { off, len, output, input, said, thinking, title } of segments) {
      const units = [output, input, said, thinking, title].join("").replaceAll(BORDER, "").length;
      // Pairs of characters for Chinese, Japanese and Korean are not counted.
      expect(units).toBeLessThan(34_000);
      expect(off).toBeGreaterThanOrEqual(end);
      end = off + len;
      expect(bytes.subarray(off, off + 1).toString() + bytes.subarray(end - 1, end).toString()).toBe("{}");
    }
  });

  test("cuts a long row at words, with an overlap, and keeps every word", () => {
    const words = Array.from({ length: 30_000 }, (_, i) => `w${i}`);
    const { segments } = extract([prompt("before"), result("toolu_1", words.join(" ")), prompt("after", 3)]);
    expect(segments.length).toBeGreaterThan(5);
    const found = new Set(segments.flatMap(({ output }) => output.split(" ")));
    expect(found).toEqual(new Set([...words, ""]));
    const long = segments.filter(({ output }) => output !== "");
    expect(new Set(long.map(({ off, len }) => `${off} ${len}`)).size).toBe(1);
    for (const [i, { output }] of long.slice(1).entries()) expect(long[i]?.output).toContain(output.slice(0, 120));
    expect(segments.map(({ said }) => said).filter((said) => said !== "")).toEqual(["before", "after"]);
  });
});

describe("a result", () => {
  test.each([
    ["of text", { content: "walrus" }, "walrus"],
    ["without content", { result: { note: "walrus" }, is_error: false, cache_control: { ttl: "1h" } }, "walrus"],
    ["with no content", { content: null, result: "walrus" }, undefined],
  ])("%s has the words that it is shown with", (_, block, output) => {
    const content = [{ type: "tool_result", tool_use_id: "t1", ...block }];
    const { segments } = extract([{ type: "user", message: { role: "user", content }, timestamp: at(1) }]);
    expect(segments.map((segment) => segment.output)).toEqual(output === undefined ? [] : [output]);
  });
});

describe("charges", () => {
  const usage = { input_tokens: 3, output_tokens: 7, cache_creation_input_tokens: 30, cache_read_input_tokens: 5 };
  const only = (rows: readonly object[]): Charge | undefined => {
    const { charges } = extract(rows);
    expect(charges.size).toBeLessThan(2);
    return [...charges.values()][0];
  };

  test("are those of the last row of a message", () => {
    const charge = only([
      answer([], 1, { usage: { ...usage, output_tokens: 1 }, stop_reason: null }),
      answer([], 2, { usage }),
    ]);
    expect(charge).toEqual({
      key: charge?.key,
      ts: Date.parse(at(2)) / 1000,
      model: "claude-opus-5-5",
      variant: "",
      branch: "main",
      input: 3,
      output: 7,
      w5: 30,
      w1h: 0,
      read: 5,
      web: 0,
      lower: false,
    });
    expect(charge?.key).toMatch(/^[\w-]{12}$/);
  });

  test.for([
    [{ cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 } }, { w5: 10, w1h: 20 }],
    [{ cache_creation: { ephemeral_1h_input_tokens: 30 } }, { w5: 0, w1h: 30 }],
    [{ cache_creation: null }, { w5: 30, w1h: 0 }],
    [{ speed: "fast" }, { variant: "fast" }],
    [{ speed: "standard", inference_geo: "not_available" }, { variant: "" }],
    [{ speed: "fast", inference_geo: "us" }, { variant: "fast us" }],
    [{ inference_geo: "us" }, { variant: "us" }],
    [{ server_tool_use: { web_search_requests: 2 } }, { web: 2 }],
    [
      { input_tokens: -1, output_tokens: "7", cache_read_input_tokens: 1e300 },
      { input: 0, output: 0, read: 0 },
    ],
  ] as const)("%o", ([more, expected]) => {
    expect(only([answer([], 1, { usage: { ...usage, ...more } })])).toMatchObject(expected);
  });

  test.for([{ model: "<synthetic>" }, { id: undefined }, { id: "" }, { usage: undefined }])(
    "no charge for %o",
    (more) => {
      expect(only([answer([], 1, { usage, ...more })])).toBeUndefined();
    },
  );

  test("have a key of both ids", () => {
    const message = (id: string, requestId: string | undefined): object => ({
      ...answer([], 1, { usage, id }),
      requestId,
    });
    const rows = [
      message("a", "b"),
      message("a", "c"),
      message("a", undefined),
      message("a\nb", ""),
      message("a", "b"),
    ];
    expect(extract(rows).charges.size).toBe(4);
    // Measured with `printf 'a\nb' | openssl sha256 -binary | basenc --base64url`.
    expect(extract([message("a", "b")]).charges.has("fhj3NzEbLcOy")).toBe(true);
  });
});

describe("counts", () => {
  test("of prompts, turns, messages, calls and active time", () => {
    const call = (id: string): object => ({ type: "tool_use", id, name: "Bash", input: { command: "ls" } });
    const rows = [
      prompt("first"),
      answer([{ type: "thinking", thinking: "hm" }], 10),
      answer([call("t1")], 20),
      answer([call("t2")], 20),
      result("t1", "a", 30),
      result("t2", "b", 40),
      answer([{ type: "text", text: "done" }], 50, { id: "msg_2" }),
      // Nobody was here for twenty minutes.
      prompt("second", 1250),
      { ...prompt("for the model", 1251), isMeta: true },
      { ...prompt("a summary", 1252), isCompactSummary: true },
      { ...prompt("to a subagent", 1253), isSidechain: true },
      prompt("<command-name>/cost</command-name>", 1254),
      prompt([{ type: "text", text: "[Request interrupted by user]" }], 1255),
    ];
    const extracted = extract(rows);
    expect(total(extracted)).toEqual({
      prompts: 2,
      turns: 1,
      messages: 4,
      calls: 2,
      active: 55_000,
      added: 0,
      removed: 0,
    });
    const slot = Date.parse(at(0)) / 900_000;
    expect([...extracted.tallies.keys()]).toEqual([slot, slot + 1]);
    expect(extracted.tools).toEqual(new Map([[slot, new Map([["Bash", 2]])]]));
  });

  test("count a queued prompt once, by the row of the queue or the attachment", () => {
    const operation = (name: string, content?: string): object => ({
      type: "queue-operation",
      operation: name,
      content,
      timestamp: at(1),
    });
    const attachment = {
      type: "attachment",
      attachment: { type: "queued_command", prompt: "go on" },
      timestamp: at(2),
    };
    const prompts = (rows: readonly object[]): number => total(extract(rows)).prompts;
    expect(prompts([operation("enqueue", "go on"), operation("remove")])).toBe(1);
    expect(prompts([operation("enqueue", "go on"), operation("remove"), attachment])).toBe(1);
    expect(prompts([operation("enqueue", "go on"), attachment, operation("remove")])).toBe(1);
    expect(prompts([attachment])).toBe(1);
    expect(prompts([operation("enqueue", "go on"), operation("dequeue"), prompt("go on", 3)])).toBe(1);
    expect(prompts([operation("enqueue", "go on"), operation("popAll")])).toBe(0);
    expect(prompts([operation("enqueue", "<task-notification>x</task-notification>"), operation("remove")])).toBe(0);
  });

  test("leave out copies that a compaction appended", () => {
    const rows = [
      prompt("one", 1),
      answer([{ type: "text", text: "two" }], 2),
      { type: "system", subtype: "compact_boundary", content: "Conversation compacted", timestamp: at(9) },
    ];
    expect(total(extract([...rows, ...rows.slice(0, 2)]))).toEqual(total(extract(rows)));
  });

  test("of lines by the record of an edit, else by its input; failed edits do not count", () => {
    const edit = (id: string, input: object): object => answer([{ type: "tool_use", id, name: "Edit", input }]);
    const file = "/home/dev/acme/a.ts";
    const counted = (rows: readonly object[]): number[] => {
      const { added, removed } = total(extract(rows));
      return [added, removed];
    };
    const call = edit("e", { file_path: file, old_string: "a\nb\nc", new_string: "a\nB\nB2\nc" });
    const record = { structuredPatch: [{ lines: [" x", "-b", "+B", "+B2", "+more"] }], originalFile: "…" };
    expect(counted([call, result("e", "ok")])).toEqual([2, 1]);
    expect(counted([call, { ...result("e", "ok"), toolUseResult: record }])).toEqual([3, 1]);
    expect(counted([call, { ...result("e", "ok"), toolUseResult: { ...record, structuredPatch: [] } }])).toEqual([
      0, 0,
    ]);
    expect(counted([call, result("e", "no", 2, { is_error: true })])).toEqual([0, 0]);
    expect(counted([call])).toEqual([0, 0]);
    const write = edit("w", { file_path: file, content: "1\n2\n3\n" });
    const created = { type: "create", filePath: file, content: "1\n2\n3\n", structuredPatch: [] };
    expect(counted([write, { ...result("w", "ok"), toolUseResult: created }])).toEqual([3, 0]);
    expect(
      counted([
        edit("m", { file_path: file, edits: [{ old_string: "a", new_string: "b" }, { old_string: "c" }] }),
        result("m", ""),
      ]),
    ).toEqual([1, 2]);
  });

  test("name the files that were read and changed", () => {
    const call = (id: string, input: object): object => answer([{ type: "tool_use", id, name: "any", input }]);
    const { touched } = extract([
      call("1", { file_path: "/abs/read.ts" }),
      call("2", { file_path: "src/changed.ts", new_string: "x", old_string: "y" }),
      result("2", "ok"),
      call("3", { file_path: "/failed.ts", content: "x" }),
      result("3", "no", 2, { is_error: true }),
      call("4", { path: "./mcp.md", content: "x" }),
      result("4", "ok"),
      call("5", { path: "/searched", pattern: "x" }),
      call("6", { notebook_path: "C:\\n.ipynb" }),
    ]);
    expect(Object.fromEntries(touched)).toEqual({
      "/abs/read.ts": false,
      "/home/dev/acme/src/changed.ts": true,
      "/failed.ts": false,
      "/home/dev/acme/mcp.md": true,
      "C:\\n.ipynb": false,
    });
  });
});

test("the last row that has a fact counts", () => {
  const { facts, segments } = extract([
    { type: "summary", summary: "an old title", leafUuid: "x" },
    { ...prompt("hi"), entrypoint: "cli" },
    answer([]),
    { type: "custom-title", customTitle: "mine" },
    { type: "ai-title", aiTitle: "theirs" },
    { type: "tag", tag: "keep" },
    { type: "tag", tag: "" },
    { type: "claude-transcripts-annotation", tags: ["keep", "more"], description: "what it is" },
    { type: "claude-transcripts-annotation", tags: "none of ours" },
    { type: "agent-name", agentName: "Greeting work" },
    { type: "cost-state", totalCostUSD: 0.00874 },
    { type: "cost-state", totalCostUSD: 0.01 },
    { type: "relocated", relocatedCwd: "/elsewhere" },
    { ...prompt("there", 9), cwd: "/third", gitBranch: "other" },
    answer([], 10, { model: "<synthetic>" }),
  ]);
  expect(facts).toEqual({
    summary: "an old title",
    customTitle: "mine",
    aiTitle: "theirs",
    tag: "",
    annotation: { tags: ["keep", "more"], description: "what it is" },
    agentName: "Greeting work",
    costState: 10_000,
    cwd: "/elsewhere",
    branch: "main",
    model: "claude-opus-5-5",
    entrypoint: "cli",
    created: Date.parse(at(0)),
    active: Date.parse(at(10)),
  });
  expect(segments[0]?.title.split(BORDER)).toEqual([
    "an old title",
    "mine",
    "theirs",
    "keep",
    "what it is",
    "more",
    "Greeting work",
  ]);
});

describe("rows of subagents in progress rows", () => {
  const inside = (row: object): object => ({
    type: "progress",
    data: { message: row, normalizedMessages: [], type: "agent_progress", prompt: "look", agentId: "a1" },
    timestamp: at(5),
    uuid: "u",
  });
  const usage = { input_tokens: 3, output_tokens: 7 };

  test("are handed out by agent", () => {
    const extracted = extract([
      prompt("go"),
      inside(prompt("look")),
      inside(answer([{ type: "tool_use", id: "t", name: "Read", input: { file_path: "/a" } }], 3, { usage })),
      inside({ ...result("t", "the file", 4), toolUseResult: { stdout: "x".repeat(500) } }),
    ]);
    expect(extracted.charges.size).toBe(0);
    expect(extracted.segments.map(({ said, output }) => [said, output])).toEqual([["go", ""]]);
    const agent = extracted.agents.get("a1");
    expect(agent?.segments.map(({ said, input, output }) => [said, input, output])).toEqual([
      ["look", "Read\n/a", "the file"],
    ]);
    expect(agent?.charges.size).toBe(1);
    expect(total(agent as Part)).toMatchObject({ prompts: 0, turns: 1, calls: 1 });
  });

  test.for([
    { type: "progress", data: { type: "bash_progress", output: "no" } },
    { type: "progress", data: { type: "hook_progress", agentId: "a1", message: prompt("no") } },
    { type: "progress", data: { message: prompt("no"), type: "query_update", agentId: "a1" } },
    { type: "progress", data: { message: { type: "progress" }, type: "agent_progress", agentId: "a1" } },
    { type: "progress", data: { message: "no", type: "agent_progress", agentId: "a1" } },
    { type: "progress", data: { message: prompt("no"), type: "agent_progress" } },
    { type: "progress", data: "no" },
    { type: "progress" },
  ])("not from %o", (row) => {
    const { segments, agents } = extract([row]);
    expect([...agents.values()].flatMap((part) => part.segments).concat(segments)).toEqual([]);
  });
});

test("a line with two rows, damage or escaped keys is read as everywhere", () => {
  const said = (line: string): string[] => {
    const extractor = new Extractor("session");
    read(extractor, Buffer.from(line));
    return extractor.end().segments.flatMap((segment) => segment.said.split(BORDER));
  };
  const [one, two] = [JSON.stringify(prompt("one")), JSON.stringify(answer([{ type: "text", text: "two" }]))];
  expect(said(one + two)).toEqual(["one", "two"]);
  expect(said(two + one)).toEqual(["two", "one"]);
  expect(said(`\0\0${two}`)).toEqual(["two"]);
  expect(said(two.slice(0, 40) + one)).toEqual(["one"]);
  expect(said(two.replace("two", "t\u0001wo"))).toEqual(["t\u0001wo"]);
  expect(said(two.replace('"type":"assistant"', String.raw`"typ\u0065":"assist\u0061nt"`))).toEqual(["two"]);
  expect(said(one.replace('"type":"user"', String.raw`"type":"us\u0065r"`))).toEqual(["one"]);
});

test("no row makes extraction throw", () => {
  const scrap = fc.constantFrom<unknown>(
    null,
    1,
    "x",
    [],
    {},
    [null],
    ["x"],
    { type: "text" },
    { type: "tool_result" },
    true,
  );
  const block = fc.record(
    {
      type: fc.constantFrom("text", "tool_use", "tool_result", "thinking", "document", "image", "mcp_tool_result", 7),
      text: scrap,
      content: scrap,
      input: fc.oneof(scrap, fc.constant({ file_path: 1, edits: [null, 1, {}] })),
      name: scrap,
      id: scrap,
      tool_use_id: scrap,
      source: scrap,
    },
    { requiredKeys: [] },
  );
  const message = fc.oneof(
    scrap,
    fc.record(
      {
        content: fc.oneof(scrap, fc.array(block, { maxLength: 3 })),
        usage: scrap,
        id: scrap,
        role: fc.constant("assistant"),
      },
      { requiredKeys: [] },
    ),
  );
  const row = fc.record(
    {
      type: fc.constantFrom(
        "user",
        "assistant",
        "system",
        "attachment",
        "progress",
        "queue-operation",
        "tag",
        "claude-transcripts-annotation",
        "cost-state",
        1,
      ),
      message,
      attachment: fc.oneof(scrap, fc.record({ type: fc.constant("queued_command"), prompt: message })),
      data: fc.oneof(scrap, fc.record({ message, type: fc.constant("agent_progress"), agentId: scrap })),
      content: scrap,
      timestamp: scrap,
      subtype: fc.constantFrom("voice_call_talk", "api_error", "local_command", "compact_boundary"),
      origin: scrap,
      error: scrap,
      operation: fc.constantFrom("enqueue", "remove", "popOne"),
      totalCostUSD: scrap,
      toolUseResult: fc.oneof(
        scrap,
        fc.constant({ structuredPatch: [null, {}, { lines: [1] }], pad: "x".repeat(300) }),
      ),
      cwd: scrap,
      gitBranch: scrap,
      tag: scrap,
      tags: scrap,
      description: scrap,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
      const extractor = new Extractor("session");
      read(extractor, bytesOf(rows));
      expect(() => JSON.stringify([extractor.end().facts, extractor.state])).not.toThrow();
    }),
    { numRuns: runs(1000), seed: SEED },
  );
});
