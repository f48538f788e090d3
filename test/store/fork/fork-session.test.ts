import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { readEntries } from "../../../src/store/read/entries.ts";
import { forkSession, type ForkSessionOptions } from "../../../src/store/fork/fork-session.ts";
import { keyOfPath } from "../../../src/store/layout/project-key.ts";
import { getSessionMessages, type TranscriptMessage } from "../../../src/store/read/session-messages.ts";
import { getSubagentMessages, listSubagents } from "../../../src/store/read/subagents.ts";
import { tempName } from "../../../src/store/disk/temp-file.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import {
  assistant,
  attachment,
  boundary,
  call,
  checkpoint,
  collect,
  jsonl,
  numberOf,
  progress,
  result,
  rewind,
  type Row,
  summary,
  system,
  user,
  uuid,
} from "../../support/rows.ts";
import { runs } from "../../support/runs.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);

function store(content: string): { configDirs: string[]; dir: string } {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, content, { mtime: 1_700_000_000 });
  return { configDirs: [dir], dir };
}

interface Forked {
  readonly id: string;
  readonly path: string;
  readonly rows: Record<string, unknown>[];
  readonly options: { configDirs: string[] };
}

async function fork(rows: readonly (Row | string)[], options: ForkSessionOptions = {}): Promise<Forked> {
  const { configDirs, dir } = store(jsonl(rows));
  const { sessionId: id } = await forkSession(ID, { configDirs, ...options });
  const file = path.join(dir, "projects/-w", `${id}.jsonl`);
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  return {
    id,
    path: file,
    rows: text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    options: { configDirs },
  };
}

/** Numbers of the source's rows, in the order of the fork. */
const origins = (rows: readonly Record<string, unknown>[]): number[] =>
  rows.flatMap(({ forkedFrom }) => (forkedFrom ? [numberOf((forkedFrom as { messageUuid: string }).messageUuid)] : []));

const four = [user(1, null), assistant(2, 1), user(3, 2), assistant(4, 3)];
const compacted = [...four, boundary(5, 4, { anchor: 6, uuids: [4] }), summary(6, 5)];
const plain = [boundary(1, null), summary(2, 1), user(3, 2), assistant(4, 3)];
const parallel = [
  user(1, null),
  call(2, 1, "A", "m"),
  call(3, 2, "B", "m"),
  result(4, 2, "A"),
  result(5, 3, "B"),
  assistant(6, 5),
  user(7, 6),
];

/** What is said, without ids that a fork makes anew. */
const said = (messages: readonly TranscriptMessage[]): unknown[] =>
  messages.map(({ type, message, compacted, branch }) => ({ type, message, compacted, branch }));

describe("forkSession", () => {
  test("keeps any bytes of a payload", async () => {
    const content = String.raw`"caf\u00e9 \/ \ud800 \"q\" 1e2"`;
    const line = `{ "type":"user", "parentUuid":null,"isSidechain":false,"sessionId":"${ID}","uuid":"${uuid(1)}","message":{"role":"user",  "content":${content}},"timestamp":"2026-01-01T00:00:00.000Z","extra":{"sessionId":"${ID}","uuid":"${uuid(1)}","n":1.50,"b":[1 , 2]} }`;
    const { path: file } = await fork([line, assistant(2, 1)]);
    const text = fs.readFileSync(file, "utf8");
    expect(text).toContain(`"message":{"role":"user",  "content":${content}}`);
    expect(text).toContain(`"extra":{"sessionId":"${ID}","uuid":"${uuid(1)}","n":1.50,"b":[1 , 2]}`);
  });

  test("keeps the payload of a row whose keys have escapes, however deep it is nested", async () => {
    const deep = `"n":1.50,"x":${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const line = String.raw`{"\u0074ype":"us\u0065r","u\u0075id":"${uuid(1)}",${deep},"message":{"content":"x"}}`;
    const { path: file } = await fork([line, assistant(2, 1)]);
    const [first] = fs.readFileSync(file, "utf8").split("\n");
    expect(first).toContain(deep);
    expect(first).toMatch(/^\{"type":"user","uuid":"[0-9a-f-]{36}","n"/);
  });

  test("creates one file with mode 0600, whatever the umask, and leaves the source unchanged", async () => {
    const { configDirs, dir } = store(jsonl(four));
    const before = snapshot(dir);
    const umask = process.umask(0);
    const { sessionId: id } = await forkSession(ID, { configDirs });
    process.umask(umask);
    const after = snapshot(dir);
    expect(after[`projects/-w/${id}.jsonl`]).toMatch(/^file 600 /);
    delete after[`projects/-w/${id}.jsonl`];
    expect(after).toEqual(before);
  });

  test.for([
    ["an API message: its last row with its results", parallel, "m", [1, 2, 3, 4, 5]],
    ["an API message without calls", four, "msg_2", [1, 2]],
    ["a row of a batch", parallel, uuid(3), [1, 2, 3]],
    ["a row on an abandoned branch", [...four, user(5, 2), assistant(6, 5)], uuid(4), [1, 2, 3, 4]],
    ["a row before a rewind", [...four, rewind(2), user(5, 2)], uuid(3), [1, 2, 3]],
    ["a row on a branch without the compaction", [...compacted, user(8, 2)], uuid(8), [1, 2, 3, 4, 8]],
    [
      "a row below a sidechain on such a branch",
      [...compacted, user(7, 2, "side", { isSidechain: true }), user(8, 7)],
      uuid(8),
      [1, 2, 3, 4, 8],
    ],
    [
      "a row behind a second compaction with a parent, before which all rows were copied",
      [...plain, ...plain, { ...boundary(5, 4), parentUuid: uuid(4) }, summary(6, 5), user(7, 6)],
      uuid(6),
      [1, 2, 3, 4, 1, 2, 3, 4, 5, 6],
    ],
  ] as [string, Row[], string, number[]][])("up to %s", async ([, rows, upToMessageId, expected]) => {
    expect(origins((await fork(rows, { upToMessageId })).rows)).toEqual(expected);
  });

  test.for([
    ["unknown message", four, { upToMessageId: "nope" }, "MessageNotFound", `Message nope not found in session ${ID}`],
    [
      "only a sidechain",
      [user(1, null, "x", { isSidechain: true })],
      {},
      "NoMessages",
      `Session ${ID} has no messages to fork`,
    ],
    ["only progress", [progress(1, null)], {}, "NoMessages", `Session ${ID} has no messages to fork`],
    ["relative cwd", four, { cwd: "rel" }, "InvalidArgument", 'cwd must be an absolute path, got "rel"'],
  ] as [string, Row[], ForkSessionOptions, string, string][])(
    "refuses: %s",
    async ([, rows, options, code, message]) => {
      const { configDirs, dir } = store(jsonl(rows));
      const before = snapshot(dir, { directoryTimes: true });
      await expect(forkSession(ID, { configDirs, ...options })).rejects.toMatchObject({ code, message });
      expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
    },
  );

  test.for([
    ["to an answer", [...four, rewind(2)]],
    ["to the start", [...four, rewind(null)]],
    ["and on", [...four, rewind(2), user(5, 2), assistant(6, 5)]],
    ["to a progress row", [...four, progress(5, 2), rewind(5)]],
    ["to the start and on", [...four, rewind(null), user(5, null), assistant(6, 5)]],
    ["to the start, and from there to a message", [...four, rewind(null), rewind(2), user(5, 2)]],
    [
      "to what was said before a compaction, and a compaction",
      [...four, boundary(7, 4), summary(8, 7), rewind(2), boundary(9, 2), summary(10, 9)],
    ],
    ["that a checkpoint took back", [...four, rewind(2), checkpoint(4)]],
    ["that a checkpoint took back, and a row", [...four, rewind(null), checkpoint(4), user(5, 4)]],
  ] as [string, Row[]][])("honours a rewind %s", async ([, rows]) => {
    const { configDirs } = store(jsonl(rows));
    const { sessionId: id } = await forkSession(ID, { configDirs });
    for (const options of [{}, { includeCompacted: true, branches: "all" as const }]) {
      const [ours, theirs] = [id, ID].map((session) => getSessionMessages(session, { configDirs, ...options }));
      expect(said((await ours) ?? [])).toEqual(said((await theirs) ?? []));
    }
  });

  test("links a row without a parent in the file as the reader does", async () => {
    const { rows } = await fork([user(1, null), assistant(2, 1), user(4, 3), assistant(5, 4)]);
    expect(rows[2]?.["parentUuid"]).toBe(rows[1]?.["uuid"]);
  });

  test("keeps the ids of messages if asked", async () => {
    const { id, rows } = await fork(parallel, { preserveMessageIds: true });
    expect(rows.slice(0, 7).map((row) => row["uuid"])).toEqual([1, 2, 3, 4, 5, 6, 7].map(uuid));
    expect(rows[1]).toMatchObject({
      parentUuid: uuid(1),
      sessionId: id,
      forkedFrom: { sessionId: ID, messageUuid: uuid(2) },
    });
  });

  test("goes to the project of another directory, with the paths below the source's mapped", async () => {
    const dir = tempConfigDir();
    const target = fs.realpathSync(fs.mkdtempSync(path.join(dir, "target-")));
    const at = (n: number, cwd: string): Row => user(n, n === 1 ? null : n - 1, "x", { cwd });
    put(
      dir,
      `projects/${keyOfPath("/src/repo")}/${ID}.jsonl`,
      jsonl([at(1, "/src/repo"), at(2, "/src/repo/a/b"), at(3, "/src/repo-two"), at(4, "/else")]),
    );
    const { sessionId: id } = await forkSession(ID, { configDirs: [dir], cwd: target });
    const rows = await collect(readEntries(id, { configDirs: [dir], dir: target }));
    expect(rows.slice(0, 4).map(({ value }) => value?.["cwd"])).toEqual([
      target,
      `${target}/a/b`,
      "/src/repo-two",
      "/else",
    ]);
    expect(fs.existsSync(path.join(dir, "projects", keyOfPath(target), `${id}.jsonl`))).toBe(true);
  });

  test("carries over the session's relocation, by its own rows only (official-helpers.md §6.5)", async () => {
    const moved = (to: string, id: string): Row => ({ type: "relocated", sessionId: id, relocatedCwd: to });
    const { rows } = await fork([...four, moved("/own", ID), moved("/other", sessionId(2))]);
    expect(rows.filter(({ type }) => type === "relocated").map((row) => row["relocatedCwd"])).toEqual(["/own"]);
  });

  test("copies the subagents if asked", async () => {
    const { configDirs, dir } = store(jsonl(four));
    put(
      dir,
      `projects/-w/${ID}/subagents/wf/agent-x.jsonl`,
      jsonl([user(1, null, "task", { sessionId: ID, isSidechain: true })]),
    );
    put(dir, `projects/-w/${ID}/subagents/wf/agent-x.meta.json`, '{"toolUseId":"t1"}');
    const { sessionId: without } = await forkSession(ID, { configDirs });
    expect(await listSubagents(without, { configDirs })).toEqual([]);
    // A fork that is there has them: they get their names first.
    const link = fs.linkSync;
    let early: boolean | undefined;
    vi.spyOn(fs, "linkSync").mockImplementation((from, to) => {
      early ??= fs.existsSync(String(to).replace(/\.jsonl$/, "/subagents/wf/agent-x.jsonl"));
      link(from, to);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const { sessionId: id } = await forkSession(ID, { configDirs, includeSubagents: true });
    expect(early).toBe(true);
    expect(await listSubagents(id, { configDirs })).toEqual(["x"]);
    expect((await getSubagentMessages(id, "x", { configDirs }))[0]).toMatchObject({
      session_id: id,
      parent_tool_use_id: "t1",
    });
    expect(fs.readdirSync(path.join(dir, "projects/-w")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test.for([
    ["whose rows hang on earlier rows reads like its source", false],
    ["whose rows hang on anything, later rows and themselves too, keeps every row and invents no parent", true],
  ] as [string, boolean][])("of any tree %s", async ([, hostile]) => {
    await fc.assert(
      fc.asyncProperty(treesOf(hostile), async (rows) => {
        const { configDirs, dir } = storeIn(jsonl(rows));
        try {
          const { sessionId: id } = await forkSession(ID, { configDirs });
          const entries = await collect(readEntries(id, { configDirs }));
          const forked = entries.flatMap(({ value }) => (value?.["forkedFrom"] ? [value] : []));
          const known = new Set(forked.map((row) => row["uuid"]));
          for (const row of forked) expect(row["parentUuid"] === null || known.has(row["parentUuid"])).toBe(true);
          expect(origins(forked)).toEqual(
            origins(rows.filter(isCopied).map((row) => ({ forkedFrom: { messageUuid: row["uuid"] } }))),
          );
          for (const options of hostile
            ? []
            : [{}, { includeCompacted: true }, { includeCompacted: true, branches: "all" as const }]) {
            const [ours, theirs] = [id, ID].map((session) => getSessionMessages(session, { configDirs, ...options }));
            expect(said((await ours) ?? [])).toEqual(said((await theirs) ?? []));
          }
        } finally {
          fs.rmSync(dir, { recursive: true });
        }
      }),
      { numRuns: runs(250) },
    );
  });
});

const isCopied = (row: Row): boolean =>
  row["uuid"] !== undefined && row["type"] !== "progress" && row["isSidechain"] !== true;

function storeIn(content: string): { configDirs: string[]; dir: string } {
  const dir = fs.mkdtempSync(path.join(process.env["TMPDIR"] ?? "/tmp", "claude-transcripts-fork-"));
  put(dir, `projects/-w/${ID}.jsonl`, content);
  return { configDirs: [dir], dir };
}

/** Files of rows that hang on earlier rows, on nothing or on what is nowhere; hostile ones also on later rows and themselves. */
const treesOf = (hostile: boolean): fc.Arbitrary<Row[]> =>
  fc
    .array(
      fc.record({
        kind: fc.constantFrom(
          "user",
          "user",
          "assistant",
          "assistant",
          "call",
          "result",
          "system",
          "attachment",
          "progress",
          "side",
          "boundary",
          "rewind",
        ),
        parent: fc.oneof(
          { weight: 6, arbitrary: fc.constant(-1) },
          { weight: 3, arbitrary: fc.nat({ max: 30 }) },
          { weight: 1, arbitrary: fc.constantFrom(null, 99) },
        ),
        tool: fc.constantFrom("A", "B", "C"),
      }),
      { minLength: 1, maxLength: 14 },
    )
    .map((specs) => {
      let said = 0;
      let called = "";
      return [
        user(0, null, "start"),
        ...specs.flatMap((spec, i) => {
          const earlier =
            hostile || spec.parent === null || spec.parent === 99 ? spec.parent : spec.parent % (2 * i + 1);
          const rows = rowsOf({ ...spec, parent: earlier }, 2 * i + 1, said, called);
          if (spec.kind === "call") called = spec.tool + String(2 * i + 1);
          if (spec.kind === "user" || spec.kind === "assistant") said = 2 * i + 1;
          return rows;
        }),
      ];
    });

/** `said` is the last message: a compaction keeps messages, never what stands between them. `called` is the last tool call. */
function rowsOf(
  { kind, parent, tool }: { kind: string; parent: number | null; tool: string },
  n: number,
  said: number,
  called: string,
): Row[] {
  // A main row on the root of a sidechain makes the official reader, and ours, show nothing; a fork has no such root.
  const above = kind === "side" ? said : parent === -1 ? Math.max(0, n - 2) : parent;
  switch (kind) {
    case "user":
      return [user(n, above)];
    case "assistant":
      return [assistant(n, above)];
    case "call":
      return [call(n, above, tool + String(n), `m${tool}`)];
    case "result":
      return called === "" ? [] : [result(n, above, called)];
    case "system":
      return [system(n, above, "informational")];
    case "attachment":
      return [attachment(n, above)];
    case "progress":
      return [progress(n, above)];
    case "side":
      return [user(n, above, "side", { isSidechain: true })];
    case "boundary":
      return [boundary(n + 1, said, tool === "A" ? undefined : { anchor: n, uuids: [said] }), summary(n, n + 1)];
    default:
      return [rewind(tool === "A" ? null : said)];
  }
}

test("a later fork removes what a killed one left: its temporary file and copied subagents", async () => {
  const { configDirs, dir } = store(jsonl(four));
  const { sessionId: first } = await forkSession(ID, { configDirs });
  const project = path.join(dir, "projects/-w");
  const killed = sessionId(7);
  const alive = sessionId(8);
  // A process that is gone, and this one, which is not.
  const gone = tempName(`${killed}.jsonl`).replace(`-${process.pid}-`, "-999999999-");
  put(project, gone, "half");
  put(project, `${killed}/subagents/agent-a.jsonl`, "{}\n");
  const running = tempName(`${alive}.jsonl`);
  put(project, running, "half");
  put(project, `${alive}/subagents/agent-a.jsonl`, "{}\n");
  const { sessionId: second } = await forkSession(ID, { configDirs });
  expect(fs.readdirSync(project).sort()).toEqual(
    [running, alive, `${ID}.jsonl`, `${first}.jsonl`, `${second}.jsonl`].sort(),
  );
});
