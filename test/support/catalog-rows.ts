/**
 * Rows of a session as CLIs 2.0.64 to 2.1.199 wrote them, in the proportions of a corpus of 351 MB: of the bytes, 60 % are
 * results of tools with the CLI's own record of them, 18 % answers, 15 % rows of subagents in progress rows.
 */
export interface RowSource {
  /** Returns a whole number from 0 to `below - 1`. */
  (below: number): number;
}

/** Returns a source of numbers that gives the same ones for the same seed. */
export function seeded(seed: number): RowSource {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const WORDS =
  "the file import const return error function value test path index store row session await async string number build src main node cache null undefined type export class if else for of git commit branch user prompt message tool result line range offset bytes read write open close".split(
    " ",
  );
const RARE = [
  "naïve",
  "数据库",
  "検索する",
  "오류가",
  "— dash",
  "🎉",
  "\u001b[32mok\u001b[0m",
  "C:\\dir\\file",
  '"quoted"',
];
const TOOLS = ["Bash", "Read", "Grep", "Glob", "mcp__docs__fetch"];

/** Makes rows one after another. */
export class RowMaker {
  readonly #random: RowSource;
  #time = Date.UTC(2026, 3, 16, 9);
  #count = 0;
  #last: string | null = null;

  constructor(random: RowSource) {
    this.#random = random;
  }

  /** Returns the rows of one step of a turn: mostly a thought, a call, its progress and its result. */
  next(): Record<string, unknown>[] {
    const pick = this.#random(100);
    if (pick < 9) return [this.#prompt(), ...(this.#random(3) === 0 ? this.#snapshot() : [])];
    if (pick < 36) return [this.#answer([{ type: "text", text: this.#words(295) }])];
    const rows: Record<string, unknown>[] = [];
    if (pick < 70)
      rows.push(this.#answer([{ type: "thinking", thinking: this.#words(447), signature: this.#base64(600) }]));
    rows.push(...this.#call());
    return rows;
  }

  #call(): Record<string, unknown>[] {
    const id = `toolu_${this.#id()}`;
    const edits = this.#random(5) === 0;
    const name = edits ? "Edit" : (TOOLS[this.#random(TOOLS.length)] as string);
    const path = `/home/dev/acme/src/${this.#word()}.ts`;
    const text = this.#words(2460);
    const input = edits
      ? { file_path: path, old_string: this.#words(200), new_string: this.#words(220), replace_all: false }
      : { command: this.#words(200), description: this.#words(60), file_path: path };
    const record = edits
      ? {
          filePath: path,
          oldString: input.old_string,
          newString: input.new_string,
          originalFile: this.#words(9000),
          structuredPatch: [{ oldStart: 1, oldLines: 4, newStart: 1, newLines: 4, lines: [" a", "-b", "+c", "+d"] }],
          userModified: false,
          replaceAll: false,
        }
      : { type: "text", file: { filePath: path, content: text + this.#words(5600), numLines: 99 }, stdout: "" };
    const rows = [this.#answer([{ type: "tool_use", id, name, input }])];
    for (let n = this.#random(4); n > 0; n--) rows.push(this.#progress(id));
    const isError = this.#random(20) === 0;
    const content = isError ? `<tool_use_error>${this.#words(90)}</tool_use_error>` : text;
    rows.push({
      ...this.#common("user"),
      message: {
        role: "user",
        content: [{ tool_use_id: id, type: "tool_result", content, ...(isError && { is_error: true }) }],
      },
      ...this.#rest("user"),
      toolUseResult: isError ? `Error: ${this.#words(90)}` : record,
      sourceToolAssistantUUID: this.#last,
    });
    return rows;
  }

  #progress(id: string): Record<string, unknown> {
    const pick = this.#random(10);
    const common = this.#common("progress");
    const data =
      pick < 2
        ? {
            message: this.#agentRow(),
            normalizedMessages: [],
            type: "agent_progress",
            prompt: "Look",
            agentId: `a${pick}`,
          }
        : pick < 6
          ? { type: "bash_progress", output: this.#words(400), fullOutput: this.#words(900), elapsedTimeSeconds: 3 }
          : { type: "hook_progress", hookEvent: "PostToolUse", hookName: "PostToolUse:Edit", command: "callback" };
    return { ...common, data, toolUseID: id, parentToolUseID: id, ...this.#rest("progress") };
  }

  #agentRow(): Record<string, unknown> {
    const answers = this.#random(2) === 0;
    const message = answers
      ? this.#message([
          { type: "tool_use", id: `toolu_${this.#id()}`, name: "Read", input: { file_path: "/home/dev/a" } },
        ])
      : {
          role: "user",
          content: [{ tool_use_id: `toolu_${this.#id()}`, type: "tool_result", content: this.#words(15000) }],
        };
    return {
      type: answers ? "assistant" : "user",
      message,
      ...(answers && { requestId: `req_${this.#id()}` }),
      uuid: this.#uuid(),
      timestamp: this.#now(),
    };
  }

  #prompt(): Record<string, unknown> {
    const text = this.#words(950);
    const pick = this.#random(12);
    const content =
      pick === 0
        ? "<command-message>review</command-message>\n<command-name>/review</command-name>"
        : pick === 1
          ? [{ type: "text", text }]
          : pick === 2
            ? `<bash-input>ls ${this.#word()}</bash-input>`
            : text;
    return { ...this.#common("user"), message: { role: "user", content }, ...this.#rest("user") };
  }

  #snapshot(): Record<string, unknown>[] {
    const snapshot = { messageId: this.#uuid(), trackedFileBackups: {}, timestamp: this.#now() };
    return [
      { type: "file-history-snapshot", messageId: this.#uuid(), snapshot, isSnapshotUpdate: false },
      { type: "ai-title", aiTitle: this.#words(40), sessionId: SESSION },
      {
        type: "queue-operation",
        operation: "enqueue",
        timestamp: this.#now(),
        sessionId: SESSION,
        content: this.#words(90),
      },
      { type: "queue-operation", operation: "remove", timestamp: this.#now(), sessionId: SESSION },
    ];
  }

  #answer(content: unknown[]): Record<string, unknown> {
    const message = this.#message(content);
    return { ...this.#common("assistant"), message, requestId: `req_${this.#id()}`, ...this.#rest("assistant") };
  }

  #message(content: unknown[]): Record<string, unknown> {
    const usage = {
      input_tokens: this.#random(9),
      cache_creation_input_tokens: this.#random(9000),
      cache_read_input_tokens: this.#random(90000),
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: this.#random(9000) },
      output_tokens: this.#random(900),
      service_tier: "standard",
    };
    return {
      model: "claude-opus-4-5-20251101",
      id: `msg_${this.#id()}`,
      type: "message",
      role: "assistant",
      content,
      stop_reason: this.#random(9) === 0 ? null : "tool_use",
      stop_sequence: null,
      usage,
    };
  }

  #common(_type: string): Record<string, unknown> {
    return {
      parentUuid: this.#last,
      isSidechain: false,
      userType: "external",
      cwd: "/home/dev/acme",
      sessionId: SESSION,
      version: "2.1.29",
      gitBranch: this.#count % 400 < 200 ? "main" : "feature/search",
    };
  }

  #rest(type: string): Record<string, unknown> {
    this.#last = this.#uuid();
    return { type, uuid: this.#last, timestamp: this.#now() };
  }

  #now(): string {
    this.#time += this.#random(60) === 0 ? this.#random(4_000_000) : this.#random(20_000);
    return new Date(this.#time).toISOString();
  }

  #uuid(): string {
    return `${this.#hex(8)}-${this.#hex(4)}-4${this.#hex(3)}-a${this.#hex(3)}-${this.#hex(12)}`;
  }

  #hex(length: number): string {
    let text = "";
    while (text.length < length) text += this.#random(16).toString(16);
    return text;
  }

  #id(): string {
    return `01${(this.#count++).toString(36).padStart(22, "x")}`;
  }

  #base64(length: number): string {
    let text = "";
    while (text.length < length) text += this.#random(2 ** 30).toString(36);
    return text;
  }

  #word(): string {
    return WORDS[this.#random(WORDS.length)] as string;
  }

  /** Returns words and lines of about `units`, now and then with hostile ones. */
  #words(units: number): string {
    let text = "";
    const most = units / 2 + this.#random(units);
    while (text.length < most) {
      const pick = this.#random(1000);
      text += pick < 2 ? (RARE[this.#random(RARE.length)] as string) : this.#word();
      text += pick < 120 ? "\n    " : " ";
    }
    return text;
  }
}

const SESSION = "6f83f5b0-4e8f-4253-88b5-25a20c159f0a";
