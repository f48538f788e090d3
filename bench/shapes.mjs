/**
 * Transcripts designed to be slow: each repeats one thing n times, and reading it should cost in proportion to its bytes.
 * test/scale counts the work at n and 2n, run.mjs times it.
 */
import fs from "node:fs";
import path from "node:path";

export const SHAPE_SESSION = "aaaaaaaa-0000-4000-8000-000000000001";
/** Id of the subagent in shapes that have one. */
export const SHAPE_AGENT = "a1";

const PROJECT = "-w";
const START = Date.UTC(2026, 7, 1);
const FIRST = 10;
const LAST = 90_000_000;
const COLORS = 256;

const uuid = (n) => `bbbbbbbb-0000-4000-8000-${String(n).padStart(12, "0")}`;
const numbers = (n) => Array.from({ length: n }, (_, i) => i);
const repeated = (n, text) => numbers(n).map(text).join("");

function row(n, parent, more) {
  return {
    parentUuid: parent === null ? null : uuid(parent),
    isSidechain: false,
    cwd: "/w",
    sessionId: SHAPE_SESSION,
    gitBranch: "main",
    uuid: uuid(n),
    timestamp: new Date(START + n).toISOString(),
    ...more,
  };
}

const user = (n, parent, content = `prompt ${n}`, more = {}) =>
  row(n, parent, { type: "user", message: { role: "user", content }, ...more });
const assistant = (n, parent, content = `answer ${n}`, more = {}) => {
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
  const message = { id: `msg_${n}`, role: "assistant", model: "claude", content: blocks };
  return row(n, parent, { type: "assistant", message, ...more });
};
const call = (id, name = "Bash", input = { command: "ls" }) => ({ type: "tool_use", id: `toolu_${id}`, name, input });
const output = (id, content = "ok") => ({ type: "tool_result", tool_use_id: `toolu_${id}`, content });
const attached = (n, parent, attachment) => row(n, parent, { type: "attachment", attachment });
const boundary = (n, parent, metadata, more = {}) =>
  row(n, parent, {
    type: "system",
    subtype: "compact_boundary",
    content: "Conversation compacted",
    compactMetadata: { trigger: "auto", preTokens: 1, ...metadata },
    ...more,
  });
const apart = (type, more) => ({ type, sessionId: SHAPE_SESSION, ...more });
const queueOperation = (operation, more) =>
  apart("queue-operation", { operation, timestamp: "2026-08-01T00:00:00Z", ...more });
/** Yields a conversation: a prompt, the rows that `make` returns for each number and its parent, an answer. */
function* chain(n, make) {
  yield user(1, null, "start");
  let parent = 1;
  for (let i = 0; i < n; i++) {
    const made = make(FIRST + 4 * i, parent);
    yield* Array.isArray(made) ? made : [made];
    parent = FIRST + 4 * i;
  }
  yield assistant(LAST, parent);
}
/** Yields rows of metadata between a prompt and its answer. */
function* beside(n, make) {
  yield user(1, null, "start");
  for (let i = 0; i < n; i++) yield make(i);
  yield assistant(2, 1);
}
/** Returns a prompt, and an answer of these blocks. */
const answered = (content, more) => [user(1, null, "start"), assistant(2, 1, content, more), user(3, 2, "thanks")];
/** Returns a call and its result. */
const called = (content, more, name, input) => [
  user(1, null, "start"),
  assistant(2, 1, [call(1, name, input)]),
  user(3, 2, [output(1, content)], more),
  assistant(4, 3),
];
const agentFiles = (id, rows, meta = {}) => ({
  [`${SHAPE_SESSION}/subagents/agent-${id}.jsonl`]: rows.map((one) => ({ ...one, isSidechain: true, agentId: id })),
  [`${SHAPE_SESSION}/subagents/agent-${id}.meta.json`]: [JSON.stringify({ agentType: "general-purpose", ...meta })],
});

/**
 * Shapes by name. `rows(n)`: rows of the session, as objects or text; `files(n)`: other files by their paths in the project
 * dir; `upTo`: another fork ends there; `agent`: a subagent is shown too; `n`: for the counts, if not 64; `many`: for
 * the times, if not 5,000.
 */
export const SHAPES = {
  // ── parents of rows ──
  "compactions that move the same rows to and fro": {
    many: 4000,
    *rows(n) {
      yield user(1, null, "A");
      yield user(2, null, "B");
      for (let i = 0; i < n; i++) yield user(FIRST + i, 1, "c");
      for (let i = 0; i < n; i++) {
        const preservedSegment = { headUuid: uuid(3), anchorUuid: uuid((i % 2) + 1), tailUuid: uuid(2 - (i % 2)) };
        yield boundary(LAST / 2 + i, null, { preservedSegment });
      }
      yield user(LAST, null, "end");
      yield assistant(LAST + 1, LAST);
    },
  },
  "compactions, each with its summary": {
    rows: (n) =>
      chain(n, (i, parent) => [
        boundary(i + 1, null, {}, { logicalParentUuid: uuid(parent) }),
        user(i + 2, i + 1, "summary", { isCompactSummary: true, isVisibleInTranscriptOnly: true }),
        assistant(i, i + 2),
      ]),
  },
  "compactions that keep messages": {
    rows: (n) =>
      chain(n, (i, parent) => {
        const preservedMessages = { anchorUuid: uuid(i + 2), uuids: [uuid(parent)] };
        return [
          boundary(i + 1, null, { preservedMessages }, { logicalParentUuid: uuid(parent) }),
          user(i + 2, i + 1, "summary", { isCompactSummary: true }),
          assistant(i, i + 2),
        ];
      }),
  },
  "compactions that all go on from one row": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield boundary(FIRST + i, null, {}, { logicalParentUuid: uuid(1) });
      yield user(LAST, FIRST + n - 1);
      yield assistant(LAST + 1, LAST);
    },
  },
  "a compaction that keeps every message": {
    *rows(n) {
      yield* chain(n, (i, parent) => user(i, parent));
      const uuids = numbers(n).map((i) => uuid(FIRST + 4 * i));
      yield boundary(LAST + 1, null, { preservedMessages: { anchorUuid: uuid(LAST + 2), uuids } });
      yield user(LAST + 2, LAST + 1, "summary", { isCompactSummary: true });
      yield assistant(LAST + 3, LAST + 2);
    },
  },
  "a long chain before a compaction": {
    *rows(n) {
      yield* chain(n, (i, parent) => assistant(i, parent));
      yield boundary(LAST + 1, null, {}, { logicalParentUuid: uuid(LAST) });
      yield user(LAST + 2, LAST + 1, "summary", { isCompactSummary: true });
    },
  },
  "a long chain from the last row to the first": {
    *rows(n) {
      for (let i = n; i > 1; i--) yield user(i, i - 1);
      yield user(1, null, "start");
      yield assistant(LAST, n);
    },
  },
  "rows that hang below a long chain of progress": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield row(FIRST + i, i === 0 ? 1 : FIRST + i - 1, { type: "progress", data: {} });
      for (let i = 0; i < n; i++) yield user(LAST / 2 + i, FIRST + n - 1, "c");
      yield assistant(LAST, LAST / 2);
    },
  },
  "forks of one row": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield* [user(FIRST + 2 * i, 1), assistant(FIRST + 2 * i + 1, FIRST + 2 * i)];
    },
  },
  "a rewind at every message": {
    rows: (n) =>
      chain(n, (i, parent) => [user(i + 1, parent, "left behind"), assistant(i + 2, i + 1), user(i, parent)]),
  },
  "rewinds that are written down": {
    rows: (n) =>
      chain(n, (i, parent) => [
        user(i, parent),
        assistant(i + 1, i),
        apart("last-prompt", { leafUuid: uuid(i), explicit: true }),
      ]),
  },
  "rows that hang on none": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield user(FIRST + i, LAST + i, "lost");
      yield assistant(2, 1);
    },
  },
  "a cycle of all rows": {
    *rows(n) {
      for (let i = 0; i < n; i++)
        yield user(FIRST + i, FIRST + ((i + n - 1) % n), "c", { logicalParentUuid: uuid(FIRST + n - i) });
    },
  },
  "rows that are their own parents": { rows: (n) => numbers(n).map((i) => user(i, i)) },
  "one uuid over and over": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield user(2, 1, `again ${i}`);
      yield assistant(3, 2);
    },
  },
  "every row twice": {
    *rows(n) {
      const all = [...chain(n, (i, parent) => assistant(i, parent))];
      yield* all;
      yield* all;
    },
  },
  "a sidechain": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield user(FIRST + i, i === 0 ? null : FIRST + i - 1, "s", { isSidechain: true });
      yield assistant(2, 1);
    },
  },
  // ── contents of a fork ──
  "a fork up to a row with many children before it": {
    upTo: uuid(LAST),
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield user(FIRST + i, LAST, "child");
      yield assistant(LAST, 1, "chosen");
    },
  },
  "a fork up to a row behind compactions that keep nothing": {
    upTo: uuid(LAST),
    *rows(n) {
      yield user(1, null, "start");
      const preservedSegment = { headUuid: "x", anchorUuid: "y", tailUuid: "z" };
      for (let i = 0; i < n; i++) yield boundary(FIRST + i, null, { preservedSegment });
      yield assistant(LAST, 1, "chosen");
    },
  },
  "a fork up to a row with many answers after it": {
    upTo: uuid(2),
    *rows(n) {
      yield user(1, null, "start");
      yield assistant(2, 1, "chosen");
      for (let i = 0; i < n; i++) yield* [user(FIRST + 2 * i, 2), assistant(FIRST + 2 * i + 1, FIRST + 2 * i)];
    },
  },
  "a fork up to the last of many calls": {
    upTo: uuid(LAST),
    rows: (n) => chain(n, (i, parent) => [assistant(i + 1, parent, [call(i)]), user(i, i + 1, [output(i)])]),
  },
  organizations: {
    rows: (n) => beside(n, (i) => ({ type: "hybrid-organization", organizationUuid: uuid(i) })),
  },
  "rows of data flow": {
    n: 100,
    many: 2000,
    rows: (n) => beside(n, () => apart("data-flow-records", { records: ["x".repeat(2000)] })),
  },
  "replaced contents": {
    rows: (n) =>
      beside(n, (i) => apart("content-replacement", { replacements: [{ toolUseId: `t${i}`, replacement: "r" }] })),
  },
  "file-history snapshots": {
    rows: (n) =>
      chain(n, (i, parent) => {
        const snapshot = {
          messageId: uuid(i),
          trackedFileBackups: { "a.ts": { version: i } },
          timestamp: "2026-08-01T00:00:00Z",
        };
        return [
          user(i, parent),
          { type: "file-history-snapshot", messageId: uuid(i), snapshot, isSnapshotUpdate: i % 8 !== 2 },
        ];
      }),
  },
  attributions: {
    rows: (n) =>
      beside(n, (i) => apart("attribution-snapshot", { messageId: uuid(i), fileStates: { [`f${i}`]: { added: i } } })),
  },
  "announced names in one attachment": {
    n: 600,
    *rows(n) {
      yield user(1, null, "start");
      yield attached(2, 1, { type: "deferred_tools", nameOnlyAnnouncements: numbers(n).map((i) => uuid(i)) });
      yield assistant(3, 2);
    },
  },
  // ── calls and results ──
  "calls with one result on the chain and one beside it": {
    rows: (n) =>
      chain(n, (i, parent) => [
        assistant(i + 1, parent, [call(`a${i}`), call(`b${i}`)]),
        user(i, i + 1, [output(`a${i}`)]),
        user(i + 2, 1, [output(`b${i}`)], { sourceToolAssistantUUID: uuid(i + 1) }),
      ]),
  },
  "parallel calls of one answer, answered late and in reverse": {
    *rows(n) {
      yield user(1, null, "start");
      const message = { id: "msg_1", role: "assistant", model: "claude" };
      for (let i = 0; i < n; i++)
        yield assistant(FIRST + i, i === 0 ? 1 : FIRST + i - 1, [], { message: { ...message, content: [call(i)] } });
      for (let i = n - 1; i >= 0; i--)
        yield user(LAST / 2 + i, FIRST + i, [output(i)], { sourceToolAssistantUUID: uuid(FIRST + i) });
      yield assistant(LAST, LAST / 2);
    },
  },
  "calls of one answer in one row": {
    n: 300,
    *rows(n) {
      yield* [
        user(1, null, "start"),
        assistant(
          2,
          1,
          numbers(n).map((i) => call(i)),
        ),
      ];
      for (let i = 0; i < n; i++) yield user(FIRST + i, i === 0 ? 2 : FIRST + i - 1, [output(n - 1 - i)]);
      yield assistant(LAST, FIRST + n - 1);
    },
  },
  "results of one call": {
    *rows(n) {
      yield* [user(1, null, "start"), assistant(2, 1, [call(1)])];
      for (let i = 0; i < n; i++) yield user(FIRST + i, 2, [output(1, `r${i}`)]);
      yield assistant(LAST, FIRST + n - 1);
    },
  },
  "results of one call in one row": {
    n: 400,
    rows: (n) => called("ok", { message: { role: "user", content: numbers(n).map(() => output(1)) } }),
  },
  "calls without results": { rows: (n) => chain(n, (i, parent) => assistant(i, parent, [call(i)])) },
  "one id for all calls": {
    rows: (n) => chain(n, (i, parent) => [assistant(i + 1, parent, [call(1)]), user(i, i + 1, [output(1)])]),
  },
  "hidden calls": {
    n: 300,
    rows: (n) =>
      answered(
        numbers(n).map((i) => call(i)),
        { hostHiddenToolUseIds: numbers(n).map((i) => `toolu_${n - i}`) },
      ),
  },
  "results of the API's own tools": {
    rows: (n) =>
      chain(n, (i, parent) =>
        assistant(i, parent, [
          { type: "server_tool_use", id: `srv_${i}`, name: "web_search", input: { query: "q" } },
          {
            type: "web_search_tool_result",
            tool_use_id: `srv_${i}`,
            content: [{ type: "web_search_result", title: "t", url: "u" }],
          },
        ]),
      ),
  },
  "changes of one file": {
    rows: (n) =>
      chain(n, (i, parent) => [
        assistant(i + 1, parent, [call(i, "Edit", { file_path: "/w/a", old_string: "a", new_string: "b" })]),
        user(i, i + 1, [output(i)], {
          toolUseResult: { filePath: "/w/a", oldString: "a", newString: "b", originalFile: "a" },
        }),
      ]),
  },
  "one change of many lines": {
    n: 1700,
    rows: (n) => {
      const [before, after] = [repeated(n, (i) => `a ${i}\n`), repeated(n, (i) => `b ${i}\n`)];
      const input = { file_path: "/w/a", old_string: before, new_string: after };
      return called("ok", { toolUseResult: { filePath: "/w/a", oldString: before, newString: after } }, "Edit", input);
    },
  },
  "one change of many hunks": {
    n: 1000,
    rows: (n) => {
      const hunk = (i) => ({ oldStart: 9 * i, oldLines: 1, newStart: 9 * i, newLines: 1, lines: ["-a", "+b"] });
      const input = { file_path: "/w/a", old_string: "a", new_string: "b" };
      return called(
        "ok",
        { toolUseResult: { filePath: "/w/a", structuredPatch: numbers(n).map(hunk) } },
        "Edit",
        input,
      );
    },
  },
  plans: {
    rows: (n) =>
      chain(n, (i, parent) => [
        assistant(i + 1, parent, [
          call(i, "TodoWrite", { todos: [{ content: `c${i}`, status: "pending", activeForm: "a" }] }),
        ]),
        user(i, i + 1, [output(i)]),
      ]),
  },
  "tasks that come one by one": {
    n: 100,
    rows: (n) =>
      chain(n, (i, parent) => [
        assistant(i + 1, parent, [call(i, "TaskCreate", { subject: `s${i}`, description: "d" })]),
        user(i, i + 1, [output(i, `Task #${i} created`)], {
          toolUseResult: { task: { id: String(i), subject: `s${i}` } },
        }),
      ]),
    many: 4000,
  },
  "stored outputs": {
    many: 2000,
    rows: (n) =>
      chain(n, (i, parent) => [
        assistant(i + 1, parent, [call(i)]),
        user(i, i + 1, [
          output(
            i,
            `<persisted-output>\nOutput too large (9KB). Full output saved to: /x/tool-results/o${i}.txt\n\nPreview (first 2KB):\nbegin\n...\n</persisted-output>`,
          ),
        ]),
      ]),
    files: (n) =>
      Object.fromEntries(
        numbers(n).map((i) => [`${SHAPE_SESSION}/tool-results/o${FIRST + 4 * i}.txt`, ["begin and end\n"]]),
      ),
  },
  "stored outputs that are missing": {
    rows: (n) =>
      chain(n, (i, parent) => [
        assistant(i + 1, parent, [call(i)]),
        user(i, i + 1, [
          output(
            i,
            `<persisted-output>\nOutput too large (9KB). Full output saved to: /x/tool-results/o${i}.txt\n\nPreview (first 2KB):\nbegin\n...\n</persisted-output>`,
          ),
        ]),
      ]),
  },
  "lines of output": {
    n: 1200,
    many: 400_000,
    rows: (n) =>
      called(
        repeated(n, (i) => `line ${i}\n`),
        { toolUseResult: { stdout: repeated(n, (i) => `line ${i}\n`), stderr: "" } },
      ),
  },
  "one long line of output": { n: 30000, many: 4_000_000, rows: (n) => called("x".repeat(n)) },
  // ── agents ──
  "inline agents": {
    n: 1000,
    agent: true,
    *rows(n) {
      yield user(1, null, "start");
      yield assistant(2, 1, [call(1, "Task", { description: "d", prompt: "p0" })]);
      for (let i = 0; i < n; i++) yield user(FIRST + i, null, `p${i}`, { isSidechain: true, agentId: `a${i}` });
      yield user(LAST, 2, [output(1)]);
      yield assistant(LAST + 1, LAST);
    },
  },
  "calls of inline agents": {
    agent: true,
    rows: (n) =>
      chain(n, (i, parent) => [
        assistant(i + 1, parent, [call(i, "Task", { description: "d", prompt: `p${i}` })]),
        user(i + 2, null, `p${i}`, { isSidechain: true, agentId: i === FIRST ? "a1" : `b${i}` }),
        user(i, i + 1, [output(i)], { toolUseResult: { agentId: i === FIRST ? "a1" : `b${i}`, status: "completed" } }),
      ]),
  },
  subagents: {
    agent: true,
    n: 100,
    many: 1000,
    rows: (n) =>
      chain(n, (i, parent) => [
        assistant(i + 1, parent, [call(i, "Task", { description: "d", prompt: `p${i}` })]),
        user(i, i + 1, [output(i)], { toolUseResult: { agentId: `a${(i - FIRST) / 4}`, status: "completed" } }),
      ]),
    files: (n) =>
      Object.assign(
        {},
        ...numbers(n).map((i) =>
          agentFiles(`a${i}`, [user(1, null, `p${FIRST + 4 * i}`), assistant(2, 1)], {
            toolUseId: `toolu_${FIRST + 4 * i}`,
          }),
        ),
      ),
  },
  "subagents that nobody called": {
    n: 100,
    many: 1000,
    rows: () => answered("hello"),
    files: (n) =>
      Object.assign({}, ...numbers(n).map((i) => agentFiles(`a${i}`, [user(1, null, "p"), assistant(2, 1)]))),
  },
  "a long subagent": {
    agent: true,
    rows: () => [
      user(1, null, "start"),
      assistant(2, 1, [call(1, "Task", { description: "d", prompt: "p" })]),
      user(3, 2, [output(1)], { toolUseResult: { agentId: "a1", status: "completed" } }),
    ],
    files: (n) =>
      agentFiles(
        "a1",
        [
          user(1, null, "p"),
          ...numbers(n).flatMap((i) => [
            assistant(FIRST + 2 * i, i === 0 ? 1 : FIRST + 2 * i - 1, [call(i)]),
            user(FIRST + 2 * i + 1, FIRST + 2 * i, [output(i)]),
          ]),
        ],
        { toolUseId: "toolu_1" },
      ),
  },
  "subagents of subagents": {
    agent: true,
    n: 40,
    many: 400,
    rows: () => [
      user(1, null, "start"),
      assistant(2, 1, [call(0, "Task", { description: "d", prompt: "p" })]),
      user(3, 2, [output(0)], { toolUseResult: { agentId: "a0", status: "completed" } }),
    ],
    files: (n) =>
      Object.assign(
        {},
        ...numbers(n).map((i) =>
          agentFiles(
            `a${i}`,
            [
              user(1, null, "p"),
              assistant(2, 1, [call(i + 1, "Task", { description: "d", prompt: "p" })]),
              user(3, 2, [output(i + 1)], { toolUseResult: { agentId: `a${i + 1}`, status: "completed" } }),
            ],
            { toolUseId: `toolu_${i}` },
          ),
        ),
      ),
  },
  teammates: {
    rows: (n) =>
      chain(n, (i, parent) =>
        user(
          i,
          parent,
          `<teammate-message teammate_id="m${i}" color="blue" summary="s">\nhello ${i}\n</teammate-message>`,
          { teamName: "t", agentName: `m${i}` },
        ),
      ),
  },
  "news of tasks": {
    rows: (n) =>
      chain(n, (i, parent) =>
        user(
          i,
          parent,
          `<task-notification>\n<task-id>t${i}</task-id>\n<status>completed</status>\n<summary>done</summary>\n</task-notification>\nRead the output file to retrieve the result: /tmp/${i}`,
          { origin: { kind: "task-notification" } },
        ),
      ),
  },
  // ── queued prompts ──
  "queued prompts that hang on one row": {
    *rows(n) {
      yield* [user(1, null, "start"), assistant(2, 1)];
      for (let i = 0; i < n; i++) yield attached(FIRST + i, 2, { type: "queued_command", prompt: `q${i}` });
    },
  },
  "queued prompts before one long prompt": {
    *rows(n) {
      yield* [user(1, null, "start"), assistant(2, 1)];
      for (let i = 0; i < n; i++)
        yield attached(FIRST + i, i === 0 ? 2 : FIRST + i - 1, { type: "queued_command", prompt: `q${i}` });
      yield user(
        FIRST + n,
        FIRST + n - 1,
        repeated(n, (i) => ` word ${i}`),
      );
    },
  },
  "queued prompts of one delivery": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++)
        yield attached(FIRST + i, i === 0 ? 1 : FIRST + i - 1, {
          type: "queued_command",
          prompt: `q${i}`,
          delivery_id: "d",
        });
      yield queueOperation("remove", { reason: "absorbed_mid_turn", deliveryId: "d" });
      yield assistant(LAST, FIRST + n - 1);
    },
  },
  "prompts that leave the queue last first": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield queueOperation("enqueue", { content: `q${i}` });
      for (let i = n - 1; i >= 0; i--)
        yield queueOperation("remove", { content: `q${i}`, reason: "absorbed_mid_turn" });
      yield assistant(2, 1);
    },
  },
  "one prompt that is queued over and over": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield queueOperation("enqueue", { content: "q" });
      for (let i = 0; i < n; i++)
        yield queueOperation(i % 3 === 0 ? "dequeue" : "remove", i % 3 === 1 ? { content: "q" } : {});
      yield assistant(2, 1);
    },
  },
  "prompts that stay in the queue": { rows: (n) => beside(n, (i) => queueOperation("enqueue", { content: `q${i}` })) },
  "a queue that is taken back again and again": {
    rows: (n) =>
      beside(n, (i) => queueOperation(i % 4 === 3 ? "popAll" : "enqueue", i % 4 === 3 ? {} : { content: `q${i}` })),
  },
  "a full queue whose last prompt is taken back again and again": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield queueOperation("enqueue", { content: `q${i}` });
      for (let i = 0; i < n; i++) yield* [queueOperation("enqueue", { content: "last" }), queueOperation("popOne", {})];
      yield assistant(2, 1);
    },
  },
  "queued prompts whose rows follow": {
    rows: (n) =>
      chain(n, (i, parent) => [
        queueOperation("enqueue", { content: `p${i}` }),
        queueOperation("dequeue", {}),
        user(i, parent, `p${i}`),
      ]),
  },
  "news in a queue of commands": {
    *rows(n) {
      yield user(1, null, "start");
      for (let i = 0; i < n; i++) yield queueOperation("enqueue", { content: `/command ${i}` });
      for (let i = 0; i < n; i++)
        yield* [
          queueOperation("enqueue", { content: `<task-notification>${i}</task-notification>` }),
          queueOperation("remove", {}),
        ];
      yield assistant(2, 1);
    },
  },
  // ── messages ──
  "thoughts without text": {
    rows: (n) => chain(n, (i, parent) => assistant(i, parent, [{ type: "thinking", thinking: "", signature: "s" }])),
  },
  "blocks of one message": { n: 800, rows: (n) => answered(numbers(n).map((i) => ({ type: "text", text: `t${i}` }))) },
  "blocks of one prompt": {
    n: 800,
    rows: (n) => [
      user(
        1,
        null,
        numbers(n).map((i) => ({ type: "text", text: `t${i}` })),
      ),
      assistant(2, 1),
    ],
  },
  "rows of one message": {
    n: 200,
    rows: (n) =>
      chain(n, (i, parent) =>
        assistant(i, parent, [], {
          message: { id: "msg_1", role: "assistant", model: "claude", content: [{ type: "text", text: `t${i}` }] },
        }),
      ),
  },
  images: {
    n: 220,
    rows: (n) => [
      user(
        1,
        null,
        numbers(n).map(() => ({
          type: "image",
          source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" },
        })),
      ),
      assistant(2, 1),
    ],
  },
  "local commands": {
    rows: (n) =>
      chain(n, (i, parent) => [
        user(
          i + 1,
          parent,
          `<command-name>/model</command-name>\n<command-message>model</command-message>\n<command-args>${i}</command-args>`,
        ),
        user(i, i + 1, "<local-command-stdout>Set model</local-command-stdout>"),
      ]),
  },
  "notes of the machine": { rows: (n) => chain(n, (i, parent) => user(i, parent, "[Request interrupted by user]")) },
  "hidden prompts": { rows: (n) => chain(n, (i, parent) => user(i, parent, `caveat ${i}`, { isMeta: true })) },
  attachments: {
    rows: (n) =>
      chain(n, (i, parent) => attached(i, parent, { type: "hook_success", hookName: "h", content: `c${i}` })),
  },
  notices: {
    rows: (n) =>
      chain(n, (i, parent) =>
        row(i, parent, { type: "system", subtype: "informational", content: `c${i}`, level: "info" }),
      ),
  },
  "tags that are not closed": {
    n: 1700,
    many: 200_000,
    rows: (n) => [user(1, null, "<command-name>".repeat(n)), assistant(2, 1, "<a".repeat(7 * n))],
  },
  "reminders in one prompt": {
    n: 640,
    many: 100_000,
    rows: (n) => [user(1, null, "<system-reminder>r</system-reminder>\n".repeat(n)), assistant(2, 1)],
  },
  "reminders that are not closed": {
    n: 1400,
    many: 100_000,
    rows: (n) => [user(1, null, `${"<system-reminder>".repeat(n)}x`), assistant(2, 1)],
  },
  "output in tags within one prompt": {
    n: 580,
    many: 50_000,
    rows: (n) => [user(1, null, "<bash-input>ls</bash-input>\n<bash-stdout>".repeat(n)), assistant(2, 1)],
  },
  "white space": {
    n: 24000,
    many: 2_000_000,
    rows: (n) => [
      user(1, null, `a${" ".repeat(n)}b`),
      assistant(2, 1, `a${"\n".repeat(n / 2)}b`),
      user(3, 2, `${" \n".repeat(n / 3)}c`),
    ],
  },
  "control sequences": {
    n: 2000,
    many: 200_000,
    rows: (n) => [
      user(1, null, "\u001b[1;".repeat(n)),
      assistant(2, 1, "\u001b]8;;".repeat(n)),
      user(3, 2, "\u001b[31mred".repeat(n)),
    ],
  },
  "hidden characters": {
    n: 4000,
    many: 200_000,
    rows: (n) => [user(1, null, "\u200b\u{e0101}".repeat(n)), assistant(2, 1, `a${"\u202e".repeat(2 * n)}`)],
  },
  "combining characters": {
    n: 1000,
    many: 200_000,
    rows: (n) => [user(1, null, `a${"\u0301".repeat(12 * n)}`), assistant(2, 1, "👩‍👩‍👧".repeat(n))],
  },
  "fences of code": {
    n: 8000,
    many: 100_000,
    rows: (n) => [
      user(
        1,
        null,
        repeated(n, (i) => `${"`".repeat(3 + (i % 9))}\n`),
      ),
      assistant(2, 1, "`".repeat(8 * n)),
    ],
  },
  // ── rows and bytes ──
  "broken lines behind a long row": {
    n: 1000,
    many: 80_000,
    *rows(n) {
      yield user(1, null, "start");
      yield { type: "summary", x: "y".repeat(100 * n) };
      for (let i = 0; i < n; i++) yield '{"a\n';
      yield assistant(2, 1);
    },
  },
  "broken lines": { n: 2000, many: 400_000, rows: (n) => beside(n, () => '{"a\n') },
  "broken lines before the first row": {
    n: 2000,
    many: 80_000,
    *rows(n) {
      for (let i = 0; i < n; i++) yield '{"a\n';
      yield* [user(1, null, "start"), assistant(2, 1)];
    },
  },
  "broken lines after the last row": {
    n: 2000,
    many: 80_000,
    *rows(n) {
      yield* [user(1, null, "start"), assistant(2, 1)];
      for (let i = 0; i < n; i++) yield '{"a\n';
    },
  },
  "beginnings of rows on one line": {
    n: 1600,
    many: 100_000,
    rows: (n) => [user(1, null, "start"), `${'{"type":"user",'.repeat(n)}\n`, assistant(2, 1)],
  },
  "rows glued together": {
    rows: (n) => [
      user(1, null, "start"),
      `${repeated(n, (i) => JSON.stringify(user(FIRST + i, 1)))}\n`,
      assistant(LAST, FIRST),
    ],
  },
  "empty lines": { n: 5000, many: 3_000_000, rows: (n) => beside(n, () => "\n") },
  "rows without members": { n: 3000, many: 1_000_000, rows: (n) => beside(n, () => "{}\n") },
  zeros: { n: 30000, many: 8_000_000, rows: (n) => [user(1, null, "start"), `${"\0".repeat(n)}\n`, assistant(2, 1)] },
  "members of one row": {
    n: 2100,
    many: 100_000,
    rows: (n) => [user(1, null, "start", Object.fromEntries(numbers(n).map((i) => [`k${i}`, i]))), assistant(2, 1)],
  },
  "one member over and over": {
    n: 2100,
    many: 100_000,
    rows: (n) => [`{${'"uuid":"x",'.repeat(n)}${JSON.stringify(user(1, null)).slice(1)}\n`, assistant(2, 1)],
  },
  "escapes in one row": {
    n: 2400,
    many: 400_000,
    rows: (n) => [
      `${JSON.stringify(user(1, null, "@@")).replace("@@", () => '\\u00e9\\n\\"'.repeat(n))}\n`,
      assistant(2, 1),
    ],
  },
  "escapes in keys": {
    rows: (n) => chain(n, (i, parent) => `${JSON.stringify(user(i, parent)).replace('"type"', '"\\u0074ype"')}\n`),
  },
  "raw control characters": {
    n: 8000,
    many: 400_000,
    rows: (n) => [
      `${JSON.stringify(user(1, null, "@@")).replace("@@", () => "a\u0001\t".repeat(n))}\n`,
      assistant(2, 1),
    ],
  },
  "bytes that are no UTF-8": {
    n: 10000,
    many: 400_000,
    rows: (n) => [
      Buffer.from(`${JSON.stringify(user(1, null, "@@")).replace("@@", () => "a\u00ff".repeat(n))}\n`, "latin1"),
      assistant(2, 1),
    ],
  },
  "deep nesting": {
    n: 250,
    many: 4000,
    rows: (n) => [
      user(1, null, "start"),
      `${JSON.stringify(assistant(2, 1, [call(1, "X", "@@")])).replace('"@@"', () => "[".repeat(n) + "]".repeat(n))}\n`,
      user(3, 2, [output(1)]),
    ],
  },
  "a deep value beside the message": {
    n: 4000,
    many: 100_000,
    rows: (n) => [
      user(1, null, "start"),
      `${JSON.stringify(assistant(2, 1, "hi", { x: "@@" })).replace('"@@"', () => '{"a":'.repeat(n) + "1" + "}".repeat(n))}\n`,
    ],
  },
  // ── titles and other metadata of a list ──
  titles: { rows: (n) => beside(n, (i) => apart("custom-title", { customTitle: `title ${i}` })) },
  "titles of the model": { rows: (n) => beside(n, (i) => apart("ai-title", { aiTitle: `title ${i}` })) },
  "a long title over and over": {
    n: 100,
    many: 2000,
    rows: (n) => beside(n, () => apart("custom-title", { customTitle: "word ".repeat(200) })),
  },
  "a long title": {
    n: 6000,
    many: 400_000,
    rows: (n) => beside(1, () => apart("custom-title", { customTitle: "word ".repeat(n) })),
  },
  tags: { rows: (n) => beside(n, (i) => apart("tag", { tag: `tag ${i}` })) },
  summaries: { rows: (n) => beside(n, (i) => ({ type: "summary", summary: `s${i}`, leafUuid: uuid(i) })) },
  "last prompts": { rows: (n) => beside(n, (i) => apart("last-prompt", { lastPrompt: `p${i}`, leafUuid: uuid(1) })) },
  modes: { rows: (n) => beside(n, (i) => apart("permission-mode", { permissionMode: `m${i}` })) },
  "a long first prompt": { n: 4800, many: 2_000_000, rows: (n) => [user(1, null, "word ".repeat(n)), assistant(2, 1)] },
  "an implemented plan": {
    n: 8000,
    many: 200_000,
    rows: (n) => [user(1, null, `Implement the following plan:\n${"\n#".repeat(n)}\n# Heading`), assistant(2, 1)],
  },
  sessions: {
    n: 100,
    many: 2000,
    rows: () => answered("hello"),
    files: (n) =>
      Object.fromEntries(
        numbers(n).map((i) => [
          `${uuid(i)}.jsonl`,
          [user(1, null, "same"), assistant(2, 1)].map((one) => ({ ...one, sessionId: uuid(i) })),
        ]),
      ),
  },
  "sessions that go on in one another": {
    n: 100,
    many: 2000,
    rows: () => answered("hello"),
    files: (n) =>
      Object.fromEntries(
        numbers(n).map((i) => [
          `${uuid(i)}.jsonl`,
          [
            user(1, null, "same", { forkedFrom: { sessionId: uuid(i - 1), messageUuid: uuid(1) } }),
            assistant(2, 1),
          ].map((one) => ({ ...one, sessionId: uuid(i) })),
        ]),
      ),
  },
  projects: {
    n: 60,
    many: 600,
    rows: () => answered("hello"),
    files: (n) =>
      Object.fromEntries(
        numbers(n).map((i) => [
          `../-p${i}/${uuid(i)}.jsonl`,
          [user(1, null, "same", { cwd: `/p${i}`, sessionId: uuid(i) })],
        ]),
      ),
  },
  "things in the session's directory": {
    n: 50,
    many: 10_000,
    rows: () => answered("hello"),
    files: (n) => Object.fromEntries(numbers(n).map((i) => [`${SHAPE_SESSION}/x/${i % COLORS}/${i}`, ["x"]])),
  },
};

/** Makes a config dir with the shape's session and other files. Returns their size in bytes. */
export function makeShape(configDir, { rows, files = () => ({}) }, n) {
  const project = path.join(configDir, "projects", PROJECT);
  let bytes = write(path.join(project, `${SHAPE_SESSION}.jsonl`), rows(n));
  for (const [name, content] of Object.entries(files(n))) bytes += write(path.join(project, name), content);
  return bytes;
}

function write(file, rows) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const fd = fs.openSync(file, "w");
  let pending = [];
  let bytes = 0;
  for (const one of rows) {
    pending.push(Buffer.isBuffer(one) ? one : Buffer.from(typeof one === "string" ? one : `${JSON.stringify(one)}\n`));
    bytes += pending.at(-1).length;
    if (pending.length === 10_000) fs.writevSync(fd, pending.splice(0));
  }
  if (pending.length > 0) fs.writeSync(fd, Buffer.concat(pending));
  fs.closeSync(fd);
  return bytes;
}
