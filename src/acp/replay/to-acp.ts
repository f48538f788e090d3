import type { ContentBlock, SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import type { ReplayedRow } from "../../store/read/open-conversation.ts";
import { mediaRole, type Role, type Sidecars } from "../../view/parts.ts";
import { isCall, isResult } from "../../view/result.ts";
import { claudeTool, toolOfRecord } from "../../view/tools/claude-tools.ts";
import { type Notice, type TaskNews, type Word, wordsOf } from "../../view/words.ts";
import { ToolCalls } from "./tool-calls.ts";
import { boundaryUpdate, summaryText } from "./compaction.ts";
import { asString, blocksOf, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { note, toContentOrWords } from "../rim/content-blocks.ts";
import { type CallUpdate, type Chunk, type ChunkKind, limitSize, shortId } from "../rim/size-limit.ts";
import { piecesOf } from "../../transcript/text/surrogates.ts";
import { META } from "../rim/from-acp.ts";
import { TOOL_TITLE_UNITS, UPDATE_UNITS } from "../rim/message-limits.ts";
import { noteId } from "../rim/note-id.ts";
import type { Plan } from "./plan.ts";
import { Separator } from "./separator.ts";
import { type ResultView, resultNeeds, viewResult } from "../tools/tool-result.ts";
import { readSpilled } from "../../view/spilled.ts";
import { roomOfUpdate, withStoredOutput } from "../tools/stored-output.ts";
import { viewTool } from "../tools/tools.ts";
import { noteText, type NoteWord, type UserWord, userText } from "./user-part.ts";
import { shorten } from "../../view/plain-text.ts";

/** Counts of parts of a conversation that are not shown, by reason. */
export interface NotShown {
  /** Thoughts for which the API gave no text. */
  thoughtsWithoutText?: number;
  /** Transient notices of the CLI about hooks, durations and the API. */
  notices?: number;
  /** Texts in shown rows that are only for the model. */
  reminders?: number;
  /** Outputs that were too long for their rows and are not in this store. */
  missingOutputs?: number;
  /** Unreadable parts of the transcript: rows too long, rows cut short, bytes that are not rows, an unfinished last row. */
  tooLong?: number;
  cutShort?: number;
  notRows?: number;
  unfinished?: number;
}

/** An update, or the place for the calls of a subagent: after the call that started it, before its result. */
export type Step = SessionUpdate | SubagentStep;

export interface SubagentStep {
  readonly toolCallId: string;
  /** As in the result; undefined if it names none. */
  readonly agentId: string | undefined;
  /** Run of a workflow, which starts subagents of its own. */
  readonly runId?: string | undefined;
}

export interface TranslatorOptions {
  /** Whether the client knows `compaction_update`. */
  readonly compactions?: boolean | undefined;
  /** Plan to track and send. Absent for an earlier part of a conversation, whose plan is outdated. */
  readonly plan?: Plan | undefined;
  /** Other files of the conversation. */
  readonly sidecars?: Sidecars | undefined;
  /** The call that started this conversation, if it is a subagent's: only its tool calls are shown. */
  readonly parent?: { readonly toolCallId: string; readonly known: (id: string) => boolean } | undefined;
}

/**
 * Translates one conversation, entry by entry, into session updates (acp-replay.md, "Messages"). A message's id is the
 * row's uuid for a user and the API's message id for the assistant, so that it is the same in every load.
 */
export class Translator {
  readonly calls = new ToolCalls();
  readonly notShown: NotShown = {};
  readonly #options: TranslatorOptions;
  /** Calls that started subagents, by agent id. */
  readonly #agents = new Map<string, string>();
  readonly #reported = new Set<string>();
  readonly #separator = new Separator();
  #boundary: string | undefined;

  constructor(options: TranslatorOptions = {}) {
    this.#options = options;
  }

  translate(row: Pick<ReplayedRow, "message" | "entry" | "apart">): Step[] {
    return this.#separator.between(this.#steps(row));
  }

  #steps({ message, entry: row, apart }: Pick<ReplayedRow, "message" | "entry" | "apart">): Step[] {
    const entry = membersOf(row);
    const uuid = shortId(message.uuid);
    if (message.type === "system") return this.#system(entry, uuid);
    const payload = membersOf(message.message);
    const blocks = blocksOf(payload["content"]);
    const results = count(blocks, isResult);
    const cwd = results > 0 || count(blocks, isCall) > 0 ? asString(entry["cwd"]) : undefined;
    // A row has one record (`toolUseResult`). With several results it is unknown which one it belongs to.
    const structured = results === 1 ? membersOf(entry["toolUseResult"]) : NOTHING;
    const messageId = (message.type === "assistant" && shortId(asString(payload["id"]) ?? "")) || uuid;
    const steps: Step[] = [];
    let sender: Role | undefined;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i] as JsonObject;
      const uri = `urn:uuid:${uuid}#${i}`;
      if (isCall(block)) this.#call(block, cwd, messageId, uri, steps);
      else if (isResult(block)) this.#result(block, structured, cwd, uri, uuid, steps);
      else if (this.#options.parent !== undefined) continue;
      else if (apart === "undelivered") add(steps, this.#undelivered(block, entry, uuid, uri));
      else if (message.type === "user") {
        const isText = block["type"] === "text";
        const role = isText ? "user" : (sender ??= mediaRole(blocks, entry, this.#options.sidecars));
        add(steps, this.#userBlock(block, entry, uuid, uri, role));
      } else if (isEmptyThought(block)) this.#leaveOut("thoughtsWithoutText");
      else add(steps, assistantBlock(block, payload, messageId, uri, uuid));
    }
    return steps;
  }

  /** Ends the calls that have no result, since nothing would end them later. */
  end(): Step[] {
    return this.calls.open().flatMap(({ toolCallId, name }): Step[] => {
      const update = {
        sessionUpdate: "tool_call_update" as const,
        toolCallId,
        status: "failed" as const,
        content: [note("The transcript has no result for this call: it was interrupted, or is still running.")],
        ...this.#meta({ noResult: true }),
      };
      return claudeTool(name).subagents === "always" ? [{ toolCallId, agentId: undefined }, update] : [update];
    });
  }

  #system(entry: JsonObject, uuid: string): Step[] {
    if (this.#options.parent !== undefined) return [];
    if (entry["subtype"] === "compact_boundary") {
      this.#boundary = uuid;
      return [boundaryUpdate(entry, uuid, this.#options.compactions === true)];
    }
    // Transient notices (hooks, durations, API) are not replayed (acp-coverage.md O6).
    if (entry["subtype"] !== "local_command") {
      this.#leaveOut("notices");
      return [];
    }
    return this.#words(wordsOf(asString(entry["content"]) ?? "", entry, this.#options.sidecars?.hasTeam), uuid);
  }

  #userBlock(block: JsonObject, entry: JsonObject, uuid: string, uri: string, role: Role): Step[] {
    const content = toContentOrWords(block, uri);
    if (role !== "user") return chunks("agent_message_chunk", uuid, content, uuid);
    if (content.type !== "text") return chunks("user_message_chunk", uuid, content, uuid);
    return this.#words(wordsOf(content.text, entry, this.#options.sidecars?.hasTeam), uuid);
  }

  /** Shows a queued prompt that the model never received as a note, since it is not part of the conversation. */
  #undelivered(block: JsonObject, entry: JsonObject, uuid: string, uri: string): SessionUpdate[] {
    const content = toContentOrWords(block, uri);
    const mark = meta({ undelivered: true });
    if (content.type !== "text") return chunks("agent_message_chunk", uuid, content, uuid, mark);
    const text = wordsOf(content.text, entry, this.#options.sidecars?.hasTeam)
      .map((word) => (isUsers(word) ? userText(word) : isNoteWord(word) ? noteText(word).text : ""))
      .filter((part) => part !== "")
      .join("\n\n");
    const whole = `*Queued, not delivered:*\n\n${text}`;
    return chunks("agent_message_chunk", uuid, { type: "text", text: whole }, uuid, mark);
  }

  /** Translates a user's text: own words are the user's message, the rest is a note, with its own id if there are both. */
  #words(words: readonly Word[], uuid: string): Step[] {
    const mixed = words.some(isUsers) && words.some((word) => word.kind !== "hidden" && !isUsers(word));
    const noted = mixed ? noteId(uuid) : uuid;
    const steps: Step[] = [];
    // A client joins the chunks of one message.
    let [userGap, noteGap] = ["", ""];
    for (const word of words) {
      if (word.kind === "hidden") {
        this.#leaveOut("reminders");
        continue;
      }
      if (word.kind === "summary") steps.push(...this.#summary(word.text, uuid));
      else if (isUsers(word)) {
        const text = userText(word);
        if (text === "") continue;
        const mark = word.kind === "text" ? undefined : meta({ command: "input" });
        steps.push(...chunks("user_message_chunk", uuid, { type: "text", text: userGap + text }, uuid, mark));
        userGap = "\n\n";
      } else {
        const { step, inMessage } = this.#note(word, noteGap, noted, uuid);
        steps.push(...step);
        if (inMessage) noteGap = "\n\n";
      }
    }
    return steps;
  }

  #note(word: NoteWord, gap: string, id: string, uuid: string): { step: Step[]; inMessage: boolean } {
    const news = word.kind === "notice" ? this.#report(word, uuid) : undefined;
    if (news !== undefined) return { step: [news], inMessage: false };
    const spilled =
      word.kind === "output" ? readSpilled(word.text, NOTHING, this.#options.sidecars?.toolResult) : undefined;
    const stored = spilled && withStoredOutput(spilled, roomOfUpdate());
    if (stored?.missing === true) this.#leaveOut("missingOutputs");
    const { text, facts } = noteText(stored === undefined ? word : { ...word, text: stored.text });
    if (text === "") return { step: [], inMessage: false };
    const whole = [gap + text, stored?.note].filter((piece) => piece !== undefined).join("\n");
    const mark = meta({ ...facts, ...stored?.facts });
    return { step: chunks("agent_message_chunk", id, { type: "text", text: whole }, uuid, mark), inMessage: true };
  }

  /** Translates a compaction's summary, which is not a prompt although it is in a user row. */
  #summary(raw: string, uuid: string): Step[] {
    const content: ContentBlock = { type: "text", text: summaryText(raw) };
    if (this.#options.compactions !== true)
      return chunks("agent_message_chunk", uuid, content, uuid, meta({ compactSummary: true }));
    const compactionId = this.#boundary ?? uuid;
    return [
      limitSize({ sessionUpdate: "compaction_update", compactionId, status: "completed", summary: [content] }, uuid),
    ];
  }

  /** Adds the report of a background task to the call that started it; undefined if that call is not shown. */
  #report({ task }: Notice, uuid: string): SessionUpdate | undefined {
    if (task === undefined || task.report === "") return undefined;
    const toolCallId = this.#callOf(task);
    if (toolCallId === undefined || this.#reported.has(toolCallId)) return undefined;
    this.#reported.add(toolCallId);
    const status = task.status === "failed" || task.status === "killed" ? "failed" : "completed";
    const mark = meta({ notification: shorten(task.summary, TOOL_TITLE_UNITS) });
    return limitSize(
      { sessionUpdate: "tool_call_update", toolCallId, status, content: [note(task.report)], ...mark },
      uuid,
    );
  }

  #callOf({ taskId, toolUseId }: TaskNews): string | undefined {
    const byTask = taskId === undefined ? undefined : this.#agents.get(taskId);
    const call = toolUseId === undefined ? undefined : this.calls.get(toolUseId);
    return byTask ?? (call !== undefined && claudeTool(call.name).subagents === "always" ? call.toolCallId : undefined);
  }

  #call(block: JsonObject, cwd: string | undefined, messageId: string, uri: string, steps: Step[]): void {
    const name = asString(block["name"]) ?? "";
    const id = asString(block["id"]) ?? uri;
    // A subagent that is a fork of the main conversation repeats its calls.
    if (this.#options.parent?.known(id) === true) return;
    const rawInput = block["input"];
    const input = membersOf(rawInput);
    const toolCallId = this.calls.add(id, messageId, { name, cwd, input: resultNeeds(name, input) });
    if (toolCallId === undefined) return;
    const { title, kind, content, locations } = viewTool(name || "Tool", input, cwd);
    const update: CallUpdate = { sessionUpdate: "tool_call", toolCallId, title, kind, status: "pending" };
    const { _meta } = this.#meta();
    if (name !== "") update.name = shortId(name);
    if (content !== undefined) update.content = content;
    if (locations !== undefined) update.locations = locations;
    if (rawInput !== undefined) update.rawInput = rawInput;
    if (_meta !== undefined) update._meta = _meta;
    steps.push(limitSize(update, uri));
    const entries = claudeTool(name).plan === "todos" ? this.#options.plan?.todos(input["todos"]) : undefined;
    if (entries !== undefined) steps.push({ sessionUpdate: "plan", entries });
  }

  #result(
    block: JsonObject,
    structured: JsonObject,
    cwd: string | undefined,
    uri: string,
    uuid: string,
    steps: Step[],
  ): void {
    const id = asString(block["tool_use_id"]) ?? uri;
    if (this.#options.parent?.known(id) === true) return;
    const call = this.calls.get(id);
    if (call === undefined) {
      steps.push(this.#resultWithoutCall(id, block, structured, cwd, uri, uuid));
      return;
    }
    const view = viewResult(call, block, structured, uri, this.#options.sidecars);
    const update = this.#ended({ sessionUpdate: "tool_call_update", toolCallId: call.toolCallId }, view, uuid);
    const agentId = asString(structured["agentId"]);
    // A skill rarely runs in a subagent of its own.
    const tool = claudeTool(call.name);
    if (
      tool.subagents === "always" ||
      (tool.subagents === "sometimes" && agentId !== undefined && this.#canOpen(agentId))
    ) {
      const runId = asString(structured["runId"]);
      if (agentId !== undefined) this.#agents.set(agentId, call.toolCallId);
      if (call.open) steps.push({ toolCallId: call.toolCallId, agentId, runId });
    }
    steps.push(update);
    if (tool.plan !== undefined && tool.plan !== "todos" && view.status === "completed") {
      const entries = this.#options.plan?.done(tool.plan, call.input, structured);
      if (entries !== undefined) steps.push({ sessionUpdate: "plan", entries });
    }
    this.calls.answer(id);
  }

  /** Shows a result whose call is not in the conversation: clients ignore an update without a call. */
  #resultWithoutCall(
    id: string,
    block: JsonObject,
    structured: JsonObject,
    cwd: string | undefined,
    uri: string,
    uuid: string,
  ): Step {
    const { name, input } = toolOfRecord(structured);
    const toolCallId = this.calls.add(id, uri, { name, cwd, input: {} }) ?? shortId(id);
    this.calls.answer(id);
    const { title, kind } = name === "" ? { title: "Tool result", kind: "other" as const } : viewTool(name, input, cwd);
    const view = viewResult({ name, input, cwd }, block, structured, uri, this.#options.sidecars);
    return this.#ended({ sessionUpdate: "tool_call", toolCallId, title, kind }, view, uuid);
  }

  /** Completes the update of a call that has ended. Sets members one by one: spreads would create many hidden classes. */
  #ended(update: CallUpdate, view: ResultView, uuid: string): SessionUpdate {
    const { _meta } = this.#meta(view.facts);
    update.status = view.status;
    if (view.title !== undefined) update.title = view.title;
    if (view.content !== undefined) update.content = view.content;
    if (view.locations !== undefined) update.locations = view.locations;
    if (view.rawOutput !== undefined) update.rawOutput = view.rawOutput;
    if (_meta !== undefined) update._meta = _meta;
    if (view.missing !== undefined) this.#leaveOut("missingOutputs", view.missing);
    return limitSize(update, uuid, view.place);
  }

  #canOpen(agentId: string): boolean {
    return this.#options.sidecars?.hasSubagent(agentId) === true;
  }

  #leaveOut(what: keyof NotShown, count = 1): void {
    this.notShown[what] = (this.notShown[what] ?? 0) + count;
  }

  /** Makes `_meta` of a tool call: our facts and the parent of a subagent's call, also as claude-agent-acp names it. */
  #meta(facts: JsonObject = NOTHING): { _meta?: Record<string, unknown> } {
    const parent = this.#options.parent?.toolCallId;
    if (parent === undefined && facts === NOTHING) return NOTHING;
    const all = parent === undefined ? facts : { ...facts, parentToolCallId: parent };
    if (Object.keys(all).length === 0) return {};
    return { _meta: { [META]: all, ...(parent !== undefined && { claudeCode: { parentToolUseId: parent } }) } };
  }
}

const isEmptyThought = ({ type, thinking }: JsonObject): boolean =>
  type === "redacted_thinking" || (type === "thinking" && (typeof thinking !== "string" || thinking.trim() === ""));

const isUsers = (word: Word): word is UserWord => word.role === "user";
const isNoteWord = (word: Word): word is NoteWord =>
  !isUsers(word) && word.kind !== "hidden" && word.kind !== "summary";

const meta = (facts: JsonObject): { _meta: Record<string, unknown> } => ({ _meta: { [META]: facts } });
const NOTHING: JsonObject = {};

/** Adds steps. Does not spread them into `push`, since a text may have more parts than a call can have arguments. */
function add(steps: Step[], more: readonly Step[]): void {
  for (const step of more) steps.push(step);
}

function count(blocks: readonly JsonObject[], is: (block: JsonObject) => boolean): number {
  let found = 0;
  for (const block of blocks) if (is(block)) found++;
  return found;
}

function assistantBlock(
  block: JsonObject,
  payload: JsonObject,
  messageId: string,
  uri: string,
  uuid: string,
): SessionUpdate[] {
  if (block["type"] === "thinking") {
    return chunks("agent_thought_chunk", messageId, { type: "text", text: asString(block["thinking"]) ?? "" }, uuid);
  }
  // The CLI's placeholder for an answer that was not requested.
  if (payload["model"] === "<synthetic>" && block["text"] === "No response requested.") return [];
  return chunks("agent_message_chunk", messageId, toContentOrWords(block, uri), uuid);
}

function chunks(
  sessionUpdate: ChunkKind,
  messageId: string,
  content: ContentBlock,
  uuid: string,
  mark?: Required<Pick<SessionUpdate, "_meta">>,
): SessionUpdate[] {
  const chunkOf = (part: ContentBlock): Chunk => {
    const chunk: Chunk = { sessionUpdate, messageId, content: part };
    if (mark !== undefined) chunk._meta = mark._meta;
    return chunk;
  };
  if (content.type !== "text") return [limitSize(chunkOf(content), uuid)];
  if (content.text.length <= UPDATE_UNITS) return [chunkOf(content)];
  // A client joins them by their message id.
  return Array.from(piecesOf(content.text, UPDATE_UNITS), (text) => chunkOf({ type: "text", text }));
}
