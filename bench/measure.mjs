/**
 * One measurement in a process of its own: `node measure.mjs IMPLEMENTATION CASE [JSON]`, with CLAUDE_CONFIG_DIR set.
 * Prints one line of JSON: `ms` (one for each call), `maxRssMb` (of the process, with its modules), `count`.
 */
import { closeSync, openSync, readdirSync, readSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";

const CASES = { list, page, cursorAfter, messages, iterate, fork, floor, openAll };
/** Sessions on a skipped page. */
const LARGE_PAGE = 500;
/** Bytes to read at the end of a transcript: usually enough for the last row. */
const TAIL = 4096;

const [, , implementation, name, json = "{}"] = process.argv;
const options = JSON.parse(json);
const configDir = process.env.CLAUDE_CONFIG_DIR;
const api =
  implementation === "none"
    ? undefined
    : await import(implementation === "official" ? "@anthropic-ai/claude-agent-sdk" : "../dist/index.js");

const { ms, ...result } = await CASES[name](options);
const maxRssMb = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ ms, maxRssMb, ...result }));

/** Lists all sessions, `repeat` times. */
async function list({ repeat = 1 }) {
  const ms = [];
  let count;
  for (let i = 0; i < repeat; i++) ms.push(await time(async () => (count = (await api.listSessions()).length)));
  return { ms, count };
}

/**
 * Lists a page of `limit` sessions, `repeat` times. `warmUp` names another config dir to list first. `swapped`: calls the
 * function that both packages have, like a program that only swapped the import.
 */
async function page({ limit, cursor, repeat = 1, warmUp, swapped }) {
  const listed = async (args) => ({ sessions: await api.listSessions(args) });
  const read = swapped ? listed : (api.listSessionPage ?? listed);
  if (warmUp !== undefined) {
    process.env.CLAUDE_CONFIG_DIR = warmUp;
    for (let i = 0; i < 5; i++) await read({ limit });
    process.env.CLAUDE_CONFIG_DIR = configDir;
  }
  const ms = [];
  let last;
  for (let i = 0; i < repeat; i++)
    ms.push(await time(async () => (last = await read({ limit, ...(cursor && { cursor }) }))));
  const ids = last.sessions.map(({ sessionId }) => sessionId).join(" ");
  return { ms, count: swapped ? ids : last.sessions.length, nextCursor: last.nextCursor };
}

/** Returns the cursor of the page after the first `count` sessions. */
async function cursorAfter({ count }) {
  let cursor;
  for (let done = 0; done < count; done += LARGE_PAGE) {
    const limit = Math.min(LARGE_PAGE, count - done);
    cursor = (await api.listSessionPage({ limit, cursor })).nextCursor;
  }
  return { ms: [], nextCursor: cursor };
}

async function messages({ sessionId, repeat = 1, ...args }) {
  const ms = [];
  let count;
  for (let i = 0; i < repeat; i++) {
    ms.push(await time(async () => (count = (await api.getSessionMessages(sessionId, args)).length)));
  }
  return { ms, count };
}

/** Reads all messages one by one and keeps none. */
async function iterate({ sessionId }) {
  let count = 0;
  const ms = await time(async () => {
    for await (const message of api.streamSessionMessages(sessionId)) if (message) count++;
  });
  return { ms: [ms], count };
}

async function fork({ sessionId }) {
  let forked;
  const ms = await time(async () => (forked = (await api.forkSession(sessionId)).sessionId));
  const file = path.join(configDir, "projects", "-perf-single", `${forked}.jsonl`);
  const count = statSync(file).size;
  rmSync(file);
  return { ms: [ms], count };
}

/** Does the minimum for any list: reads the directories, with one stat for each session. */
async function floor({ repeat = 1 }) {
  const ms = [];
  let count = 0;
  for (let i = 0; i < repeat; i++) ms.push(await time(() => (count = eachSession(() => undefined))));
  return { ms, count };
}

/** Does the minimum if mtimes are meaningless: reads the end of each transcript as well. */
async function openAll() {
  const bytes = Buffer.alloc(TAIL);
  let count = 0;
  const ms = await time(() => {
    count = eachSession((file, size) => {
      const fd = openSync(file, "r");
      readSync(fd, bytes, 0, TAIL, Math.max(0, size - TAIL));
      closeSync(fd);
    });
  });
  return { ms: [ms], count };
}

/** Calls `visit` with each non-empty transcript and its size. Returns their number. */
function eachSession(visit) {
  let count = 0;
  const projects = path.join(configDir, "projects");
  for (const project of readdirSync(projects)) {
    const dir = `${projects}/${project}`;
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (!entry.name.endsWith(".jsonl")) continue;
      const file = `${dir}/${entry.name}`;
      const { size } = statSync(file);
      if (size === 0) continue;
      count++;
      visit(file, size);
    }
  }
  return count;
}

async function time(run) {
  const began = performance.now();
  await run();
  return performance.now() - began;
}
