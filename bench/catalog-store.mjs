/**
 * Makes a store like 45 real sessions (57 MB, by CLIs 2.1.91 to 2.1.199): of the bytes, half are results of tools, more than
 * half of that the CLI's own record of them, a fifth are thoughts, nearly all of it signatures, a fifth calls, the rest other
 * words and rows without any. The words are made up, and as often repeated as in real ones: an index takes a third of the
 * text. The same arguments always make the same bytes.
 */
import fs from "node:fs";
import path from "node:path";

/** Words by rank: the n-th is drawn about 1/n as often as the first. */
const VOCABULARY = 40_000;
/** Texts that rows are cut from, and their length in bytes. */
const TEXTS = 2000;
const TEXT_BYTES = 12_000;
/** Texts that a session quotes, and different words of one text. */
const SESSION_TEXTS = 5;
const TOPIC_WORDS = 150;
const TOOLS = ["Bash", "Bash", "Bash", "Read", "Read", "Grep", "Glob", "Edit", "Write", "mcp__docs__fetch"];
/** A word that only the newest session has. */
export const NEWEST_WORD = "quagga7newest";
/** A word that many sessions have. */
export const USUAL_WORD = "error";

/** Writes `sessions` transcripts of `bytes` bytes in all, and subagents of every tenth. */
export function makeCatalogStore(configDir, { sessions, bytes }) {
  const make = new Maker(20261130);
  const sizes = Array.from({ length: sessions }, () => make.size());
  const scale = bytes / sizes.reduce((a, b) => a + b, 0);
  for (let i = 0; i < sessions; i++) {
    const id = make.uuid();
    const dir = path.join(
      configDir,
      "projects",
      `-bench-project-${i % Math.max(1, Math.min(60, (sessions / 10) | 0))}`,
    );
    fs.mkdirSync(dir, { recursive: true });
    const file = path.join(dir, `${id}.jsonl`);
    const time = Date.UTC(2025, 0, 1) + Math.floor(make.random() * 3e10);
    const first = i === sessions - 1 ? `Where is ${NEWEST_WORD}?` : undefined;
    const last = make.write(file, { id, bytes: sizes[i] * scale * 0.95, time, first });
    const mtime = i === sessions - 1 ? Date.UTC(2026, 10, 1) / 1000 : last / 1000;
    fs.utimesSync(file, mtime, mtime);
    if (i % 10 !== 0) continue;
    const agents = path.join(dir, id, "subagents");
    fs.mkdirSync(agents, { recursive: true });
    make.write(path.join(agents, "agent-a0123456789abcde.jsonl"), { id, bytes: sizes[i] * scale * 0.5, time });
  }
}

/** Writes a transcript whose second row, the result of a tool, has a text of `bytes` bytes. */
export function makeHugeRow(configDir, bytes) {
  const make = new Maker(7);
  const id = make.uuid();
  const dir = path.join(configDir, "projects", "-bench-huge");
  fs.mkdirSync(dir, { recursive: true });
  const file = path.join(dir, `${id}.jsonl`);
  make.write(file, { id, bytes: 1, time: Date.UTC(2026, 0, 1) });
  const row = (content) => JSON.stringify({ type: "user", message: { role: "user", content } });
  const [before, after] = row([{ type: "tool_result", tool_use_id: "toolu_1", content: "?" }]).split("?");
  const fd = fs.openSync(file, "a");
  fs.writeSync(fd, before);
  for (let written = 0; written < bytes; written += TEXT_BYTES)
    fs.writeSync(fd, JSON.stringify(make.text(TEXT_BYTES)).slice(1, -1));
  fs.writeSync(fd, `${after}\n${row("The end")}\n`);
  fs.closeSync(fd);
}

class Maker {
  #state;
  #words;
  #texts;
  /** Those that the rows of the current session are cut from. */
  #ofSession = [];
  #count = 0;
  #last = null;
  /** Ids of the message that is being written: a thought, words and a call of it are a row each. */
  #message = "";
  #request = "";

  constructor(seed) {
    this.#state = seed >>> 0;
    const syllables = "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo zy err in st ar con".split(" ");
    this.#words = Array.from({ length: VOCABULARY }, (_, n) => {
      let word = "";
      for (let left = n + 7; left > 0; left = Math.floor(left / syllables.length))
        word += syllables[left % syllables.length];
      return n % 11 === 0 ? `${word}_${n % 97}` : n % 17 === 0 ? `${word}.ts` : word;
    });
    this.#words[40] = USUAL_WORD;
    this.#texts = Array.from({ length: TEXTS }, () => this.#text(TEXT_BYTES));
  }

  random() {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state / 2 ** 32;
  }

  /** Returns some words, in bytes. */
  text(length) {
    return this.#texts[Math.floor(this.random() * TEXTS)].slice(0, length);
  }

  /** Size of a session: 70 % are small, and a tenth has more than half of all bytes. */
  size() {
    const kind = this.random();
    if (kind < 0.7) return 20e3 + this.random() * 180e3;
    return kind < 0.9 ? 200e3 + this.random() * 1.3e6 : 1.5e6 + this.random() * 3e6;
  }

  uuid() {
    const hex = (digits) => Array.from({ length: digits }, () => ((this.random() * 16) | 0).toString(16)).join("");
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }

  /** Writes a transcript. Returns the time of its last row, epoch ms. */
  write(file, { id, bytes, time, first }) {
    const fd = fs.openSync(file, "w", 0o600);
    let pending = "";
    let written = 0;
    let now = time;
    this.#last = null;
    this.#ofSession = Array.from({ length: SESSION_TEXTS }, () => this.#texts[Math.floor(this.random() * TEXTS)]);
    for (let step = 0; written < bytes; step++) {
      for (const row of this.#step(step, id, (now += 1000 + ((this.random() * 20_000) | 0)), first)) {
        const line = `${JSON.stringify(row)}\n`;
        written += line.length;
        pending += line;
      }
      if (pending.length < 1 << 20) continue;
      fs.writeSync(fd, pending);
      pending = "";
    }
    fs.writeSync(fd, pending);
    fs.closeSync(fd);
    return now;
  }

  /** Returns the rows of a step: a prompt now and then, a thought, words, a call, its result, and rows without words. */
  *#step(step, session, now, first) {
    if (step % 10 === 0) yield this.#user(session, now, step === 0 && first ? first : this.#cut(700));
    const common = this.#common(session, now);
    this.#message = this.#id("msg_");
    this.#request = this.#id("req_");
    if (this.random() < 0.5)
      yield this.#answer(common, { type: "thinking", thinking: "", signature: this.#base64(3000) });
    if (this.random() < 0.4) yield this.#answer(common, { type: "text", text: this.#cut(500) });
    const id = this.#id("toolu_");
    const name = TOOLS[(this.random() * TOOLS.length) | 0];
    const file_path = `/bench/src/${this.#word()}.ts`;
    const edits = name === "Edit" || name === "Write";
    const input = edits
      ? { file_path, old_string: this.#cut(700), new_string: this.#cut(800), replace_all: false }
      : { command: this.#cut(500), description: this.#cut(50), file_path };
    yield this.#answer(common, { type: "tool_use", id, name, input });
    const text = this.#cut(this.random() < 0.1 ? 8000 : 900);
    const patch = { oldStart: 1, oldLines: 4, newStart: 1, newLines: 4, lines: this.#cut(900).split("\n") };
    const toolUseResult = edits
      ? {
          filePath: file_path,
          oldString: input.old_string,
          newString: input.new_string,
          originalFile: this.#cut(5000),
          structuredPatch: [patch],
          userModified: false,
        }
      : { stdout: text, stderr: "", interrupted: false, isImage: false, file: { filePath: file_path, numLines: 99 } };
    const content = [{ tool_use_id: id, type: "tool_result", content: text, is_error: false }];
    yield { ...this.#user(session, now, content), toolUseResult, sourceToolAssistantUUID: this.#last };
    if (step % 3 !== 0) return;
    const message = this.#cut(300);
    yield {
      ...this.#rest("attachment", common),
      attachment: { type: "task_reminder", content: [message], itemCount: 1 },
    };
    const snapshot = {
      messageId: this.#last,
      trackedFileBackups: { [file_path]: { backupFileName: this.uuid(), version: 1 } },
    };
    yield { type: "file-history-snapshot", messageId: this.#last, snapshot, isSnapshotUpdate: false };
    if (step % 9 !== 0) return;
    yield { type: "last-prompt", lastPrompt: message.slice(0, 100), sessionId: session };
    yield { type: "ai-title", aiTitle: this.#cut(40).replaceAll("\n", " "), sessionId: session };
    const data = { type: "bash_progress", output: message, fullOutput: message, elapsedTimeSeconds: 3, totalLines: 9 };
    yield { ...this.#rest("progress", common), data, toolUseID: id, parentToolUseID: id };
  }

  #user(session, now, content) {
    const common = this.#common(session, now);
    return {
      parentUuid: this.#last,
      isSidechain: false,
      ...this.#rest("user", common),
      message: { role: "user", content },
    };
  }

  #answer(common, block) {
    const usage = {
      input_tokens: (this.random() * 9) | 0,
      cache_creation_input_tokens: (this.random() * 9000) | 0,
      cache_read_input_tokens: (this.random() * 90_000) | 0,
      output_tokens: (this.random() * 900) | 0,
      server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
      service_tier: "standard",
      cache_creation: { ephemeral_1h_input_tokens: (this.random() * 9000) | 0, ephemeral_5m_input_tokens: 0 },
      inference_geo: "",
      iterations: [
        {
          input_tokens: 1,
          output_tokens: 2,
          cache_read_input_tokens: 3,
          cache_creation_input_tokens: 4,
          type: "message",
        },
      ],
      speed: "standard",
    };
    const message = {
      model: "claude-opus-4-5-20251101",
      id: this.#message,
      type: "message",
      role: "assistant",
      content: [block],
      stop_reason: "tool_use",
      stop_sequence: null,
      usage,
    };
    return {
      parentUuid: this.#last,
      isSidechain: false,
      message,
      requestId: this.#request,
      ...this.#rest("assistant", common),
    };
  }

  #common(session, now) {
    return {
      timestamp: new Date(now).toISOString(),
      userType: "external",
      entrypoint: "cli",
      cwd: "/bench/project",
      sessionId: session,
      version: "2.1.140",
      gitBranch: "main",
    };
  }

  #rest(type, common) {
    this.#last = this.uuid();
    return { type, uuid: this.#last, ...common };
  }

  #id(prefix) {
    return `${prefix}01${(this.#count++).toString(36).padStart(8, "x")}${((this.random() * 2 ** 32) >>> 0).toString(36)}`;
  }

  #base64(length) {
    const most = Math.floor(length / 2 + this.random() * length);
    return Buffer.from(this.#slice(Math.floor(most * 0.75)))
      .toString("base64")
      .slice(0, most);
  }

  #word() {
    return this.#words[Math.min(VOCABULARY - 1, Math.floor(VOCABULARY ** this.random()))];
  }

  /** Returns a part of a text of the session, of half to one and a half times `length`. */
  #cut(length) {
    return this.#slice(Math.floor(length / 2 + this.random() * length));
  }

  #slice(size) {
    const text = this.#ofSession[Math.floor(this.random() * this.#ofSession.length)];
    const at = Math.floor(this.random() * Math.max(1, text.length - size));
    return text.slice(at, at + size);
  }

  /** Returns lines of code and prose. As in real ones, few words are most of a text, and each is in it many times. */
  #text(length) {
    const topic = Array.from({ length: TOPIC_WORDS }, () => this.#word());
    let text = "";
    while (text.length < length) {
      const pick = this.random();
      const word = topic[Math.floor(TOPIC_WORDS ** this.random()) - 1] ?? this.#word();
      text += pick < 0.05 ? `"${word}", ` : pick < 0.055 ? `${word} → ` : pick < 0.15 ? `${word}\n\t` : `${word} `;
    }
    return text;
  }
}
