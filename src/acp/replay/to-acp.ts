import type { ContentBlock, SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import type { ReplayedRow } from "../../store/read/open-conversation.ts";
import type { Sidecars } from "../../view/parts.ts";
import { isCall, isResult } from "../../view/result.ts";
import { claudeTool, toolOfRecord } from "../../view/tools/claude-tools.ts";
import { type Notice, type TaskNews, type Word, wordsOf } from "../../view/words.ts";
import { Calls } from "./tool-calls.ts";
import { boundaryUpdate, summaryText } from "./compaction.ts";
import { note, shorten } from "../rim/content.ts";
import { asString, blocksOf, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { toContentOrWords } from "../rim/content-blocks.ts";
import { fit, pieces, shortId } from "../rim/size-limit.ts";
import { META } from "../rim/from-acp.ts";
import { TOOL_TITLE_UNITS, UPDATE_UNITS } from "../rim/message-limits.ts";
import { noteId } from "../rim/note-id.ts";
import type { Plan } from "./plan.ts";
import { Separator } from "./separator.ts";
import { type ResultView, resultNeeds, viewResult } from "../tools/tool-result.ts";
import { withStoredOutput } from "../tools/stored-output.ts";
import { viewTool } from "../tools/tools.ts";
import { noteText, type NoteWord, type UserWord, userText } from "./user-part.ts";

type ChunkKind = "user_message_chunk" | "agent_message_chunk" | "agent_thought_chunk";

/** What of a conversation is not shown, by its reason. */
export interface NotShown {
  /** Thoughts that the API gave no text of. */
  thoughtsWithoutText?: number;
  /** What the CLI noted for the moment: of hooks, of durations, of the API. */
  notices?: number;
  /** What stands in a shown row and was said to the model only. */
  reminders?: number;
  /** Outputs that were too long for their rows, and are not in this store. */
  missingOutputs?: number;
  /** What of the transcript cannot be read: rows too long, rows cut short, bytes that are not rows; the last row. */
  tooLong?: number;
  cutShort?: number;
  notRows?: number;
  unfinished?: number;
}

type Chunk = Extract<SessionUpdate, { sessionUpdate: ChunkKind }>;
type CallUpdate = Extract<SessionUpdate, { sessionUpdate: "tool_call" | "tool_call_update" }>;

/** An update, or the place where the calls of a subagent stand: behind the call that started it, before its result. */
export type Step = SessionUpdate | SubagentStep;

export interface SubagentStep {
  readonly toolCallId: string;
  /** As the result names it; undefined where it names none. */
  readonly agentId: string | undefined;
  /** The run of a workflow, which starts subagents of its own. */
  readonly runId?: string | undefined;
}

export interface TranslatorOptions {
  /** Whether the client knows `compaction_update`. */
  readonly compactions?: boolean | undefined;
  /** The plan that is kept and sent. Without it none is: an earlier part of a conversation would bring back an old one. */
  readonly plan?: Plan | undefined;
  /** What stands beside the conversation in files of its own. */
  readonly sidecars?: Sidecars | undefined;
  /** The conversation is a subagent's, started by this call: its tool calls are shown, what it says is not. */
  readonly parent?: { readonly toolCallId: string; readonly known: (id: string) => boolean } | undefined;
}

/**
 * Translates one conversation, entry by entry, into session updates (acp-replay.md, "Messages" with better defaults). A message's id is
 * the row's uuid for a user and the API's message id for the assistant, so that it is the same at every load.
 *
 * Sidecars the plan, only what the results of open calls need is held.
 */
export class Translator {
  readonly calls = new Calls();
  readonly notShown: NotShown = {};
  readonly #options: TranslatorOptions;
  /** Subagents that were started → their calls, and the calls that a notification has reported of. */
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
    // The row has one structured result: with several results in it, nobody can say whose it is.
    const structured = results === 1 ? membersOf(entry["toolUseResult"]) : NOTHING;
    const messageId = (message.type === "assistant" && shortId(asString(payload["id"]) ?? "")) || uuid;
    const steps: Step[] = [];
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i] as JsonObject;
      const uri = `urn:uuid:${uuid}#${i}`;
      if (isCall(block)) this.#call(block, cwd, messageId, uri, steps);
      else if (isResult(block)) this.#result(block, structured, cwd, uri, uuid, steps);
      else if (this.#options.parent !== undefined) continue;
      else if (apart === "undelivered") add(steps, undelivered(block, entry, uuid, uri));
      else if (message.type === "user") add(steps, this.#said(block, entry, uuid, uri));
      else if (isEmptyThought(block)) this.#leaveOut("thoughtsWithoutText");
      else add(steps, said(block, payload, messageId, uri, uuid));
    }
    return steps;
  }

  /** Ends the calls that have no result: they were broken off, and nobody would end them later. */
  end(): Step[] {
    return this.calls.open().flatMap(({ toolCallId, name }): Step[] => {
      const update = {
        sessionUpdate: "tool_call_update" as const,
        toolCallId,
        status: "failed" as const,
        content: [note("The transcript has no result of this call: it was broken off, or is still under way.")],
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
    // Notices (of hooks, of durations, of the API) are for the moment, and are not replayed (acp-coverage.md O6).
    if (entry["subtype"] !== "local_command") {
      this.#leaveOut("notices");
      return [];
    }
    return this.#words(wordsOf(asString(entry["content"]) ?? "", entry), uuid);
  }

  /** A block of a user row that is no tool result. */
  #said(block: JsonObject, entry: JsonObject, uuid: string, uri: string): Step[] {
    const content = toContentOrWords(block, uri);
    if (content.type !== "text") return chunks("user_message_chunk", uuid, content, uuid);
    return this.#words(wordsOf(content.text, entry), uuid);
  }

  /**
   * What stands in a user's place: the person's own words as the user's message, anything else as a note of the agent's.
   * Where a text holds both, the note has an id of its own.
   */
  #words(words: readonly Word[], uuid: string): Step[] {
    const mixed = words.some(isUsers) && words.some((word) => word.kind !== "hidden" && !isUsers(word));
    const noted = mixed ? noteId(uuid) : uuid;
    const steps: Step[] = [];
    // Chunks of one message are one text for a client.
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
    const stored = word.kind === "output" ? withStoredOutput(word.text, NOTHING, this.#options.sidecars) : undefined;
    if (stored?.missing === true) this.#leaveOut("missingOutputs");
    const { text, facts } = noteText(stored === undefined ? word : { ...word, text: stored.text });
    if (text === "") return { step: [], inMessage: false };
    const whole = [gap + text, stored?.note].filter((piece) => piece !== undefined).join("\n");
    const mark = meta({ ...facts, ...stored?.facts });
    return { step: chunks("agent_message_chunk", id, { type: "text", text: whole }, uuid, mark), inMessage: true };
  }

  /** A compaction's summary is no prompt of the user. */
  #summary(raw: string, uuid: string): Step[] {
    const content: ContentBlock = { type: "text", text: summaryText(raw) };
    if (this.#options.compactions !== true)
      return chunks("agent_message_chunk", uuid, content, uuid, meta({ compactSummary: true }));
    const compactionId = this.#boundary ?? uuid;
    return [fit({ sessionUpdate: "compaction_update", compactionId, status: "completed", summary: [content] }, uuid)];
  }

  /** What a task in the background reports belongs to the call that started it, if that is shown; undefined otherwise. */
  #report({ task }: Notice, uuid: string): SessionUpdate | undefined {
    if (task === undefined || task.report === "") return undefined;
    const toolCallId = this.#callOf(task);
    if (toolCallId === undefined || this.#reported.has(toolCallId)) return undefined;
    this.#reported.add(toolCallId);
    const status = task.status === "failed" || task.status === "killed" ? "failed" : "completed";
    const mark = meta({ notification: shorten(task.summary, TOOL_TITLE_UNITS) });
    return fit({ sessionUpdate: "tool_call_update", toolCallId, status, content: [note(task.report)], ...mark }, uuid);
  }

  #callOf({ taskId, toolUseId }: TaskNews): string | undefined {
    const byTask = taskId === undefined ? undefined : this.#agents.get(taskId);
    const call = toolUseId === undefined ? undefined : this.calls.get(toolUseId);
    return byTask ?? (call !== undefined && claudeTool(call.name).subagents === "always" ? call.toolCallId : undefined);
  }

  #call(block: JsonObject, cwd: string | undefined, messageId: string, uri: string, steps: Step[]): void {
    const name = asString(block["name"]) ?? "";
    const id = asString(block["id"]) ?? uri;
    // A fork of the main conversation begins with its calls.
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
    steps.push(fit(update, uri));
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
      steps.push(this.#lost(id, block, structured, cwd, uri, uuid));
      return;
    }
    const view = viewResult(call, block, structured, uri, this.#options.sidecars);
    const update = this.#ended({ sessionUpdate: "tool_call_update", toolCallId: call.toolCallId }, view, uuid);
    const agentId = asString(structured["agentId"]);
    // A skill may run in a subagent of its own, and mostly does not.
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

  /** The call is not in the conversation (its row is lost), the result is: an update alone would be for nothing. */
  #lost(
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

  /** The update of a call that has ended. Members are set one by one: a spread would make a hidden class for each update. */
  #ended(update: CallUpdate, view: ResultView, uuid: string): SessionUpdate {
    const { _meta } = this.#meta(view.facts);
    update.status = view.status;
    if (view.title !== undefined) update.title = view.title;
    if (view.content !== undefined) update.content = view.content;
    if (view.locations !== undefined) update.locations = view.locations;
    if (view.rawOutput !== undefined) update.rawOutput = view.rawOutput;
    if (_meta !== undefined) update._meta = _meta;
    if (view.missing === true) this.#leaveOut("missingOutputs");
    return fit(update, uuid, view.place);
  }

  #canOpen(agentId: string): boolean {
    return this.#options.sidecars?.hasSubagent(agentId) === true;
  }

  #leaveOut(what: keyof NotShown): void {
    this.notShown[what] = (this.notShown[what] ?? 0) + 1;
  }

  /** `_meta` of a tool call: ours, and for a subagent's call the one it belongs to, also as the incumbent names it. */
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

/** Never as arguments of one call: a text may have more parts than those can be. */
function add(steps: Step[], more: readonly Step[]): void {
  for (const step of more) steps.push(step);
}

function count(blocks: readonly JsonObject[], is: (block: JsonObject) => boolean): number {
  let found = 0;
  for (const block of blocks) if (is(block)) found++;
  return found;
}

/** What the user queued and the model never got is no message of either: a note says so, and has the words. */
function undelivered(block: JsonObject, entry: JsonObject, uuid: string, uri: string): SessionUpdate[] {
  const content = toContentOrWords(block, uri);
  const mark = meta({ undelivered: true });
  if (content.type !== "text") return chunks("agent_message_chunk", uuid, content, uuid, mark);
  const text = wordsOf(content.text, entry)
    .map((word) => (isUsers(word) ? userText(word) : isNoteWord(word) ? noteText(word).text : ""))
    .filter((part) => part !== "")
    .join("\n\n");
  return chunks("agent_message_chunk", uuid, { type: "text", text: `*Queued, not delivered:*\n\n${text}` }, uuid, mark);
}

/** What the model says or thinks. */
function said(block: JsonObject, payload: JsonObject, messageId: string, uri: string, uuid: string): SessionUpdate[] {
  if (block["type"] === "thinking") {
    return chunks("agent_thought_chunk", messageId, { type: "text", text: asString(block["thinking"]) ?? "" }, uuid);
  }
  // What the CLI lets the model say where it asked for nothing.
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
  if (content.type !== "text") return [fit(chunkOf(content), uuid)];
  if (content.text.length <= UPDATE_UNITS) return [chunkOf(content)];
  return pieces(content.text).map((text) => chunkOf({ type: "text", text }));
}
