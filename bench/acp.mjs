/** Measurements of the program as an editor and a shell run it: a process with pipes. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const SERVER = [fileURLToPath(new URL("../dist/cli.js", import.meta.url)), "acp"];
/** Answers are shorter; longer lines are updates of the conversation. */
const ANSWER_UNITS = 4096;
const INITIALIZE = { protocolVersion: 1, clientCapabilities: {} };

/** Returns the time from the spawn to the complete answer to `initialize`, ms. */
export async function timeToInitialize(configDir) {
  const began = performance.now();
  const server = start(configDir);
  send(server, 1, "initialize", INITIALIZE);
  for await (const chunk of server.stdout) if (chunk.includes(0x0a)) break;
  const ms = performance.now() - began;
  await stop(server);
  return ms;
}

/** Returns the time from the spawn of `list` to the end of its first line, ms. Waits for its end. */
export async function timeToFirstLine(configDir) {
  const began = performance.now();
  const args = [SERVER[0], "list", "--config-dir", configDir];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let ms;
  for await (const chunk of child.stdout) if (chunk.includes(0x0a)) ms ??= performance.now() - began;
  await ended;
  return ms;
}

/** Returns the time from the spawn of `node -e 0` to its end, ms: the minimum for any program in Node. */
export async function timeOfNode() {
  const began = performance.now();
  const child = spawn(process.execPath, ["-e", "0"], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise((resolve) => child.once("exit", resolve));
  return performance.now() - began;
}

/**
 * Loads a session with a client that reads nothing for `stallMs`, and then at most 64 KiB every `pauseMs`. Returns the peak
 * RSS of the server (MB), the size of its output (MB) and the time (ms).
 */
export async function loadSession(configDir, sessionId, { stallMs, pauseMs }) {
  const server = start(configDir);
  const began = performance.now();
  send(server, 1, "initialize", INITIALIZE);
  send(server, 2, "session/load", { sessionId, cwd: "/", mcpServers: [] });
  await sleep(stallMs);
  let bytes = 0;
  let answer;
  for await (const lines of linesOf(server.stdout)) {
    bytes += lines.size;
    answer = lines.map((line) => (line.length < ANSWER_UNITS ? JSON.parse(line) : {})).find(({ id }) => id === 2);
    if (answer !== undefined) break;
    if (pauseMs > 0) await sleep(pauseMs);
  }
  const ms = performance.now() - began;
  const maxRssMb = largestRss(server.pid);
  await stop(server);
  if (answer?.result === undefined) throw new Error(`session/load failed: ${JSON.stringify(answer)}`);
  return { ms, maxRssMb, sentMb: bytes / 1e6 };
}

/** Yields, for each chunk of the stream, the lines that it completes, with its `size` in bytes. */
async function* linesOf(stream) {
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + chunk.toString("latin1")).split("\n");
    rest = lines.pop();
    yield Object.assign(lines, { size: chunk.length });
  }
}

function start(configDir) {
  const env = { ...process.env, CLAUDE_CONFIG_DIR: configDir };
  return spawn(process.execPath, SERVER, { env, stdio: ["pipe", "pipe", "inherit"] });
}

function send(server, id, method, params) {
  server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
}

async function stop(server) {
  const exited = new Promise((resolve) => server.once("exit", resolve));
  server.stdin.end();
  server.stdout.resume();
  await exited;
}

/** Only Linux reports the peak memory of another process. */
function largestRss(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
  } catch {
    return undefined;
  }
}
