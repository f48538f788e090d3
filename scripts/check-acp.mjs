/**
 * Holds the ACP server against transcripts as they are:
 *
 *     node scripts/check-acp.mjs CONFIG_DIR...
 *
 * For each config dir, and for all together: the list in pages of 7 shows every session exactly once, and every session
 * loads with every text block of the user and assistant rows on the current branch (not meta, not of a side
 * conversation, what stands before a compaction included) once and in the order of the chain, and with every tool call
 * and result there.
 *
 * What is right is worked out here from the JSONL alone, by the plainest means and with nothing of src/: whole files,
 * `JSON.parse`, and one walk from the last row upwards.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import split from "split2";

const PAGE = 7;
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
console.log(failures === 0 ? "all as it should be" : `${failures} differences`);
process.exit(failures === 0 ? 0 : 1);

// ── the check ──────────────────────────────────────────────────────────────

async function check(dirs) {
  const server = startServer(dirs);
  await server.call("initialize", { protocolVersion: 1, clientCapabilities: {} });
  const files = sessionFiles(dirs);
  const problems = [];
  const total = { sessions: 0, pages: 0, texts: 0, beside: 0, calls: 0, results: 0, bytes: 0 };

  const listed = [];
  let cursor;
  do {
    const params = { _meta: { "claude-transcripts": { limit: PAGE } }, ...(cursor && { cursor }) };
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
  for (const id of times.keys()) if (!files.has(id)) problems.push(`${id}: listed, and there is no such file`);

  for (const [id, file] of files) {
    const truth = readTruth(file);
    if (truth.conversation !== times.has(id)) problems.push(`${id}: ${truth.conversation ? "not " : ""}listed`);
    if (!truth.conversation) continue;
    const { updates, reply } = await server.load(id);
    if (reply.error) problems.push(`${id}: ${JSON.stringify(reply.error)}`);
    problems.push(...compare(truth, updates, total).map((problem) => `${id}: ${problem}`));
    total.sessions++;
    total.bytes += fs.statSync(file).size;
  }
  if (server.late() > 0) problems.push(`${server.late()} updates after the answer to their load`);
  await server.end();

  const { sessions, pages, texts, beside, calls, results, bytes } = total;
  console.log(`${dirs.join(" + ")}
  ${listed.length} sessions in ${pages} pages of ${PAGE}; ${sessions} loaded (${(bytes / 1e6).toFixed(1)} MB): ${texts} texts of the chain in order, \
${beside} of parallel and queued rows beside it; ${calls} tool calls, ${results} results; ${problems.length} differences`);
  for (const problem of problems.slice(0, 50)) console.log(`  - ${problem}`);
  return problems.length;
}

/** Where what was shown is not what the rows say. */
function compare({ chain, beside, calls, results }, updates, total) {
  const problems = [];
  const shown = updates.flatMap(({ sessionUpdate, messageId, content }) =>
    ["user_message_chunk", "agent_message_chunk"].includes(sessionUpdate) && content.type === "text"
      ? [`${messageId}\u0000${content.text}`]
      : [],
  );
  let next = 0;
  for (const text of shown) {
    if (text === chain[next]) next++;
    else if ((beside.get(text) ?? 0) > 0) {
      beside.set(text, beside.get(text) - 1);
      total.beside++;
    } else problems.push(`shown and not expected here: ${JSON.stringify(text.slice(0, 160))}`);
  }
  if (next < chain.length)
    problems.push(`${chain.length - next} texts missing from ${JSON.stringify(chain[next].slice(0, 160))}`);
  total.texts += next;

  const called = new Set(
    updates.filter(({ sessionUpdate }) => sessionUpdate === "tool_call").map(({ toolCallId }) => toolCallId),
  );
  const ended = new Set(
    updates.filter(({ status }) => status === "completed" || status === "failed").map(({ toolCallId }) => toolCallId),
  );
  for (const id of calls) if (!called.has(id)) problems.push(`tool call ${id} missing`);
  for (const id of results) if (!ended.has(id)) problems.push(`result of ${id} missing`);
  total.calls += calls.length;
  total.results += results.length;
  return problems;
}

// ── what is right ──────────────────────────────────────────────────────────

/** Session id → its transcript; of several copies the newest. */
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

function readTruth(file) {
  const rows = fs
    .readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  const linked = rows.filter(
    ({ type, uuid }) =>
      typeof uuid === "string" && ["user", "assistant", "system", "attachment", "progress"].includes(type),
  );
  // Of rows with one uuid the last counts, at its own place.
  const byId = new Map();
  for (const row of linked) {
    byId.delete(row.uuid);
    byId.set(row.uuid, row);
  }
  const all = [...byId.values()];
  const place = new Map(all.map((row, i) => [row.uuid, i]));
  const isMain = (row) => row.isSidechain !== true && row.teamName === undefined && row.type !== "progress";
  const isSaid = (row) => row.type === "user" || row.type === "assistant";

  const above = (row) => {
    const parent = row.parentUuid ?? (row.subtype === "compact_boundary" ? row.logicalParentUuid : null);
    if (parent === null || parent === undefined) return undefined;
    if (byId.has(parent)) return byId.get(parent);
    for (let i = place.get(row.uuid) - 1; i >= 0; i--) if (isMain(all[i])) return all[i];
    return undefined;
  };
  const up = (row, found) => {
    const seen = new Set();
    for (let at = row; at !== undefined && !seen.has(at); at = above(at)) {
      seen.add(at);
      if (found(at)) return at;
    }
    return undefined;
  };

  const chain = [];
  const leaf = lastSaid({ rows, all, byId, isMain, isSaid, up });
  if (leaf) up(leaf, (row) => void chain.unshift(row));
  const shown = chain.filter((row) => isSaid(row) && isMain(row) && row.isMeta !== true);
  const ids = new Set(chain.map(({ uuid }) => uuid));
  const messages = new Set(chain.flatMap(({ type, message }) => (type === "assistant" ? [message?.id] : [])));
  const uses = new Set(
    shown.flatMap((row) => blocks(row).flatMap(({ type, id }) => (type === "tool_use" ? [id] : []))),
  );

  // Beside the chain: rows of the same API message, results of its calls, prompts that waited in the queue.
  const beside = new Map();
  for (const row of all) {
    if (ids.has(row.uuid) && row.type !== "attachment") continue;
    const sibling = row.type === "assistant" && messages.has(row.message?.id);
    const result = row.type === "user" && blocks(row).some(({ type }) => type === "tool_result");
    const queued = row.type === "attachment" && row.attachment?.type === "queued_command";
    if (!sibling && !result && !queued) continue;
    for (const text of queued ? queuedTexts(row) : texts(row)) beside.set(text, (beside.get(text) ?? 0) + 1);
  }
  return {
    conversation: all.some((row) => isMain(row) && isSaid(row)),
    chain: shown.flatMap(texts),
    beside,
    calls: [...uses],
    results: [
      ...new Set(
        shown.flatMap((row) =>
          blocks(row).flatMap(({ type, tool_use_id: id }) => (type === "tool_result" ? [id] : [])),
        ),
      ),
    ],
  };
}

/**
 * The last thing said on the current branch: up from the last row that nothing hangs on. A rewind (a `last-prompt` row
 * with `explicit`) behind everything that was said is the end itself.
 */
function lastSaid({ rows, all, byId, isMain, isSaid, up }) {
  const rewind = rows.findLastIndex((row) => row.type === "last-prompt" && row.explicit === true);
  if (rewind >= 0 && !rows.slice(rewind).some((row) => isSaid(row) && isMain(row)))
    return byId.get(rows[rewind].leafUuid);
  const parents = new Set(all.filter(isMain).map(({ parentUuid }) => parentUuid));
  const ends = all.filter((row) => isMain(row) && !parents.has(row.uuid));
  for (const end of ends.reverse()) {
    const said = up(end, isSaid);
    if (said) return said;
  }
  return undefined;
}

function blocks({ message }) {
  const content = message?.content;
  return typeof content === "string" ? [{ type: "text", text: content }] : Array.isArray(content) ? content : [];
}

/** The texts of a row, each behind the id of its message. */
function texts(row) {
  const id = row.type === "assistant" ? (row.message?.id ?? row.uuid) : row.uuid;
  return blocks(row).flatMap(({ type, text }) => (type === "text" ? [`${id}\u0000${text}`] : []));
}

function queuedTexts({ uuid, attachment: { prompt, source_uuid: source } }) {
  return texts({ type: "user", uuid: source ?? uuid, message: { content: prompt } });
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
    async load(sessionId) {
      updates = [];
      loading = sessionId;
      const reply = await call("session/load", { sessionId, cwd: "/nonexistent", mcpServers: [] });
      loading = undefined;
      return { updates, reply };
    },
    late: () => late,
    async end() {
      child.stdin.end();
      const [code] = await once(child, "exit");
      if (code !== 0) throw new Error(`the server ended with ${code}`);
    },
  };
}
