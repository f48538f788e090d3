/** The two ACP agents that are compared, each started as an editor would start it. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const INCUMBENT = path.join(root, "bench/peers/node_modules/@agentclientprotocol/claude-agent-acp");

/** Updates of the incumbent after the conversation: about itself, not about the session's past. */
const ABOUT_ITSELF = new Set(["available_commands_update", "current_mode_update", "config_option_update"]);

const UPDATE = '"method":"session/update"';
const KIND = '"sessionUpdate":"';
/** Upper bound of the length of a kind's name. */
const KIND_BYTES = 40;
const UPDATE_HEAD = Buffer.from(`{"jsonrpc":"2.0",${UPDATE}`);
const NEWLINE = 0x0a;

/** Whether the line at `from` begins like the updates of both agents. False if the chunk ends within that beginning. */
const isUpdate = (chunk, from, to) =>
  to - from >= UPDATE_HEAD.length &&
  chunk.compare(UPDATE_HEAD, 0, UPDATE_HEAD.length, from, from + UPDATE_HEAD.length) === 0;

export const ours = agent("claude-transcripts", root, [path.join(root, "dist/cli.js"), "acp"]);

/** Undefined if it is not installed: `npm install --prefix bench/peers`. */
export const incumbent = existsSync(INCUMBENT)
  ? agent("claude-agent-acp", INCUMBENT, [path.join(INCUMBENT, "dist/index.js")])
  : undefined;

function agent(name, directory, args) {
  const { version } = JSON.parse(readFileSync(path.join(directory, "package.json"), "utf8"));
  return { name, version, start: (configDir, home) => new Connection(args, environment(configDir, home)) };
}

/**
 * Returns an environment without settings of this machine, and without a network: the incumbent starts the CLI, which needs
 * some key to start, and gets an address at which nobody listens.
 */
function environment(configDir, home) {
  return {
    PATH: process.env.PATH,
    HOME: home,
    CLAUDE_CONFIG_DIR: configDir,
    ANTHROPIC_API_KEY: "none",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:9",
    HTTPS_PROXY: "http://127.0.0.1:9",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    // As root, the CLI only allows some modes in a sandbox.
    IS_SANDBOX: "1",
  };
}

class Connection {
  /** Times of the last update, and of the last one of the conversation, since the start, ms. */
  lastUpdateMs = 0;
  lastOfConversationMs = 0;
  updates = [];
  /** Updates that came after the answer to the load. */
  late = [];

  #child;
  #began = performance.now();
  #pending = new Map();
  #nextId = 1;
  #keep = true;
  #answered = false;
  #line;

  constructor(args, env) {
    this.#child = spawn(process.execPath, args, { env, stdio: ["pipe", "pipe", "ignore"] });
    this.#child.stdin.on("error", () => undefined);
    void this.#read();
  }

  get elapsedMs() {
    return performance.now() - this.#began;
  }

  async initialize() {
    const clientCapabilities = { session: { compaction: {} } };
    return (await this.#call("initialize", { protocolVersion: 1, clientCapabilities })).result;
  }

  /** Loads a session; `keep: false` only times the updates, so that the client's work does not count. */
  async load(sessionId, cwd, { keep = true } = {}) {
    this.#keep = keep;
    this.#answered = false;
    this.updates = [];
    this.late = [];
    const reply = await this.#call("session/load", { sessionId, cwd, mcpServers: [] });
    this.#answered = true;
    return reply;
  }

  async close(sessionId) {
    await this.#call("session/close", { sessionId });
  }

  /** Ends stdin, and kills the process if it does not exit. */
  async stop(graceMs = 3000) {
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
    await ended;
    clearTimeout(timer);
  }

  #call(method, params) {
    const id = this.#nextId++;
    const reply = new Promise((resolve) => this.#pending.set(id, resolve));
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return reply;
  }

  async #read() {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#child.stdout) {
      if (!this.#keep) {
        this.#notice(chunk);
        this.#skipUpdates(chunk);
        continue;
      }
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop();
      for (const line of lines) this.#receive(line);
    }
    for (const resolve of this.#pending.values()) resolve({ error: { message: "the agent ended" } });
  }

  /** Notes the time if a chunk of the output has an update in it. */
  #notice(chunk) {
    const at = chunk.lastIndexOf(KIND);
    if (at < 0) return;
    const [kind] = chunk.toString("latin1", at + KIND.length, at + KIND.length + KIND_BYTES).split('"');
    this.lastUpdateMs = this.elapsedMs;
    if (!ABOUT_ITSELF.has(kind)) this.lastOfConversationMs = this.lastUpdateMs;
  }

  /**
   * Reads the lines that are not updates. Does as little as possible, and decodes no update, so that the client's own work
   * is not measured.
   */
  #skipUpdates(chunk) {
    for (let from = 0; from < chunk.length;) {
      const end = chunk.indexOf(NEWLINE, from);
      const to = end < 0 ? chunk.length : end;
      // Undefined between two lines, null within an update.
      if (this.#line === undefined) this.#line = isUpdate(chunk, from, to) ? null : [];
      this.#line?.push(chunk.subarray(from, to));
      from = to + 1;
      if (end < 0) continue;
      const line = this.#line === null ? UPDATE : Buffer.concat(this.#line).toString();
      this.#line = undefined;
      if (!line.includes(UPDATE)) this.#receive(line);
    }
  }

  #receive(line) {
    const message = JSON.parse(line);
    if (message.method === "session/update") {
      const { update } = message.params;
      (this.#answered ? this.late : this.updates).push(update);
      return;
    }
    if ("method" in message) return this.#refuse(message);
    this.#pending.get(message.id)?.(message);
    this.#pending.delete(message.id);
  }

  /** Rejects a request of the agent: no capability was offered. */
  #refuse({ id }) {
    if (id === undefined) return;
    const error = { code: -32601, message: "Method not found" };
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, error })}\n`);
  }
}
