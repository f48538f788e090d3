/**
 * Checks the ACP server with real transcripts:
 *
 *     node scripts/check-acp.mjs CONFIG_DIR...
 *
 * For each config dir, and for all together: the list in pages of 7 has every session exactly once. Every session loads
 * with all texts of the current branch (those before a compaction too) once and in the order of the chain; with every tool
 * call and its result, the recorded diff of each edit, both streams of each command, the answers of the API's own tools,
 * stored outputs, and the calls of subagents. Prompts that are only in the queue are where they were delivered, or at the
 * end, once. Hidden texts are counted by the rule that hides them. Loaded again in parts, the parts are the whole, and no
 * call is separated from its result.
 *
 * check-acp/truth.mjs derives the expected result from the JSONL alone.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import split from "split2";
import { compare } from "./check-acp/compare.mjs";
import { callsIn, readTruth } from "./check-acp/truth.mjs";

const PAGE = 7;
/** Messages in a part of a load. */
const PART = 25;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const binary = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

const configDirs = process.argv.slice(2);
if (configDirs.length === 0) {
  console.error("usage: node scripts/check-acp.mjs CONFIG_DIR...");
  process.exit(2);
}
let failures = 0;
for (const dirs of configDirs.length === 1 ? [configDirs] : [...configDirs.map((dir) => [dir]), configDirs]) {
  failures += await check(dirs);
}
console.log(failures === 0 ? "no differences" : `${failures} differences`);
process.exit(failures === 0 ? 0 : 1);

// ── the check ──────────────────────────────────────────────────────────────

async function check(dirs) {
  const server = startServer(dirs);
  await server.call("initialize", { protocolVersion: 1, clientCapabilities: {} });
  const files = sessionFiles(dirs);
  const problems = [];
  const total = {
    sessions: 0,
    pages: 0,
    texts: 0,
    beside: 0,
    calls: 0,
    results: 0,
    unanswered: 0,
    nested: 0,
    server: 0,
    other: 0,
    stored: 0,
    missing: 0,
    delivered: 0,
    waiting: 0,
    team: 0,
    operations: new Map(),
    parts: 0,
    bytes: 0,
    tools: new Map(),
    hidden: new Map(),
  };

  const listed = [];
  let cursor;
  do {
    const params = {
      archived: "include",
      _meta: { "claude-transcripts": { limit: PAGE } },
      ...(cursor && { cursor }),
    };
    const { result, error } = await server.call("session/list", params);
    if (error) throw new Error(JSON.stringify(error));
    if (result.sessions.length === 0 && result.nextCursor) problems.push("an empty page with a cursor");
    listed.push(...result.sessions);
    total.pages++;
    cursor = result.nextCursor;
  } while (cursor);

  const times = new Map();
  for (const { sessionId, cwd } of listed) {
    times.set(sessionId, (times.get(sessionId) ?? 0) + 1);
    if (!path.isAbsolute(cwd)) problems.push(`${sessionId}: listed with cwd ${cwd}`);
  }
  for (const [id, count] of times) if (count > 1) problems.push(`${id}: listed ${count} times`);
  for (const id of times.keys()) if (!files.has(id)) problems.push(`${id}: listed, but there is no such file`);

  for (const [id, file] of files) {
    const truth = readTruth(file);
    if (truth.conversation !== times.has(id)) problems.push(`${id}: ${truth.conversation ? "not " : ""}listed`);
    if (!truth.conversation) continue;
    const { updates, reply } = await server.load(id);
    if (reply.error) problems.push(`${id}: ${JSON.stringify(reply.error)}`);
    const found = [
      ...compare(truth, updates, total),
      ...missingNested(file, truth, updates),
      ...(await wrongParts(server, id, updates, total)),
    ];
    problems.push(...found.map((problem) => `${id}: ${problem}`));
    total.sessions++;
    total.bytes += fs.statSync(file).size;
  }
  if (server.late() > 0) problems.push(`${server.late()} updates after the answer to their load`);
  await server.end();
  print(dirs, listed.length, total, problems);
  return problems.length;
}

function print(dirs, listed, total, problems) {
  const { sessions, pages, texts, beside, calls, results, unanswered, nested, parts, bytes } = total;
  const { server, other, stored, missing, delivered, waiting, team, operations } = total;
  const queue = [...operations].map(([what, count]) => `${count} ${what}`).join(", ");
  console.log(`${dirs.join(" + ")}
  ${listed} sessions in ${pages} pages of ${PAGE}; ${sessions} loaded (${(bytes / 1e6).toFixed(1)} MB), and again in ${parts} parts of ${PART} messages
  ${texts} texts of the chain in order, ${beside} of parallel and queued rows next to it
  ${calls} tool calls, ${results} results, ${unanswered} without one; ${nested} calls of subagents; ${problems.length} differences
  ${server} results of the API's own tools, ${other} in other members, ${stored} stored outputs, ${missing} whose file is missing
  ${delivered} prompts only in the queue, where they were delivered, ${waiting} undelivered, at the end; the queue: ${queue || "none"}
  ${team} rows of a team`);
  for (const [tool, { calls: count, failed, diffs }] of [...total.tools].sort((a, b) => b[1].calls - a[1].calls))
    console.log(
      `    ${tool}: ${count}${failed ? `, ${failed} failed` : ""}${diffs ? `, ${diffs} diffs as recorded` : ""}`,
    );
  for (const [rule, count] of total.hidden) console.log(`    hidden: ${count} × ${rule}`);
  for (const problem of problems.slice(0, 50)) console.log(`  - ${problem}`);
}

/** Returns the missing calls of subagents: all calls of a subagent that a call or its result names must be shown. */
function missingNested(file, { rows, calls }, updates) {
  const root = path.join(file.slice(0, -".jsonl".length), "subagents");
  if (!fs.existsSync(root)) return [];
  const parentOf = new Map(
    updates.flatMap(({ sessionUpdate, toolCallId, _meta }) =>
      sessionUpdate === "tool_call" ? [[toolCallId, _meta?.["claude-transcripts"]?.parentToolCallId]] : [],
    ),
  );
  const started = new Set([...rows.values()].map(({ row }) => row?.toolUseResult?.agentId));
  return fs.readdirSync(root).flatMap((name) => {
    const [, agentId] = /^agent-(.*)\.jsonl$/.exec(name) ?? [];
    if (agentId === undefined) return [];
    const meta = path.join(root, `agent-${agentId}.meta.json`);
    const { toolUseId } = fs.existsSync(meta) ? JSON.parse(fs.readFileSync(meta, "utf8")) : {};
    if (!started.has(agentId) && !calls.includes(toolUseId)) return [];
    return callsIn(path.join(root, name)).flatMap(({ id }) =>
      parentOf.get(id) === undefined ? [`call ${id} of subagent ${agentId} is not shown as its own`] : [],
    );
  });
}

/** Loads a session in parts, from its end to its beginning. Together they must equal the whole load. */
async function wrongParts(server, id, whole, total) {
  const problems = [];
  const parts = [];
  let cursor;
  do {
    const { updates, reply } = await server.load(id, { limit: PART, ...(cursor && { cursor }) });
    if (reply.error) return [`part ${parts.length}: ${JSON.stringify(reply.error)}`];
    const open = new Set();
    for (const { sessionUpdate, toolCallId, status } of updates) {
      if (sessionUpdate === "tool_call" && status === "pending") open.add(toolCallId);
      if (sessionUpdate === "tool_call_update" && status) open.delete(toolCallId);
    }
    if (open.size > 0) problems.push(`part ${parts.length} separates the calls ${[...open].join()} from their results`);
    parts.unshift(updates);
    total.parts++;
    cursor = reply.result._meta["claude-transcripts"].nextCursor;
  } while (cursor);
  const [one, all] = [parts.flat(), whole].map((updates) =>
    updates.filter(isSaid).map((update) => JSON.stringify(update)),
  );
  const at = all.findIndex((update, i) => update !== one[i]);
  if (at >= 0 || one.length !== all.length)
    problems.push(
      `in parts ${one.length} updates, at once ${all.length}; the first that differs: ${all[at]?.slice(0, 200)}`,
    );
  return problems;
}

/**
 * Whether an update must be equal in parts. Exceptions: updates that only come at the end; news, which are messages if their
 * call is in another part; blank lines between messages, which are missing between two parts.
 */
function isSaid({ sessionUpdate, _meta }) {
  const { noResult, notification, separator } = _meta?.["claude-transcripts"] ?? {};
  if (sessionUpdate === "plan" || sessionUpdate === "usage_update") return false;
  return noResult !== true && notification === undefined && separator !== true;
}

// ── the transcripts ──────────────────────────────────────────────────────────

/** Returns the transcripts by session id; the newest if there are several copies. */
function sessionFiles(dirs) {
  const files = new Map();
  for (const dir of dirs) {
    for (const project of fs.readdirSync(path.join(dir, "projects"))) {
      for (const name of fs.readdirSync(path.join(dir, "projects", project))) {
        const file = path.join(dir, "projects", project, name);
        const id = name.slice(0, -".jsonl".length);
        if (!name.endsWith(".jsonl") || !UUID.test(id) || fs.statSync(file).size === 0) continue;
        if (!files.has(id) || fs.statSync(files.get(id)).mtimeMs < fs.statSync(file).mtimeMs) files.set(id, file);
      }
    }
  }
  return files;
}

// ── the server ─────────────────────────────────────────────────────────────

function startServer(dirs) {
  const args = [binary, "acp", ...dirs.flatMap((dir) => ["--config-dir", dir])];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map();
  let updates = [];
  let loading;
  let late = 0;
  let id = 0;
  child.stdout.pipe(split(JSON.parse)).on("data", (message) => {
    if (message.method === "session/update") {
      if (message.params.sessionId === loading) updates.push(message.params.update);
      else late++;
    } else waiting.get(message.id)?.(message);
  });
  const call = (method, params) => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params })}\n`);
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  return {
    call,
    async load(sessionId, options) {
      updates = [];
      loading = sessionId;
      const _meta = { "claude-transcripts": options };
      const reply = await call("session/load", {
        sessionId,
        cwd: "/nonexistent",
        mcpServers: [],
        ...(options && { _meta }),
      });
      loading = undefined;
      return { updates, reply };
    },
    late: () => late,
    async end() {
      child.stdin.end();
      const [code] = await once(child, "exit");
      if (code !== 0) throw new Error(`the server exited with ${code}`);
    },
  };
}
