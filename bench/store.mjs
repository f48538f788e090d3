/**
 * Makes the stores for measurements: synthetic transcripts with the sizes and shapes of a busy machine. The same arguments
 * always make the same bytes.
 */
import fs from "node:fs";
import path from "node:path";

export const SINGLE_SESSION = "11111111-1111-4111-8111-111111111111";

/** Mtime of all files in a copied store, seconds: as after a copy, a clone or a restored backup. */
const COPIED_MTIME = 1.78e9;
const WORDS =
  "lorem ipsum dolor sit amet function return const await import export module path buffer stream promise error handler request response session".split(
    " ",
  );

/**
 * Makes a config dir with `sessions` transcripts in `projects` projects: 70 % of 20–100 kB, 20 % up to 1 MB, 10 % up to
 * 5 MB. 10 % have a subagent, 3 % are archived. Mtimes are those of the last rows; with `copied`, all are equal.
 */
export function makeStore(configDir, { sessions, projects, copied }) {
  const make = new Maker(42);
  for (let i = 0; i < sessions; i++) {
    const sessionId = make.uuid();
    const dir = path.join(configDir, "projects", `-perf-project-${i % projects}`);
    fs.mkdirSync(dir, { recursive: true });
    const file = path.join(dir, `${sessionId}.jsonl`);
    const start = 1.7e12 + Math.floor(make.random() * 5e10);
    const last = make.write(file, sessionId, `/perf/project-${i % projects}`, sizeOf(make), start);
    const mtime = copied ? COPIED_MTIME : last / 1000;
    fs.utimesSync(file, mtime, mtime);
    if (make.random() < 0.1) {
      fs.mkdirSync(path.join(dir, sessionId, "subagents"), { recursive: true });
      make.write(
        path.join(dir, sessionId, "subagents", "agent-a0123456789abcde.jsonl"),
        sessionId,
        "/perf",
        20e3,
        start,
      );
    }
    if (make.random() < 0.03) {
      fs.mkdirSync(path.join(dir, sessionId), { recursive: true });
      const mark = { archived: true, at: new Date(last).toISOString(), by: "sdk" };
      fs.writeFileSync(path.join(dir, sessionId, "archived.json"), JSON.stringify(mark));
    }
  }
}

/** Makes a config dir with one long conversation of `megabytes` MB. */
export function makeSingle(configDir, { megabytes }) {
  const file = fileOfSingle(configDir);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  new Maker(7).write(file, SINGLE_SESSION, "/perf/single", megabytes * 1e6, Date.UTC(2026, 0, 1));
}

export const fileOfSingle = (configDir) => path.join(configDir, "projects", "-perf-single", `${SINGLE_SESSION}.jsonl`);

/** The tool call whose result is the long row of `makeLongRow`. */
export const LONG_ROW = "toolu_long";
const LONG_ROW_BYTES = 12e6;

/** Makes a config dir with a conversation of three rows; the last is the output of a tool, 12 MB. */
export function makeLongRow(configDir) {
  const file = fileOfSingle(configDir);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const make = new Maker(3);
  const common = { isSidechain: false, cwd: "/perf", sessionId: SINGLE_SESSION, version: "2.1.240" };
  const call = { type: "tool_use", id: LONG_ROW, name: "Bash", input: { command: "cat log" } };
  const output = make.textOf(LONG_ROW_BYTES);
  const contents = [
    ["user", "Show me the log"],
    ["assistant", [call]],
    ["user", [{ type: "tool_result", tool_use_id: LONG_ROW, content: output }]],
  ];
  let parentUuid = null;
  const lines = contents.map(([type, content], i) => {
    const uuid = make.uuid();
    const timestamp = new Date(1.78e12 + i * 1000).toISOString();
    const message = { role: type, content, ...(type === "assistant" && { id: "msg_long" }) };
    const row = { parentUuid, ...common, type, message, uuid, timestamp };
    parentUuid = uuid;
    return `${JSON.stringify(row)}\n`;
  });
  fs.writeFileSync(file, lines.join(""));
}

function sizeOf(make) {
  const kind = make.random();
  if (kind < 0.7) return 20e3 + make.random() * 80e3;
  return kind < 0.9 ? 100e3 + make.random() * 900e3 : 1e6 + make.random() * 4e6;
}

class Maker {
  #state;
  #texts;

  constructor(seed) {
    this.#state = seed;
    this.#texts = Array.from({ length: 400 }, (_, i) => this.#makeText(200 + ((i * 97) % 6000)));
  }

  random() {
    this.#state = (this.#state * 1664525 + 1013904223) >>> 0;
    return this.#state / 2 ** 32;
  }

  uuid() {
    const hex = (digits) => Array.from({ length: digits }, () => ((this.random() * 16) | 0).toString(16)).join("");
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }

  textOf(length) {
    let text = "";
    while (text.length < length) text += this.#text();
    return text.slice(0, length);
  }

  /** Writes a transcript of about `bytes` bytes. Returns the time of its last row, epoch ms. */
  write(file, sessionId, cwd, bytes, start) {
    const fd = fs.openSync(file, "w", 0o600);
    let pending = [];
    let size = 0;
    let last = start;
    for (const { row, time } of this.#rows(sessionId, cwd, bytes, start)) {
      pending.push(`${JSON.stringify(row)}\n`);
      size += pending.at(-1).length;
      last = time;
      if (size > 1 << 20) {
        fs.writeSync(fd, pending.join(""));
        pending = [];
        size = 0;
      }
    }
    fs.writeSync(fd, pending.join(""));
    fs.closeSync(fd);
    return last;
  }

  *#rows(sessionId, cwd, bytes, start) {
    const common = {
      isSidechain: false,
      userType: "external",
      cwd,
      sessionId,
      version: "2.1.240",
      gitBranch: "main",
      entrypoint: "cli",
    };
    let parentUuid = null;
    let time = start;
    let written = 0;
    const give = (row) => {
      written += JSON.stringify(row).length + 1;
      return { row, time };
    };
    const said = (type, message, more = {}) => {
      const uuid = this.uuid();
      const row = { parentUuid, ...common, type, message, uuid, timestamp: new Date(time).toISOString(), ...more };
      parentUuid = uuid;
      return give(row);
    };
    const assistant = (content, stop_reason) =>
      said("assistant", {
        id: `msg_${this.uuid().slice(0, 18)}`,
        type: "message",
        role: "assistant",
        model: "claude",
        content,
        stop_reason,
        usage: { input_tokens: 1, output_tokens: 2 },
      });

    yield give({ type: "permission-mode", permissionMode: "default", sessionId });
    for (let turn = 0; written < bytes; turn++) {
      time += 1000;
      const prompt = turn === 0 ? `Please help me with task ${sessionId}` : this.#text();
      const user = said("user", { role: "user", content: prompt });
      yield user;
      for (let step = 0; step < 3 && written < bytes; step++) {
        time += 500;
        const id = `toolu_${this.uuid().slice(0, 20)}`;
        const call = { type: "tool_use", id, name: "Read", input: { file_path: `/x/${step}` } };
        yield assistant([{ type: "text", text: this.#text().slice(0, 400) }, call], "tool_use");
        const content = [{ type: "tool_result", tool_use_id: id, content: this.#text() }];
        yield said("user", { role: "user", content }, { toolUseResult: { stdout: this.#text(), stderr: "" } });
        if (this.random() < 0.2) {
          const messageId = user.row.uuid;
          const snapshot = { messageId, trackedFileBackups: {}, timestamp: new Date(time).toISOString() };
          yield give({ type: "file-history-snapshot", messageId, snapshot, isSnapshotUpdate: false });
        }
      }
      yield assistant([{ type: "text", text: this.#text() }], "end_turn");
    }
    const name = sessionId.slice(0, 8);
    if (this.random() < 0.4) yield give({ type: "ai-title", aiTitle: `AI title ${name}`, sessionId });
    if (this.random() < 0.1) yield give({ type: "custom-title", customTitle: `Custom ${name}`, sessionId });
    if (this.random() < 0.6) yield give({ type: "last-prompt", lastPrompt: `last prompt of ${sessionId}`, sessionId });
  }

  #text() {
    return this.#texts[(this.random() * this.#texts.length) | 0];
  }

  #makeText(length) {
    let text = "";
    while (text.length < length) {
      text += WORDS[(this.random() * WORDS.length) | 0] + (this.random() < 0.07 ? "\n" : " ");
    }
    return text;
  }
}
