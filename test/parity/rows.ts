/** Parts of rows as CLIs write them. */
import type { Row } from "./model.ts";
import type { Rng } from "./rng.ts";
import { promptText, prose } from "./text.ts";

export const META_ORIGINS = [
  "channel",
  "observer",
  "observer-activity",
  "slack-ping",
  "voice-call",
  "peer",
  "human",
  "task-notification",
];

export const INTERRUPTS = ["[Request interrupted by user]", "[Request interrupted by user for tool use]"];

/** What a slash command of the CLI itself leaves. */
export function localCommand(rng: Rng): { readonly content: string; readonly isMeta: boolean }[] {
  const say = (content: string, isMeta = false): { content: string; isMeta: boolean } => ({ content, isMeta });
  const output = ["<local-command-stdout>$</local-command-stdout>", "<local-command-stderr>e</local-command-stderr>"];
  const said = [say("<local-command-caveat>Caveat: x</local-command-caveat>", rng.chance(0.9))];
  if (rng.chance(0.9)) said.push(say("<command-name>/cost</command-name>\n<command-args></command-args>"));
  if (rng.chance(0.8)) said.push(say(rng.pick(output)));
  return said;
}

export function promptContent(rng: Rng): unknown {
  const text = promptText(rng);
  return rng.chance(0.7)
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
}

/** What one row of an API message holds. */
export function assistantFields(rng: Rng, id: string, content: readonly unknown[], extra: Row = {}): Row {
  return {
    requestId: `req_${id}`,
    message: {
      id,
      type: "message",
      role: "assistant",
      model: "claude-x",
      content,
      stop_reason: rng.pick([null, "end_turn", "tool_use"]),
      usage: { input_tokens: 3, output_tokens: rng.int(1, 900) },
    },
    ...extra,
  };
}

export function queuedAttachment(rng: Rng, source: string | undefined, delivery: string | undefined): Row {
  return {
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
}

/** What a compaction says of itself, and which of the rows before it it kept. */
export function compactMetadata(rng: Rng, before: readonly Row[], anchorUuid: unknown): Row {
  const metadata: Row = { trigger: rng.pick(["auto", "manual"]), preTokens: rng.int(1, 99_999) };
  const kept = new Set(
    before
      .filter(isKept)
      .slice(-rng.int(1, 5))
      .map((row) => row["uuid"] as string),
  );
  const kind = rng.weighted({ plain: 4, messages: 3, segment: 2 });
  const uuids = [...kept];
  const tailUuid = uuids.at(-1);
  if (kind === "messages" && uuids.length > 0) {
    metadata["preservedMessages"] = { anchorUuid, uuids, ...(rng.chance(0.3) && { allUuids: uuids }) };
  }
  if (kind === "segment" && tailUuid !== undefined) {
    metadata["preservedSegment"] = { headUuid: rng.pick(ancestors(before, tailUuid)), anchorUuid, tailUuid };
  }
  if (rng.chance(0.2)) metadata["postTokens"] = 5;
  if (rng.chance(0.2)) metadata["runningTurnSends"] = 1;
  return metadata;
}

function isKept(row: Row): boolean {
  const type = row["type"];
  const speaks = type === "user" || type === "assistant" || type === "attachment";
  return speaks && row["isSidechain"] !== true && typeof row["uuid"] === "string";
}

/** The row and what stands above it, nearest first. */
function ancestors(rows: readonly Row[], uuid: string): string[] {
  const byUuid = new Map(rows.map((row) => [row["uuid"], row]));
  const path: string[] = [];
  let at: unknown = uuid;
  while (typeof at === "string" && byUuid.has(at) && !path.includes(at) && path.length < 6) {
    path.push(at);
    at = byUuid.get(at)?.["parentUuid"];
  }
  return path;
}

interface Part {
  readonly type: string;
  readonly fields: Row;
}

/** Rows that few files have. */
export function oddRows(rng: Rng): Part[] {
  const user = (fields: Row): Part[] => [{ type: "user", fields }];
  const said = (content: unknown): Row => ({ message: { role: "user", content } });
  switch (rng.weighted({ voice: 2, talk: 1, hidden: 2, visibleOnly: 2, plugin: 1, nulls: 1, oddMessage: 2, turn: 1 })) {
    case "voice": {
      const origin = { kind: rng.pick(["voice-call", "human"]) };
      return [{ type: "system", fields: { subtype: "voice_call_talk", content: prose(rng), level: "info", origin } }];
    }
    case "talk": {
      const fold = rng.chance(0.5) && {
        fold: { command: { source_uuid: rng.uuid(), commandMode: "prompt" }, extra: 1 },
      };
      const blocks = [{ type: "text", text: "b" }];
      const fields = {
        subtype: "voice_call_talk",
        content: prose(rng),
        blocks,
        origin: { kind: "voice-call" },
        ...fold,
      };
      return [{ type: "system", fields }];
    }
    case "hidden":
      return hiddenCall(rng);
    case "visibleOnly":
      return user({ ...said(prose(rng)), isVisibleInTranscriptOnly: true });
    case "plugin":
      return user({ ...said(`The NAME plugin sent a message:\nhello${PLUGIN_END}`), pluginPrompt: { text: "hello" } });
    case "nulls":
      return user({ message: null });
    case "oddMessage":
      return [
        {
          type: "assistant",
          fields: { message: rng.pick<unknown>(["text", { content: "plain" }, { id: 5, content: [null, 3] }, {}]) },
        },
      ];
    case "turn":
      return user({ ...said(prose(rng)), origin: { kind: rng.pick(["human", "channel"]), x: 1 }, turnOrigin: "sdk" });
  }
}

const PLUGIN_END =
  "\n\nThis is how Claude Code surfaces a prompt a plugin submits between turns — it starts this turn in the user's place. Address the message above.";

/** A call that its host ran, with its result. */
function hiddenCall(rng: Rng): Part[] {
  const tool = `toolu_${rng.hex(10)}`;
  const call = { type: "tool_use", id: tool, name: "Host", input: {} };
  const blocks = rng.chance(0.5) ? [call] : [{ type: "text", text: prose(rng) }, call];
  const hidden = { hostHiddenToolUseIds: [rng.chance(0.8) ? tool : "other"] };
  const result: unknown[] = [{ type: "tool_result", tool_use_id: tool, content: "r" }];
  if (rng.chance(0.3)) result.push({ type: "tool_result", tool_use_id: "toolu_other", content: "r" });
  return [
    { type: "assistant", fields: assistantFields(rng, `msg_${rng.hex(8)}`, blocks, hidden) },
    { type: "user", fields: { message: { role: "user", content: result } } },
  ];
}

/** Sessions that one comes of, as CLIs of this version name them. */
function origins(rng: Rng): Row[] {
  const known = [
    { type: "claude_code_session", id: rng.uuid(), via: "fork" },
    { type: "claude_code_session", id: rng.uuid(), via: "resume" },
    { type: "unknown", id: null, via: "fork" },
  ];
  return rng.sample(known, rng.int(0, 3));
}

/** A row that says something of the session and is none of its messages. */
export function markerRow(rng: Rng, sessionId: string, cwd: string, tip: string | null): Row {
  return rng.pick<Row>([
    { type: "mode", mode: "normal", sessionId },
    { type: "permission-mode", permissionMode: "default", sessionId },
    { type: "file-history-snapshot", messageId: tip, snapshot: { timestamp: "x" }, isSnapshotUpdate: false },
    { type: "last-prompt", lastPrompt: prose(rng), leafUuid: tip, sessionId },
    { type: "summary", summary: prose(rng, 30), leafUuid: tip },
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
    { type: "derived-from", v: 1, sessionId, sessions: origins(rng) },
    { type: "relocated", relocatedCwd: cwd, sessionId },
  ]);
}
