import type { Row } from "./model.ts";
import type { Rng } from "./rng.ts";
import { promptText, prose } from "./text.ts";

/** What a conversation may hold. Off by default is what a deviation is about. */
export interface ConversationOptions {
  readonly sessionId: string;
  readonly cwd: string;
  /** About how many steps. */
  readonly steps: number;
  /** Epoch ms of the first row. */
  readonly start: number;
  /** Characters of a large tool result. */
  readonly bulk?: number;
  readonly entrypoint?: string | undefined;
  /** Every row is a sidechain row, as in a subagent's transcript. */
  readonly sidechain?: boolean;
}

const META_ORIGINS = [
  "channel",
  "observer",
  "observer-activity",
  "slack-ping",
  "voice-call",
  "peer",
  "human",
  "task-notification",
];
const INTERRUPTS = ["[Request interrupted by user]", "[Request interrupted by user for tool use]"];

/** Rows of one session, in file order: a tree with everything a transcript may hold. */
export function conversation(rng: Rng, options: ConversationOptions): Row[] {
  return new Conversation(rng, options).run();
}

class Conversation {
  readonly #rng: Rng;
  readonly #options: ConversationOptions;
  readonly #rows: Row[] = [];
  /** Rows of the main chain that a rewind may go back to. */
  #anchors: string[] = [];
  #tip: string | null = null;
  #clock: number;
  #branch: string;

  constructor(rng: Rng, options: ConversationOptions) {
    this.#rng = rng;
    this.#options = options;
    this.#clock = options.start;
    this.#branch = rng.pick(["main", "feature/x", ""]);
  }

  run(): Row[] {
    const rng = this.#rng;
    this.#prompt();
    for (let step = 0; step < this.#options.steps; step++) this.#step();
    if (rng.chance(0.3)) this.#trail();
    if (rng.chance(0.15)) this.#duplicate();
    return this.#rows;
  }

  #step(): void {
    switch (
      this.#rng.weighted({
        turn: 10,
        tools: 8,
        answer: 4,
        attachment: 3,
        system: 2,
        queued: 2,
        rewind: 3,
        compact: 1,
        side: this.#options.sidechain === true ? 0 : 1,
        team: 1,
        meta: 2,
        command: 1,
        duplicate: 1,
        oddities: this.#options.sidechain === true ? 0 : 2,
        markers: 1,
      })
    ) {
      case "turn":
        this.#prompt();
        this.#answer();
        break;
      case "answer":
        this.#answer();
        break;
      case "tools":
        this.#tools();
        break;
      case "attachment":
        this.#attachment();
        break;
      case "system":
        this.#system();
        break;
      case "queued":
        this.#queued();
        break;
      case "rewind":
        if (this.#anchors.length > 0) this.#tip = this.#rng.pick(this.#anchors);
        this.#prompt();
        break;
      case "compact":
        this.#compact();
        break;
      case "side":
        this.#side();
        break;
      case "team":
        this.#put("user", { message: { role: "user", content: prose(this.#rng) }, teamName: "squad", agentName: "a" });
        break;
      case "meta":
        this.#meta();
        break;
      case "command":
        this.#localCommand();
        break;
      case "duplicate":
        this.#duplicate();
        break;
      case "oddities":
        this.#oddity();
        break;
      case "markers":
        this.#marker();
        break;
    }
  }

  // ── rows ───────────────────────────────────────────────────────────────

  #make(type: string, fields: Row, parent: string | null): Row {
    const rng = this.#rng;
    // Rows of one burst may share their millisecond.
    if (!rng.chance(0.15)) this.#clock += rng.int(1, 60_000);
    const row: Row = {
      parentUuid: parent,
      isSidechain: this.#options.sidechain === true,
      ...(rng.chance(0.8) && { userType: "external" }),
      cwd: this.#options.cwd,
      sessionId: this.#options.sessionId,
      version: "2.1.329",
      gitBranch: this.#branch,
      ...(this.#options.entrypoint !== undefined && { entrypoint: this.#options.entrypoint }),
      ...(this.#options.sidechain === true && { agentId: "a1b2" }),
      type,
      ...fields,
      uuid: rng.uuid(),
      timestamp: new Date(this.#clock).toISOString(),
    };
    if (rng.chance(0.02)) delete row["timestamp"];
    return row;
  }

  /** Appends a row below the tip and makes it the tip. */
  #put(type: string, fields: Row, parent: string | null = this.#tip): string {
    const row = this.#make(type, fields, parent);
    this.#rows.push(row);
    const uuid = row["uuid"] as string;
    this.#tip = uuid;
    if (row["isSidechain"] !== true || this.#options.sidechain === true) this.#anchors.push(uuid);
    return uuid;
  }

  /** Appends a row off the tip, which stays where it is. */
  #aside(type: string, fields: Row, parent: string | null): string {
    const row = this.#make(type, fields, parent);
    this.#rows.push(row);
    return row["uuid"] as string;
  }

  #prompt(extra: Row = {}): string {
    const rng = this.#rng;
    const text = promptText(rng);
    const content = rng.chance(0.7)
      ? text
      : rng.pick<unknown>([
          [{ type: "text", text }],
          [
            { type: "text", text: "<ide_selection>x</ide_selection>" },
            { type: "text", text },
          ],
          [{ type: "image", source: { type: "base64", media_type: "image/png", data: "AA" } }],
          [{ type: "document", source: {} }],
          [
            { type: "text", text: "" },
            { type: "image", source: {} },
            { type: "text", text },
          ],
        ]);
    return this.#put("user", { promptId: rng.uuid(), message: { role: "user", content }, ...extra });
  }

  #message(id: string, content: unknown[], extra: Row = {}): Row {
    return {
      requestId: `req_${id}`,
      message: {
        id,
        type: "message",
        role: "assistant",
        model: "claude-x",
        content,
        stop_reason: this.#rng.pick([null, "end_turn", "tool_use"]),
        usage: { input_tokens: 3, output_tokens: this.#rng.int(1, 900) },
      },
      ...extra,
    };
  }

  #answer(): void {
    const rng = this.#rng;
    const id = `msg_${rng.hex(12)}`;
    if (rng.chance(0.4))
      this.#put("assistant", this.#message(id, [{ type: "thinking", thinking: prose(rng), signature: "s" }]));
    const extra: Row = {};
    if (rng.chance(0.05)) extra["isApiErrorMessage"] = true;
    if (rng.chance(0.04)) extra["interruptedByShutdown"] = true;
    if (rng.chance(0.05)) extra["closesQuietTurn"] = true;
    const text =
      extra["closesQuietTurn"] === true && rng.chance(0.6) ? rng.pick(["", "No response requested."]) : prose(rng);
    this.#put("assistant", this.#message(id, [{ type: "text", text }], extra));
  }

  /** One to four tool calls of one API message; the rows chained or side by side, the results anywhere sensible. */
  #tools(): void {
    const rng = this.#rng;
    const id = `msg_${rng.hex(12)}`;
    const count = rng.weighted({ "1": 4, "2": 4, "3": 2, "4": 1 });
    const base = this.#tip;
    if (rng.chance(0.3)) this.#put("assistant", this.#message(id, [{ type: "text", text: prose(rng) }]));
    const siblings = rng.chance(0.3);
    const calls: { row: string; tool: string }[] = [];
    const early: string[] = [];
    for (let i = 0; i < Number(count); i++) {
      const tool = `toolu_${rng.hex(10)}`;
      const call = {
        type: "tool_use",
        id: tool,
        name: rng.pick(["Bash", "Read"]),
        input: { command: prose(rng, 20), summary: "s" },
      };
      const parent = siblings && i > 0 ? base : this.#tip;
      calls.push({ row: this.#put("assistant", this.#message(id, [call]), parent), tool });
      // An interleaved result, written before the next call.
      if (rng.chance(0.15)) early.push(this.#result(calls.at(-1) as { row: string; tool: string }, calls, id));
      if (rng.chance(0.15)) this.#progress();
    }
    const answered = new Set(early);
    const results = [...early];
    for (const call of rng.shuffle(calls)) {
      if (answered.has(call.tool) || rng.chance(0.04)) continue;
      results.push(this.#result(call, calls, id));
    }
    const at = rng.pick(results.length > 0 ? results : calls.map((call) => call.row));
    this.#tip = rng.chance(0.7) ? (results.at(-1) ?? at) : at;
    if (rng.chance(0.6)) this.#answer();
  }

  #result(call: { row: string; tool: string }, calls: readonly { row: string; tool: string }[], _id: string): string {
    const rng = this.#rng;
    const parent = rng.weighted({ own: 6, last: 2, tip: 2 });
    const bulk = this.#options.bulk ?? 0;
    const text = bulk > 0 && rng.chance(0.5) ? prose(rng, 60).repeat(Math.ceil(bulk / 60)) : prose(rng);
    const extra: Row = {
      toolUseResult: rng.chance(0.5)
        ? { stdout: text.slice(0, 200), stderr: "", interrupted: false }
        : text.slice(0, 50),
    };
    if (rng.chance(0.5)) extra["sourceToolAssistantUUID"] = call.row;
    if (rng.chance(0.08)) extra["toolDenialKind"] = rng.pick(["user-rejected", "permission-rule", "other"]);
    if (rng.chance(0.03)) extra["toolDenialUnanswered"] = "stream-closed";
    const content: unknown[] = [
      { type: "tool_result", tool_use_id: call.tool, content: text, ...(rng.chance(0.1) && { is_error: true }) },
    ];
    if (rng.chance(0.05)) content.push({ type: "text", text: prose(rng) });
    const below = parent === "own" ? call.row : parent === "last" ? (calls.at(-1)?.row ?? call.row) : this.#tip;
    const fields = { message: { role: "user", content }, ...extra };
    return rng.chance(0.75) ? this.#put("user", fields, below) : this.#aside("user", fields, below);
  }

  #progress(): void {
    const rng = this.#rng;
    const fields = {
      data: { type: rng.pick(["bash_progress", "hook_progress"]), output: prose(rng, 30) },
      toolUseID: "t",
    };
    if (rng.chance(0.6)) this.#put("progress", fields);
    else this.#aside("progress", fields, this.#tip);
  }

  #attachment(): void {
    const rng = this.#rng;
    const attachment = {
      type: rng.pick(["skill_listing", "edited_text_file", "task_reminder", "fork_briefing"]),
      content: prose(rng, 30),
    };
    if (rng.chance(0.75)) this.#put("attachment", { attachment });
    else this.#aside("attachment", { attachment }, this.#tip);
  }

  #system(): void {
    const rng = this.#rng;
    const fields = {
      subtype: rng.pick([
        "turn_duration",
        "informational",
        "stop_hook_summary",
        "api_error",
        "microcompact_boundary",
        "model_refusal_fallback",
      ]),
      content: prose(rng, 30),
      level: "info",
      ...(rng.chance(0.1) && { isMeta: true }),
    };
    if (rng.chance(0.75)) this.#put("system", fields);
    else this.#aside("system", fields, this.#tip);
  }

  #queued(): void {
    const rng = this.#rng;
    const source = rng.chance(0.4) ? rng.uuid() : undefined;
    const delivery = rng.chance(0.2) ? `d-${rng.hex(6)}` : undefined;
    const attachment: Row = {
      type: "queued_command",
      prompt: rng.chance(0.8) ? prose(rng) : [{ type: "text", text: prose(rng) }],
      ...(source !== undefined && { source_uuid: source }),
      ...(delivery !== undefined && { delivery_id: delivery }),
      ...(rng.chance(0.4) && { commandMode: rng.pick(["prompt", "bash", "task-notification"]) }),
      ...(rng.chance(0.15) && { isMeta: true }),
      ...(rng.chance(0.3) && { origin: { kind: rng.pick(META_ORIGINS), subkind: "s" } }),
      ...(rng.chance(0.05) && { forwardedIntent: { lineage: "l" } }),
      ...(rng.chance(0.1) && { runId: rng.pick(["run-1", "bad run"]) }),
    };
    const copies = rng.chance(0.2) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (rng.chance(0.7)) this.#put("attachment", { attachment });
      else this.#aside("attachment", { attachment }, this.#tip);
      if (rng.chance(0.3)) this.#answer();
    }
    if (rng.chance(0.5) && (source ?? delivery) !== undefined) {
      this.#rows.push({
        type: "queue-operation",
        operation: rng.pick(["remove", "remove", "enqueue"]),
        reason: rng.pick(["absorbed_mid_turn", "absorbed_mid_turn", "other"]),
        sessionId: this.#options.sessionId,
        ...(source !== undefined && { commandUuid: source }),
        ...(delivery !== undefined && rng.chance(0.8) && { deliveryId: delivery }),
      });
    }
    if (rng.chance(0.15)) this.#put("user", { message: { role: "user", content: rng.pick(INTERRUPTS) } });
  }

  /** A boundary with its summary, and what it preserves. */
  #compact(): void {
    const rng = this.#rng;
    const before = this.#rows.filter((row) => this.#isKept(row));
    const parent = rng.chance(0.2) ? this.#tip : null;
    const logical = this.#tip;
    const boundary = this.#make(
      "system",
      { subtype: "compact_boundary", content: "Conversation compacted", level: "info" },
      parent,
    );
    const summary = this.#make(
      "user",
      {
        isCompactSummary: true,
        isVisibleInTranscriptOnly: true,
        message: { role: "user", content: `This session is being continued: ${prose(rng)}` },
      },
      boundary["uuid"] as string,
    );
    const compactMetadata: Row = { trigger: rng.pick(["auto", "manual"]), preTokens: rng.int(1, 99_999) };
    if (logical !== null && rng.chance(0.85)) boundary["logicalParentUuid"] = logical;
    const anchorUuid = rng.chance(0.75) ? summary["uuid"] : boundary["uuid"];
    const kept = before.slice(-rng.int(1, 5)).map((row) => row["uuid"] as string);
    const distinct = [...new Set(kept)];
    const kind = rng.weighted({ plain: 4, messages: 3, segment: 2 });
    if (kind === "messages" && distinct.length > 0) {
      compactMetadata["preservedMessages"] = {
        anchorUuid,
        uuids: distinct,
        ...(rng.chance(0.3) && { allUuids: distinct }),
      };
    }
    if (kind === "segment" && distinct.length > 0) {
      const tail = distinct.at(-1) as string;
      const path = this.#ancestors(tail);
      compactMetadata["preservedSegment"] = { headUuid: rng.pick(path), anchorUuid, tailUuid: tail };
    }
    if (rng.chance(0.2)) compactMetadata["postTokens"] = 5;
    if (rng.chance(0.2)) compactMetadata["runningTurnSends"] = 1;
    boundary["compactMetadata"] = compactMetadata;
    this.#rows.push(boundary);
    this.#tip = boundary["uuid"] as string;
    this.#anchors = [...this.#anchors.slice(-6), this.#tip];
    if (rng.chance(0.92)) {
      this.#rows.push(summary);
      this.#tip = summary["uuid"] as string;
      this.#anchors.push(this.#tip);
    } else if (anchorUuid === summary["uuid"]) {
      delete compactMetadata["preservedMessages"];
      delete compactMetadata["preservedSegment"];
    }
    if (rng.chance(0.5)) this.#prompt();
  }

  #isKept(row: Row): boolean {
    const type = row["type"];
    return (
      (type === "user" || type === "assistant" || type === "attachment") &&
      row["isSidechain"] !== true &&
      typeof row["uuid"] === "string"
    );
  }

  /** The row and what stands above it, nearest last. */
  #ancestors(uuid: string): string[] {
    const byUuid = new Map(this.#rows.map((row) => [row["uuid"], row]));
    const path: string[] = [];
    for (let at: unknown = uuid; typeof at === "string" && byUuid.has(at) && !path.includes(at) && path.length < 6;) {
      path.push(at);
      at = byUuid.get(at)?.["parentUuid"];
    }
    return path;
  }

  /** An inline subagent of older CLIs. */
  #side(): void {
    const rng = this.#rng;
    let parent = rng.chance(0.5) ? null : this.#tip;
    for (let i = 0; i < rng.int(1, 3); i++) {
      const user = i % 2 === 0;
      const fields = user
        ? { message: { role: "user", content: prose(rng) } }
        : this.#message(`msg_${rng.hex(8)}`, [{ type: "text", text: prose(rng) }]);
      parent = this.#aside(user ? "user" : "assistant", { ...fields, isSidechain: true, agentId: "side" }, parent);
    }
  }

  #meta(): void {
    const rng = this.#rng;
    const extra: Row = { isMeta: true };
    if (rng.chance(0.6))
      extra["origin"] = { kind: rng.pick(META_ORIGINS), subkind: "s", foo: 1, runId: rng.pick(["r1", "bad id!"]) };
    this.#put("user", { message: { role: "user", content: prose(rng) }, ...extra });
  }

  #localCommand(): void {
    const rng = this.#rng;
    const say = (content: string, extra: Row = {}): void =>
      void this.#put("user", { message: { role: "user", content }, ...extra });
    say("<local-command-caveat>Caveat: x</local-command-caveat>", { isMeta: rng.chance(0.9) });
    if (rng.chance(0.9)) say("<command-name>/cost</command-name>\n<command-args></command-args>");
    if (rng.chance(0.2)) this.#system();
    if (rng.chance(0.8))
      say(
        rng.pick(["<local-command-stdout>$</local-command-stdout>", "<local-command-stderr>e</local-command-stderr>"]),
      );
  }

  /** The same row once more, as a resumed writer leaves it: unchanged, or with other content. */
  #duplicate(): void {
    const rng = this.#rng;
    const again = this.#rows.filter((row) => row["type"] === "user" || row["type"] === "assistant");
    if (again.length === 0) return;
    const row = rng.pick(again);
    if (rng.chance(0.6)) this.#rows.push(row);
    else if (row["type"] === "user") this.#rows.push({ ...row, message: { role: "user", content: prose(rng) } });
  }

  #oddity(): void {
    const rng = this.#rng;
    switch (
      rng.weighted({ voice: 2, talk: 1, hidden: 2, visibleOnly: 2, plugin: 1, nulls: 1, oddMessage: 2, turn: 1 })
    ) {
      case "voice":
        this.#put("system", {
          subtype: "voice_call_talk",
          content: prose(rng),
          level: "info",
          origin: { kind: rng.pick(["voice-call", "human"]) },
        });
        break;
      case "talk":
        this.#put("system", {
          subtype: "voice_call_talk",
          content: prose(rng),
          blocks: [{ type: "text", text: "b" }],
          origin: { kind: "voice-call" },
          ...(rng.chance(0.5) && { fold: { command: { source_uuid: rng.uuid(), commandMode: "prompt" }, extra: 1 } }),
        });
        break;
      case "hidden": {
        const tool = `toolu_${rng.hex(10)}`;
        const id = `msg_${rng.hex(8)}`;
        const call = { type: "tool_use", id: tool, name: "Host", input: {} };
        const blocks = rng.chance(0.5) ? [call] : [{ type: "text", text: prose(rng) }, call];
        this.#put("assistant", this.#message(id, blocks, { hostHiddenToolUseIds: [rng.chance(0.8) ? tool : "other"] }));
        const result: unknown[] = [{ type: "tool_result", tool_use_id: tool, content: "r" }];
        if (rng.chance(0.3)) result.push({ type: "tool_result", tool_use_id: "toolu_other", content: "r" });
        this.#put("user", { message: { role: "user", content: result } });
        break;
      }
      case "visibleOnly":
        this.#put("user", { message: { role: "user", content: prose(rng) }, isVisibleInTranscriptOnly: true });
        break;
      case "plugin":
        this.#put("user", {
          message: {
            role: "user",
            content:
              "The NAME plugin sent a message:\nhello\n\nThis is how Claude Code surfaces a prompt a plugin submits between turns — it starts this turn in the user's place. Address the message above.",
          },
          pluginPrompt: { text: "hello" },
        });
        break;
      case "nulls":
        this.#put("user", { message: null });
        break;
      case "oddMessage":
        this.#put("assistant", {
          message: rng.pick<unknown>(["text", { content: "plain" }, { id: 5, content: [null, 3] }, {}]),
        });
        break;
      case "turn":
        this.#put("user", {
          message: { role: "user", content: prose(rng) },
          origin: { kind: rng.pick(["human", "channel"]), x: 1 },
          turnOrigin: "sdk",
        });
        break;
    }
  }

  #marker(): void {
    const rng = this.#rng;
    const sessionId = this.#options.sessionId;
    this.#rows.push(
      rng.pick<Row>([
        { type: "mode", mode: "normal", sessionId },
        { type: "permission-mode", permissionMode: "default", sessionId },
        { type: "file-history-snapshot", messageId: this.#tip, snapshot: { timestamp: "x" }, isSnapshotUpdate: false },
        { type: "last-prompt", lastPrompt: prose(rng), leafUuid: this.#tip, sessionId },
        { type: "summary", summary: prose(rng, 30), leafUuid: this.#tip },
        { type: "custom-title", customTitle: prose(rng, 20), sessionId },
        { type: "tag", tag: rng.pick(["a", "b", ""]), sessionId },
        {
          type: "content-replacement",
          sessionId: rng.pick([sessionId, "other"]),
          replacements: [{ kind: "a", n: rng.int(1, 9) }, 5, []],
        },
        { type: "atis-latch", sessionId, atis: rng.pick(["abc", "", "bad\u00e9"]) },
        { type: "tools-used", sessionId, tools: ["Bash", "", 5, "Read"] },
        { type: "history-suppression", sessionId, cause: "x" },
        { type: "hybrid-organization", sessionId, organizationUuid: rng.pick([rng.uuid().toUpperCase(), "no"]) },
        {
          type: "derived-from",
          v: 1,
          sessionId,
          sessions: [{ type: "claude_code_session", id: rng.uuid(), via: "fork" }],
        },
        { type: "relocated", relocatedCwd: this.#options.cwd, sessionId },
      ]),
    );
  }

  /** What hangs off the end. */
  #trail(): void {
    switch (this.#rng.weighted({ attachment: 2, system: 2, progress: 2, queued: 2, side: 1 })) {
      case "attachment":
        return this.#attachment();
      case "system":
        return this.#system();
      case "progress":
        return this.#progress();
      case "queued":
        return this.#queued();
      case "side":
        return this.#options.sidechain === true ? undefined : this.#side();
    }
  }
}
