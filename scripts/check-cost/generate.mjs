/** Writes stores with everything that makes a cost easy to get wrong. */
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";

const MODELS = [
  "claude-opus-4-5-20251101",
  "claude-opus-4-6",
  "claude-opus-4-7",
  "claude-opus-4-8",
  "claude-opus-5-5",
  "claude-sonnet-4-5-20250929",
  "claude-sonnet-4-6",
  "claude-haiku-4-5-20251001",
];
const ODD_MODELS = [
  "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  "claude-opus-4-6[1m]",
  "claude-next-9",
  "<synthetic>",
];
const BEGIN = Date.parse("2026-01-05T00:00:00Z");
const MINUTE = 60_000;

/**
 * Writes `projects/` of a config dir: forks, copies, subagents of both layouts, records of the CLI. The same for a seed.
 * `plain`: only subagents and messages of several rows, which other programs count as we do.
 */
export function generateStore(configDir, { seed, sessions, plain = false }) {
  const random = generator(seed);
  const made = [];
  for (let n = 0; n < sessions; n++) {
    const origin = made.length > 0 && random() < 0.3 && !plain ? made[Math.floor(random() * made.length)] : undefined;
    const session = new Session(random, n, { origin, plain });
    made.push(session);
    session.write(configDir);
  }
}

class Session {
  constructor(random, n, { origin, plain }) {
    this.plain = plain;
    this.random = random;
    this.id = uuid(random);
    this.time = BEGIN + Math.floor(random() * 120) * 24 * 60 * MINUTE;
    this.project = `-w-p${Math.floor(random() * 4)}`;
    this.ids = 0;
    this.rows = [];
    this.agents = new Map();
    if (origin !== undefined) {
      const count = 1 + Math.floor(random() * origin.rows.length);
      this.rows = origin.rows
        .slice(0, count)
        .map((row) => ({ ...row, ...("sessionId" in row && { sessionId: this.id }) }));
      this.time = Math.max(origin.time, ...this.rows.map(({ timestamp }) => Date.parse(timestamp) || 0));
    }
    const turns = Math.floor(random() * 6) + (origin === undefined ? 1 : 0);
    for (let turn = 0; turn < turns; turn++) this.turn();
    if (random() < 0.4 && !plain)
      this.rows.push({ type: "cost-state", sessionId: this.id, totalCostUSD: random() * 3 });
    if (random() < 0.2) this.turn();
    this.n = n;
  }

  turn() {
    const { random } = this;
    this.rows.push(this.row("user", { role: "user", content: "prompt" }));
    const model = pick(random, random() < 0.15 && !this.plain ? ODD_MODELS : MODELS);
    const messages = 1 + Math.floor(random() * 3);
    for (let i = 0; i < messages; i++) this.rows.push(...this.message(model));
    if (random() < 0.3) this.subagent();
  }

  /** Makes the rows of a message: one for each of its blocks, with a growing number of output tokens. */
  message(model) {
    const { random } = this;
    const id = `msg_${this.id.slice(0, 8)}_${this.ids++}`;
    const request = random() < 0.9 || this.plain ? { requestId: `req_${id}` } : {};
    const usage = usageOf(random, this.plain);
    const blocks = 1 + Math.floor(random() * 3);
    const ends = random() < 0.9 || this.plain;
    return Array.from({ length: blocks }, (_, at) => {
      const isLast = at === blocks - 1;
      const output = isLast ? usage.output_tokens : Math.ceil((usage.output_tokens * (at + 1)) / (blocks + 1));
      const stop = isLast && ends ? "end_turn" : null;
      const content = [{ type: "text", text: `part ${at}` }];
      const message = {
        id,
        role: "assistant",
        model,
        content,
        stop_reason: stop,
        usage: { ...usage, output_tokens: output },
      };
      return { ...this.row("assistant", message), ...request };
    });
  }

  /** Adds a subagent: in a file of its own, in rows of this one as older CLIs did, or in both. */
  subagent() {
    const { random } = this;
    const agentId = `a${Math.floor(random() * 1e9).toString(16)}`;
    const rows = Array.from({ length: 2 }, () => this.message(pick(random, MODELS))).flat();
    const layout = random();
    if (layout < 0.6)
      this.agents.set(
        agentId,
        rows.map((row) => ({ ...row, isSidechain: true, agentId })),
      );
    if (layout > 0.4) {
      for (const { timestamp, ...row } of rows)
        this.rows.push({
          type: "progress",
          sessionId: this.id,
          timestamp,
          data: { type: "agent_progress", agentId, message: { ...row, timestamp } },
        });
    }
  }

  row(type, message) {
    this.time += Math.floor(this.random() * 20 * MINUTE);
    const timestamp = this.random() < 0.97 || this.plain ? { timestamp: new Date(this.time).toISOString() } : {};
    return {
      type,
      sessionId: this.id,
      uuid: uuid(this.random),
      cwd: `/w/p${this.project.at(-1)}`,
      ...timestamp,
      message,
    };
  }

  write(configDir) {
    const seconds = this.time / 1000 + 60 + this.n;
    const dir = path.join(configDir, "projects", this.project);
    writeRows(path.join(dir, `${this.id}.jsonl`), this.rows, seconds);
    for (const [agentId, rows] of this.agents)
      writeRows(path.join(dir, this.id, "subagents", `agent-${agentId}.jsonl`), rows, seconds);
    // A session that was moved: the old copy has less of it.
    if (this.random() < 0.2 && !this.plain)
      writeRows(
        path.join(configDir, "projects", `${this.project}-old`, `${this.id}.jsonl`),
        this.rows.slice(0, -1),
        seconds - 30,
      );
  }
}

function usageOf(random, plain) {
  const tokens = (most) => Math.floor(random() * most);
  const isLong = random() < 0.1 && !plain;
  const w5 = tokens(20_000);
  const w1h = tokens(20_000);
  const tiers = plain ? 0 : random();
  return {
    input_tokens: tokens(isLong ? 300_000 : 3000),
    output_tokens: tokens(4000),
    cache_creation_input_tokens: w5 + w1h,
    cache_read_input_tokens: tokens(150_000),
    ...(tiers < 0.7 && { cache_creation: { ephemeral_5m_input_tokens: w5, ephemeral_1h_input_tokens: w1h } }),
    ...(tiers > 0.9 && { cache_creation: { ephemeral_1h_input_tokens: w1h } }),
    ...(random() < 0.1 && !plain && { speed: "fast" }),
    ...(random() < 0.3 && !plain && { inference_geo: pick(random, ["us", "not_available", "global"]) }),
    ...(random() < 0.1 && !plain && { server_tool_use: { web_search_requests: tokens(5) } }),
  };
}

function writeRows(file, rows, seconds) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  utimesSync(file, seconds, seconds);
}

const pick = (random, list) => list[Math.floor(random() * list.length)];

function uuid(random) {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Returns numbers between 0 and 1 (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
