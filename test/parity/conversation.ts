import type { Row } from "./model.ts";
import type { Rng } from "./rng.ts";
import {
  assistantFields,
  compactMetadata,
  INTERRUPTS,
  localCommand,
  markerRow,
  META_ORIGINS,
  oddRows,
  promptContent,
  queuedAttachment,
} from "./rows.ts";
import { prose } from "./text.ts";

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
    const rng = this.#rng;
    const main = this.#options.sidechain === true ? 0 : 1;
    const steps = {
      turn: 10,
      tools: 8,
      answer: 4,
      attachment: 3,
      system: 2,
      queued: 2,
      rewind: 3,
      compact: 1,
    } as const;
    const rare = { side: main, meta: 2, command: 1, duplicate: 1, oddities: 2 * main, markers: 1 } as const;
    const step: Readonly<Record<keyof typeof steps | keyof typeof rare, () => void>> = {
      turn: () => {
        this.#prompt();
        this.#answer();
      },
      answer: () => this.#answer(),
      tools: () => this.#tools(),
      attachment: () => this.#attachment(),
      system: () => this.#system(),
      queued: () => this.#queued(),
      rewind: () => {
        if (this.#anchors.length > 0) this.#tip = rng.pick(this.#anchors);
        this.#prompt();
      },
      compact: () => this.#compact(),
      side: () => this.#side(),
      meta: () => this.#meta(),
      command: () => this.#localCommand(),
      duplicate: () => this.#duplicate(),
      oddities: () => this.#oddity(),
      markers: () => this.#marker(),
    };
    step[rng.weighted({ ...steps, ...rare })]();
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
      ...(rng.chance(0.1) && { dataFlowOn: true }),
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
    const content = promptContent(rng);
    return this.#put("user", { promptId: rng.uuid(), message: { role: "user", content }, ...extra });
  }

  #message(id: string, content: readonly unknown[], extra: Row = {}): Row {
    return assistantFields(this.#rng, id, content, extra);
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
    const attachment = queuedAttachment(rng, source, delivery);
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
    const before = [...this.#rows];
    if (rng.chance(0.2)) this.#again(before);
    const parent = rng.chance(0.2) ? this.#tip : null;
    const logical = rng.chance(0.8) ? this.#tip : rng.pick([rng.uuid(), ...this.#anchors]);
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
    if (logical !== null && rng.chance(0.85)) boundary["logicalParentUuid"] = logical;
    const anchorUuid = rng.chance(0.75) ? summary["uuid"] : boundary["uuid"];
    const metadata = compactMetadata(rng, before, anchorUuid);
    boundary["compactMetadata"] = metadata;
    if (parent === null && rng.chance(0.2)) delete boundary["parentUuid"];
    this.#rows.push(boundary);
    this.#tip = boundary["uuid"] as string;
    this.#anchors = [...this.#anchors.slice(-6), this.#tip];
    if (rng.chance(0.92)) {
      this.#rows.push(summary);
      this.#tip = summary["uuid"] as string;
      this.#anchors.push(this.#tip);
    } else if (anchorUuid === summary["uuid"]) {
      delete metadata["preservedMessages"];
      delete metadata["preservedSegment"];
    }
    if (rng.chance(0.5)) this.#prompt();
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
    for (const { content, isMeta } of localCommand(this.#rng)) {
      this.#put("user", { message: { role: "user", content }, ...(isMeta && { isMeta }) });
      if (this.#rng.chance(0.1)) this.#system();
    }
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

  /** A compaction in a process that made one before appends copies of what was first in the file. */
  #again(rows: readonly Row[]): void {
    const first = rows.filter((row) => typeof row["uuid"] === "string").slice(0, this.#rng.int(1, 6));
    const isLinked = this.#rng.chance(0.7);
    this.#rows.push(...first.map((row) => (isLinked ? row : { ...row, parentUuid: null })));
  }

  #oddity(): void {
    for (const { type, fields } of oddRows(this.#rng)) this.#put(type, fields);
  }

  #marker(): void {
    const { sessionId, cwd } = this.#options;
    this.#rows.push(markerRow(this.#rng, sessionId, cwd, this.#tip));
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
