/** Measurements of the MCP server as a host runs it: a process with pipes. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const SERVER = [fileURLToPath(new URL("../dist/cli.js", import.meta.url)), "mcp"];
const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "bench", version: "1" },
};
const CHUNK = 128 * 1024;
const NEWLINE = 10;

/** Returns the time from the spawn to the complete answer to `initialize`, ms. */
export async function timeToMcpInitialize(configDir) {
  const began = performance.now();
  const server = start(configDir);
  await server.call("initialize", INITIALIZE);
  const ms = performance.now() - began;
  await server.stop();
  return ms;
}

/**
 * Reads pages of a session in a new server. Returns the times (ms) of the first page, of `later` pages after it, of the last
 * page, of as many before that, and of a page around the middle, and the peak RSS of the server (MB).
 */
export async function readPages(configDir, session, { later }) {
  const server = start(configDir);
  await server.call("initialize", INITIALIZE);
  server.send({ method: "notifications/initialized" });
  // The first call loads the code of the tool, which does not count as reading.
  await server.tool("get_message", { session: "00000000", id: "1" });
  const first = await server.page({ session });
  const [, total] = / of (\d+) ·/.exec(first.text) ?? [];
  const following = [];
  let page = first;
  for (let i = 0; i < later; i++) following.push((page = await server.page({ session, cursor: page.next })).ms);
  page = await server.page({ session, from: "end" });
  const backward = [page.ms];
  for (let i = 0; i < later; i++) backward.push((page = await server.page({ session, cursor: page.previous })).ms);
  const around = (await server.page({ session, around: String(Math.floor(Number(total) / 2)) })).ms;
  const maxRssMb = largestRss(server.pid);
  await server.stop();
  return { first: first.ms, later: [...following, ...backward, around], total: Number(total), maxRssMb };
}

/** Reads a message in slices. Returns the times of the first and of each later one (ms), and the number of characters. */
export async function readSlices(configDir, session, id) {
  const server = start(configDir);
  await server.call("initialize", INITIALIZE);
  const ms = [];
  let units = 0;
  for (let offset = 0; offset !== undefined;) {
    const slice = await server.tool("get_message", { session, id, offset, maxTokens: 20_000, format: "json" });
    const { text, next } = JSON.parse(slice.text);
    ms.push(slice.ms);
    units += text.length;
    offset = next;
  }
  const maxRssMb = largestRss(server.pid);
  await server.stop();
  return { first: ms[0], later: ms.slice(1), units, maxRssMb };
}

/** Returns the number of bytes of the answer to `tools/list`. */
export async function bytesOfToolsList(configDir) {
  const server = start(configDir);
  await server.call("initialize", INITIALIZE);
  const { result } = await server.call("tools/list", {});
  await server.stop();
  return Buffer.byteLength(JSON.stringify(result));
}

/** Reads each byte of a file once, without using it. Returns the time, ms. */
export function timeOfPass(file) {
  const began = performance.now();
  const fd = fs.openSync(file, "r");
  const chunk = Buffer.allocUnsafeSlow(CHUNK);
  let lines = 0;
  for (let count = fs.readSync(fd, chunk); count > 0; count = fs.readSync(fd, chunk)) {
    for (let at = 0; at < count; at++) if (chunk[at] === NEWLINE) lines++;
  }
  fs.closeSync(fd);
  if (lines === 0) throw new Error(`${file} has no lines`);
  return performance.now() - began;
}

function start(configDir) {
  const env = { ...process.env, CLAUDE_CONFIG_DIR: configDir };
  const child = spawn(process.execPath, SERVER, { env, stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map();
  let rest = [];
  let id = 0;
  child.stdout.on("data", (chunk) => {
    rest.push(chunk);
    if (!chunk.includes(NEWLINE)) return;
    const lines = Buffer.concat(rest).toString().split("\n");
    rest = [Buffer.from(lines.pop())];
    for (const line of lines) {
      const message = JSON.parse(line);
      waiting.get(message.id)?.(message);
    }
  });
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const call = (method, params) => {
    send({ id: ++id, method, params });
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  const tool = async (name, args) => {
    const began = performance.now();
    const { result, error } = await call("tools/call", { name, arguments: args });
    const ms = performance.now() - began;
    if (error !== undefined) throw new Error(JSON.stringify(error));
    return { ms, text: result.content.map(({ text }) => text).join("") };
  };
  return {
    pid: child.pid,
    send,
    call,
    tool,
    async page(args) {
      const { ms, text } = await tool("read_session", args);
      const next = /^Next page: read_session (.*)$/m.exec(text)?.[1];
      const previous = /^Previous page: .*?\b(p\.[\w.]+)/m.exec(text)?.[1];
      return { ms, text, next: next && JSON.parse(next).cursor, previous };
    },
    async stop() {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      await exited;
    },
  };
}

/** Only Linux reports the peak memory of another process. */
function largestRss(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
  } catch {
    return undefined;
  }
}
