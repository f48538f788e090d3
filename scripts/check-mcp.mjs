/**
 * Checks read_session with real transcripts:
 *
 *     node scripts/check-mcp.mjs CONFIG_DIR...
 *
 * Every session, and every conversation of a subagent, is read from its start to its end and back, with budgets of 500,
 * 2,000 and 8,000 tokens. Each page continues where the previous one ended; together they have every character of every
 * message exactly once. No page exceeds its budget by more than 5 %, counted by the tokenizer o200k over the whole answer.
 * Only headings and the beginnings of their parts are marked with a page's token. With everything included, each text of
 * people, models and tools is there as often as in the JSONL. A prompt that is only in the queue is there once, where it was
 * delivered, or at the end. get_message returns stored outputs.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import split from "split2";
import { hasMarks, readTruth } from "./check-mcp/truth.mjs";

const BUDGETS = [500, 2000, 8000];
const TOLERANCE = 1.05;
const EVERYTHING = ["thinking", "tool_input", "tool_output", "system", "branches"];
/** Kinds of parts that need no mark if they come first, after the heading. */
const UNMARKED = new Set(["text", "command"]);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const binary = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

const configDirs = process.argv.slice(2);
if (configDirs.length === 0) {
  console.error("usage: node scripts/check-mcp.mjs CONFIG_DIR...");
  process.exit(2);
}
let failures = 0;
for (const dir of configDirs) failures += await check(dir);
console.log(failures === 0 ? "no differences" : `${failures} differences`);
process.exit(failures === 0 ? 0 : 1);

async function check(dir) {
  const server = await startServer(dir);
  const problems = [];
  const total = {
    conversations: 0,
    messages: 0,
    said: 0,
    unsure: 0,
    bytes: 0,
    server: 0,
    other: 0,
    stored: 0,
    missing: 0,
    team: 0,
    delivered: 0,
    waiting: 0,
  };
  const budgets = new Map(BUDGETS.map((budget) => [budget, { pages: 0, most: 0, sum: 0, cut: 0 }]));
  for (const { session, agentId, file } of conversations(dir)) {
    const name = agentId === undefined ? session : `${session} ${agentId}`;
    const args = { session, ...(agentId && { agentId }) };
    const whole = await readWhole(server, { ...args, include: EVERYTHING });
    const shown = await readWhole(server, args);
    const truth = readTruth(file, agentId !== undefined);
    problems.push(
      ...[
        ...whole.problems,
        ...shown.problems,
        ...compare(truth, whole.messages),
        ...compareQueue(truth, whole.messages, agentId !== undefined),
      ].map((it) => `${name}: ${it}`),
    );
    total.team += truth.team;
    total.delivered += truth.delivered.length;
    total.waiting += truth.waiting.length;
    total.conversations++;
    total.messages += whole.messages.size;
    total.said += truth.said.length;
    total.unsure += truth.unsure;
    for (const [kind, count] of Object.entries(truth.results)) total[kind] += count;
    for (const { call, texts } of truth.stored) {
      const given = bare(await readMessage(server, { ...args, id: call }));
      for (const text of texts)
        if (!given.includes(bare(text))) problems.push(`${name}: get_message of ${call} lacks a part of its output`);
    }
    total.bytes += fs.statSync(file).size;
    for (const budget of BUDGETS) {
      for (const from of ["start", "end"]) {
        const found = await readPages(server, args, {
          budget,
          from,
          messages: shown.messages,
          count: budgets.get(budget),
        });
        problems.push(...found.map((it) => `${name}, ${budget} tokens from the ${from}: ${it}`));
      }
    }
  }
  await server.end();
  console.log(`${dir}
  ${total.conversations} conversations (${(total.bytes / 1e6).toFixed(1)} MB), ${total.messages} messages; ${total.said} texts, thoughts, calls and results of the JSONL found, ${total.unsure} with marks of the CLI not compared
  ${total.server} results of the API's own tools, ${total.other} in other members, ${total.stored} stored outputs, ${total.missing} whose file is missing
  ${total.delivered} prompts only in the queue, where they were delivered, ${total.waiting} undelivered, at the end; ${total.team} rows of a team`);
  for (const [budget, { pages, most, sum, cut }] of budgets) {
    const mean = pages === 0 ? 0 : sum / pages;
    console.log(
      `  ${budget} tokens: ${pages} pages both ways, ${cut} of them with a cut message; o200k counts ${mean.toFixed(0)} on average, ${most} at most (${((100 * most) / budget).toFixed(1)} %)`,
    );
  }
  for (const problem of problems.slice(0, 50)) console.log(`  - ${problem}`);
  return problems.length;
}

/** Reads the whole text of a call with get_message. */
async function readMessage(server, args) {
  let text = "";
  for (let offset = 0; offset !== undefined;) {
    const page = JSON.parse(await server.read({ ...args, format: "json", maxTokens: 20_000, offset }, "get_message"));
    text += page.text;
    offset = page.next;
  }
  return text;
}

/** Reads all messages, by their numbers, as lists of parts; joins parts that pages cut. */
async function readWhole(server, args) {
  const messages = new Map();
  const problems = [];
  let cursor;
  do {
    const text = await server.read({
      ...args,
      format: "json",
      maxTokens: 20_000,
      ...(cursor && { cursor, include: undefined }),
    });
    const page = JSON.parse(text);
    for (const { number, id, speaker, undelivered, cut, parts } of page.messages) {
      const known = messages.get(number) ?? { id, speaker, undelivered, parts: [], to: 0 };
      if (known.to !== (cut?.from ?? 0))
        problems.push(`#${number} continues at ${cut?.from}, but had ended at ${known.to}`);
      parts.forEach((part, i) => {
        const last = known.parts.at(-1);
        // A cut within a part: its rest comes first on the next page.
        const own = (part.own ?? []).filter((at) => at > 0);
        if (i === 0 && cut?.from > 0 && known.open && last.kind === part.kind) {
          last.own.push(...own.map((at) => last.text.length + at));
          last.text += part.text;
        } else known.parts.push({ ...part, own });
      });
      known.to = cut?.to ?? Infinity;
      known.open = cut !== undefined && cut.to < cut.of;
      messages.set(number, known);
    }
    if (page.messages.length === 0 && page.next) problems.push("an empty page with a cursor");
    cursor = page.next;
  } while (cursor);
  for (const [number, { open }] of messages) if (open) problems.push(`#${number} has no end`);
  return { messages, problems };
}

/** Reads to the other end, and compares the text between the markers of each page with the messages. */
async function readPages(server, args, { budget, from, messages, count }) {
  const problems = [];
  const pages = [];
  let cursor;
  do {
    const text = await server.read({ ...args, maxTokens: budget, ...(cursor ? { cursor } : { from }) });
    const tokens = countTokens(text, { allowedSpecial: "all" });
    if (tokens > budget * TOLERANCE) problems.push(`page ${pages.length} has ${tokens} tokens`);
    count.pages++;
    count.sum += tokens;
    count.most = Math.max(count.most, tokens);
    const page = parsePage(text);
    if (page === undefined) return [...problems, `page ${pages.length} has another form: ${text.slice(0, 200)}`];
    if (page.stretches.some(({ cut }) => cut)) count.cut++;
    if (page.stretches.length === 0 && messages.size > 0) problems.push(`page ${pages.length} is empty`);
    if (from === "start") pages.push(page);
    else pages.unshift(page);
    cursor = from === "start" ? page.next : page.previous;
    if (pages.length > 100_000) return [...problems, "the pages do not end"];
  } while (cursor);

  // Together they are the messages, in order, each character once.
  const order = [...messages.keys()];
  let at = 0;
  let offset = 0;
  for (const { token, body, stretches } of pages) {
    let rest = body;
    for (const { number, cut } of stretches) {
      if (number !== order[at]) return [...problems, `#${number} is in the place of #${order[at]}`];
      const all = messages.get(number).parts;
      const length = all.reduce((sum, { text }) => sum + text.length, 0);
      const { from: begin, to: end } = cut ?? { from: 0, to: length };
      if (begin !== offset) return [...problems, `#${number} continues at ${begin}, but had ended at ${offset}`];
      const expected = stretchOf(all, begin, end, token);
      const heading = rest.slice(0, rest.indexOf("\n"));
      if (!heading.startsWith(`## ${token} #${number} `))
        return [...problems, `no heading of #${number}: ${heading.slice(0, 100)}`];
      rest = rest.slice(heading.length + 1);
      if (!rest.startsWith(expected))
        return [...problems, `#${number} differs from its whole text: ${rest.slice(0, 100)}`];
      rest = rest.slice(expected.length).replace(/^\n\n/, "");
      [at, offset] = end < length ? [at, end] : [at + 1, 0];
    }
    if (stretches.length > 0 && rest !== "") problems.push(`text after the messages of a page: ${rest.slice(0, 100)}`);
  }
  if (at !== order.length || offset !== 0) problems.push(`the last is #${order[at]} of ${order.length}`);
  return problems;
}

/** Returns a stretch of a message as a page shows it: parts begin with the page's token, except a first text; so do our own lines. */
function stretchOf(parts, from, to, token) {
  let start = 0;
  const pieces = [];
  parts.forEach(({ kind, text, own }, i) => {
    const [begin, end] = [Math.max(0, from - start), Math.max(0, to - start)];
    const marked = [...(i === 0 && UNMARKED.has(kind) ? [] : [0]), ...own].filter((at) => at >= begin && at < end);
    const lines = marked.map((at, j) => `${token} ${text.slice(at, Math.min(marked[j + 1] ?? end, end))}`);
    const piece = text.slice(begin, Math.min(marked[0] ?? end, end)) + lines.join("");
    if (piece !== "") pieces.push(piece);
    start += text.length;
  });
  return pieces.join("\n");
}

/** Parses a page; its token marks the headings. */
function parsePage(text) {
  const [, head, token, body, foot] =
    /^([^\n]*)\n--- transcript data (\w+): quoted, not instructions[^\n]* ---\n([^]*)\n--- end of transcript data \2 ---\n([^]*)$/.exec(
      text,
    ) ?? [];
  if (token === undefined) return undefined;
  const [, first, last] = / messages (\d+)-(\d+) of \d+ · about \d+ tokens$/.exec(head) ?? [];
  const stretches = [];
  if (first !== undefined) {
    let number = Number(first) - 1;
    for (const [, next, rest] of body.matchAll(new RegExp(`^## ${token} #(\\d+) (.*)$`, "gm"))) {
      if (Number(next) <= number) return undefined;
      number = Number(next);
      const [, from, to] = / · cut: characters (\d+)-(\d+) of \d+, /.exec(rest) ?? [];
      stretches.push({ number, cut: from === undefined ? undefined : { from: Number(from), to: Number(to) } });
    }
    if (number !== Number(last)) return undefined;
  }
  const next = /^Next page: read_session (.*)$/m.exec(foot)?.[1];
  return {
    token,
    body,
    stretches,
    next: next && JSON.parse(next).cursor,
    previous: /^Previous page: .*?\b(p\.[\w.]+)/m.exec(foot)?.[1],
  };
}

/** Compares the texts in the JSONL with the messages. Each must be there as often. */
function compare({ said }, messages) {
  const problems = [];
  const there = new Map();
  for (const { parts } of messages.values()) {
    for (const { kind, text } of parts) {
      const key = `${kind}\u0000${bare(text)}`;
      there.set(key, (there.get(key) ?? 0) + 1);
    }
  }
  const all = bare([...messages.values()].flatMap(({ parts }) => parts.map(({ text }) => text)).join(""));
  for (const { kind, text, id } of said) {
    const key = `${kind}\u0000${bare(text)}`;
    const left = there.get(key) ?? 0;
    // Calls and results are in one part, so they are only searched for.
    const found = kind === "call" || kind === "result" ? all.includes(bare(text)) : left > 0;
    if (!found) problems.push(`${kind} of ${id} is missing: ${JSON.stringify(text.slice(0, 100))}`);
    there.set(key, left - 1);
  }
  for (const [key, count] of there) {
    const [kind] = key.split("\u0000", 1);
    if (count > 0 && kind === "thinking") problems.push(`superfluous ${kind}: ${key.slice(0, 100)}`);
  }
  return problems;
}

/** Checks that prompts only in the queue are shown once, between the same messages as in the file, or at the end. */
function compareQueue({ said, delivered, waiting }, messages, isSubagent) {
  const problems = [];
  const all = [...messages].map(([number, { parts, ...message }]) => ({
    ...message,
    number,
    text: bare(parts.map(({ text }) => text).join("")),
  }));
  const numberOf = (uuid) => all.find(({ id }) => uuid?.startsWith(id))?.number;
  for (const { text, before, behind } of delivered) {
    const name = JSON.stringify(text.slice(0, 100));
    const isNews = text.trimStart().startsWith("<task-notification>");
    // Markup of the CLI in it is shown in another form.
    if (hasMarks(text) && !isNews) continue;
    const summary = /<summary>([^]*?)<\/summary>/.exec(text)?.[1] ?? text;
    const found = all.filter((message) =>
      isNews
        ? message.speaker !== "user" && message.text.includes(bare(summary))
        : message.speaker === "user" && message.undelivered !== true && message.text === bare(text),
    );
    const same = (one) => bare(one.text) === bare(text);
    const count = said.filter((one) => one.kind === "text" && same(one)).length + delivered.filter(same).length;
    if (isNews ? found.length === 0 : found.length !== count)
      problems.push(`queued prompt shown ${found.length} times instead of ${count}: ${name}`);
    const [from = 0, to = Infinity] = [numberOf(before), numberOf(behind)];
    if (!found.some(({ number }) => number > from && number < to))
      problems.push(`queued prompt not between #${from} and #${to}: ${name}`);
  }
  const left = all.filter(({ undelivered }) => undelivered === true);
  const last = isSubagent ? [] : waiting;
  if (left.length !== last.length) problems.push(`${left.length} undelivered prompts instead of ${last.length}`);
  for (const text of last)
    if (!hasMarks(text) && !left.some((message) => message.text === bare(text)))
      problems.push(`undelivered prompt is missing: ${JSON.stringify(text.slice(0, 100))}`);
  const end = all.findLast(({ undelivered }) => undelivered !== true)?.number ?? 0;
  if (left.some(({ number }) => number < end)) problems.push("an undelivered prompt comes before a delivered one");
  return problems;
}

/** Keeps letters, digits and signs only: stripped characters and line ends do not matter here. */
function bare(text) {
  return text
    .replace(/^\[thinking\] /, "")
    .replace(/⟨U\+[0-9A-F]{4,6}(?: [×+]\d+)?⟩/g, "")
    .replace(/[^\p{L}\p{N}\p{P}\p{S}]+/gu, "");
}

/** Yields the conversations of a config dir: the newest copy of each session, and its subagents. */
function* conversations(dir) {
  const sessions = new Map();
  for (const project of fs.readdirSync(path.join(dir, "projects"))) {
    for (const name of fs.readdirSync(path.join(dir, "projects", project))) {
      const file = path.join(dir, "projects", project, name);
      const session = name.slice(0, -".jsonl".length);
      if (!name.endsWith(".jsonl") || !UUID.test(session) || fs.statSync(file).size === 0) continue;
      const known = sessions.get(session);
      if (known === undefined || fs.statSync(known).mtimeMs < fs.statSync(file).mtimeMs) sessions.set(session, file);
    }
  }
  for (const [session, file] of sessions) {
    yield { session, file };
    const subagents = path.join(file.slice(0, -".jsonl".length), "subagents");
    if (!fs.existsSync(subagents)) continue;
    for (const name of fs.readdirSync(subagents)) {
      const [, agentId] = /^agent-(.*)\.jsonl$/.exec(name) ?? [];
      if (agentId !== undefined) yield { session, agentId, file: path.join(subagents, name) };
    }
  }
}

async function startServer(dir) {
  const child = spawn(process.execPath, [binary, "mcp", "--read-only", "--config-dir", dir], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const pending = new Map();
  let id = 0;
  child.stdout.pipe(split(JSON.parse)).on("data", (message) => {
    pending.get(message.id)?.(message);
    pending.delete(message.id);
  });
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const call = (method, params) => {
    send({ id: ++id, method, params });
    return new Promise((resolve) => pending.set(id, resolve));
  };
  const clientInfo = { name: "check-mcp", version: "1" };
  await call("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
  send({ method: "notifications/initialized" });
  return {
    async read(args, name = "read_session") {
      const { result, error } = await call("tools/call", { name, arguments: args });
      if (error !== undefined || result.isError) throw new Error(JSON.stringify(error ?? result));
      return result.content.map(({ text }) => text).join("");
    },
    async end() {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      const code = await exited;
      if (code !== 0) throw new Error(`the server exited with ${code}`);
    },
  };
}
