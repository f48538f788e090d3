import type { ConversationRow, ConversationRows } from "./conversation-row.ts";
import type { Conversation } from "./conversation.ts";
import { closesQuietTurn, type MessageContext, toMessage, type TranscriptMessage } from "./message.ts";
import { callIds } from "../tree/tool-blocks.ts";
import { NEWS } from "../rows/queue-table.ts";
import { hasShownOrigin, queuedPrompt } from "./queued-prompts.ts";
import { COMPACT_SUMMARY, HIDES_TOOLS, LOOK_INSIDE, META, QUEUED_COMMAND, SIDECHAIN } from "../rows/row-index.ts";
import { ASSISTANT, SYSTEM } from "../rows/row-kinds.ts";
import type { LoadRow } from "../tree/row-tree.ts";
import { asObject, blocksOf, type JsonObject, membersOf } from "../rows/json-values.ts";

/** A message and the row it comes from. */
export interface ConversationEntry {
  readonly message: TranscriptMessage;
  /** The row's value, with members that a message leaves out: `toolUseResult`, `cwd`, `usage`, … */
  readonly entry: JsonObject;
  readonly compacted: boolean;
  readonly branch: number;
}

export interface VisibleOptions {
  readonly includeSystemMessages?: boolean;
  /** The conversation is a subagent's: it consists of sidechain rows and meta rows. */
  readonly subagent?: boolean;
  /**
   * Adds meta rows that have a picture: that of a slash command's prompt, or pages that a tool read. The rest of such a row
   * is for the model only.
   */
  readonly includePictures?: boolean;
}

/** Returns the rows of a conversation that are shown, without loading them all (official-helpers.md §5.8, §8.1). */
export function visibleRows(
  conversation: Conversation,
  load: LoadRow,
  { includeSystemMessages = false, subagent = false, includePictures = false }: VisibleOptions = {},
): ConversationRows {
  const { tree, rows, delivered } = conversation;
  const { count, kind, flags } = tree.index;
  const taken = new Set<string>();
  if (delivered.size > 0) {
    for (let i = 0; i < rows.length; i++) {
      const row = rows.row(i);
      if (row < count) taken.add(tree.index.uuids.text(tree.index.uuid[row] as number));
    }
  }
  const hidden = new HiddenTools(conversation, load);
  return rows.filter((row) => {
    if (row >= count) return true;
    const bits = flags[row] as number;
    if (!subagent && (bits & SIDECHAIN) !== 0) return false;
    if ((bits & QUEUED_COMMAND) !== 0) {
      const prompt = delivered.has(row) ? queuedPrompt(load(row), taken, subagent || includePictures) : undefined;
      return prompt !== undefined && (subagent || picturesOfMeta(prompt) !== undefined);
    }
    if (kind[row] === SYSTEM) return includeSystemMessages && (subagent || isShown(bits, row, load, false));
    if (!tree.isMessage(row)) return false;
    if (!subagent) {
      if (kind[row] === ASSISTANT && (bits & LOOK_INSIDE) !== 0 && closesQuietTurn(load(row))) return false;
      if (!isShown(bits, row, load, includePictures)) return false;
    }
    return hidden.apply(load, row) !== undefined;
  });
}

function isShown(bits: number, row: number, load: LoadRow, includePictures: boolean): boolean {
  if ((bits & META) === 0) return true;
  if (includePictures) return picturesOfMeta(load(row)) !== undefined;
  return (bits & LOOK_INSIDE) !== 0 && hasShownOrigin(load(row)["origin"]);
}

/** Returns the row, of a hidden meta row only what it shows: its pictures and documents. Undefined if it has none. */
function picturesOfMeta(row: JsonObject): JsonObject | undefined {
  if (!row["isMeta"] || hasShownOrigin(row["origin"])) return row;
  const pictures = blocksOf(asObject(row["message"])?.["content"]).filter(
    ({ type }) => type === "image" || type === "document",
  );
  return pictures.length === 0 ? undefined : { ...row, message: { ...asObject(row["message"]), content: pictures } };
}

/** Makes messages of rows that `visibleRows` returned, in any order. */
export class MessageMaker {
  readonly #conversation: Conversation;
  readonly #load: LoadRow;
  readonly #hidden: HiddenTools;
  readonly #hidesMeta: boolean;
  /** Row of the operation that delivered or queued each prompt, by the prompt's row. */
  readonly #places: ReadonlyMap<number, number>;

  /** `includePictures`: as for `visibleRows`. */
  constructor(conversation: Conversation, load: LoadRow, includePictures = false) {
    this.#conversation = conversation;
    this.#load = load;
    this.#hidesMeta = includePictures;
    const { count } = conversation.tree.index;
    this.#places = new Map(conversation.prompts.map(({ text, place }) => [count + text, count + place]));
    this.#hidden = new HiddenTools(conversation, load);
  }

  /** Whether a user or assistant row is shown with its `message` unchanged. */
  isPlain(row: number): boolean {
    const { tree } = this.#conversation;
    if (row >= tree.index.count) return false;
    const changed = QUEUED_COMMAND | COMPACT_SUMMARY | LOOK_INSIDE | (this.#hidesMeta ? META : 0);
    return !tree.isFlagged(row, changed) && this.#hidden.isEmpty;
  }

  make({ row, compacted, branch, apart }: ConversationRow, context: MessageContext = {}): ConversationEntry {
    const entry = this.#load(row);
    const localCommand = this.#conversation.localCommands.has(row);
    const whole = this.#shown(row, entry) ?? entry;
    const shown = this.#hidesMeta ? (picturesOfMeta(whole) ?? whole) : whole;
    const message = toMessage(shown, { localCommand, compacted, branch, apart, ...context });
    return { message, entry, compacted, branch };
  }

  #shown(row: number, entry: JsonObject): JsonObject | undefined {
    const { tree } = this.#conversation;
    if (row >= tree.index.count) return this.#fromQueue(row, entry);
    if (tree.isFlagged(row, QUEUED_COMMAND)) return queuedPrompt(entry, new Set(), true);
    const left = this.#hidden.apply(() => entry, row);
    return left === UNCHANGED ? entry : left;
  }

  /** Makes a user row of a prompt in a `queue-operation`. */
  #fromQueue(row: number, entry: JsonObject): JsonObject {
    const { count, queue } = this.#conversation.tree.index;
    const place = this.#places.get(row) ?? row;
    return {
      type: "user",
      uuid: queue.idOf(row - count),
      sessionId: entry["sessionId"],
      timestamp: (place === row ? entry : this.#load(place))["timestamp"],
      message: { role: "user", content: entry["content"] },
      isQueuedCommand: true,
      ...(queue.promptKind[row - count] === NEWS && { origin: { kind: "task-notification" } }),
    };
  }
}

/** Tool calls that a host ran itself and hides (official-helpers.md §5.8). Rows are only read for them if one has the flag. */
class HiddenTools {
  readonly #ids = new Set<unknown>();

  constructor({ tree, rows }: Conversation, load: LoadRow) {
    if (!tree.index.hasFlag(HIDES_TOOLS)) return;
    const once = new Set<string>();
    const again = new Set<string>();
    const hosts = rows.filter((row) => tree.isFlagged(row, HIDES_TOOLS) && tree.index.kind[row] === ASSISTANT);
    if (hosts.length > 0) {
      for (const { row } of rows) {
        if (tree.index.kind[row] !== ASSISTANT) continue;
        for (const id of callIds(load(row))) (once.has(id) ? again : once).add(id);
      }
    }
    for (const { row } of hosts) {
      const value = load(row);
      const hidden = value["hostHiddenToolUseIds"];
      if (!Array.isArray(hidden)) continue;
      const wanted = new Set<unknown>(hidden);
      for (const id of callIds(value)) if (wanted.has(id) && !again.has(id)) this.#ids.add(id);
    }
  }

  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  /** Returns the row without hidden blocks; undefined if no block is left. */
  apply(load: LoadRow, row: number): JsonObject | undefined {
    if (this.#ids.size === 0) return UNCHANGED;
    const value = load(row);
    const message = asObject(value["message"]);
    const content = message?.["content"];
    if (!Array.isArray(content)) return value;
    const left = content.filter((item: unknown) => {
      const { type, id, tool_use_id: called } = membersOf(item);
      return !this.#ids.has(type === "tool_use" ? id : type === "tool_result" ? called : undefined);
    });
    if (left.length === content.length) return value;
    if (left.length === 0) return undefined;
    const { toolDenialKind: _kind, toolDenialUnanswered: _unanswered, ...rest } = value;
    return { ...(value["type"] === "user" ? rest : value), message: { ...message, content: left } };
  }
}

/** Returned for a row without hidden blocks, so that it need not be loaded. */
const UNCHANGED: JsonObject = {};
