import type { ConversationRow, ConversationRows } from "./conversation-row.ts";
import type { Conversation } from "./conversation.ts";
import { closesQuietTurn, type MessageContext, toMessage, type TranscriptMessage } from "./message.ts";
import { callIds } from "../tree/tool-blocks.ts";
import { NEWS } from "../rows/queue-table.ts";
import { hasShownOrigin, queuedPrompt } from "./queued-prompts.ts";
import { COMPACT_SUMMARY, HIDES_TOOLS, LOOK_INSIDE, META, QUEUED_COMMAND, SIDECHAIN } from "../rows/row-index.ts";
import { ASSISTANT, SYSTEM, USER } from "../rows/row-kinds.ts";
import type { LoadRow } from "../tree/row-tree.ts";
import { asObject, type JsonObject } from "../rows/json-values.ts";

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
}

/** Returns the rows of a conversation that are shown, without loading them all (official-helpers.md §5.8, §8.1). */
export function visibleRows(
  conversation: Conversation,
  load: LoadRow,
  { includeSystemMessages = false, subagent = false }: VisibleOptions = {},
): ConversationRows {
  const { tree, rows, delivered } = conversation;
  const { kind, flags } = tree.index;
  const taken = new Set<string>();
  const { count } = tree.index;
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
      return delivered.has(row) && queuedPrompt(load(row), taken, { keepMeta: subagent }) !== undefined;
    }
    if (subagent) return tree.isMessage(row) && hidden.apply(load, row) !== undefined;
    switch (kind[row]) {
      case SYSTEM:
        return includeSystemMessages && isShown(bits, row, load);
      case USER:
        return isShown(bits, row, load) && hidden.apply(load, row) !== undefined;
      case ASSISTANT:
        if ((bits & LOOK_INSIDE) !== 0 && closesQuietTurn(load(row))) return false;
        return isShown(bits, row, load) && hidden.apply(load, row) !== undefined;
      default:
        return false;
    }
  });
}

function isShown(bits: number, row: number, load: LoadRow): boolean {
  if ((bits & META) === 0) return true;
  return (bits & LOOK_INSIDE) !== 0 && hasShownOrigin(load(row)["origin"]);
}

/** Makes messages of rows that `visibleRows` returned, in any order. */
export class MessageMaker {
  readonly #conversation: Conversation;
  readonly #load: LoadRow;
  readonly #hidden: HiddenTools;
  readonly #places: ReadonlyMap<number, number>;

  constructor(conversation: Conversation, load: LoadRow) {
    this.#conversation = conversation;
    this.#load = load;
    this.#places = placesOf(conversation);
    this.#hidden = new HiddenTools(conversation, load);
  }

  /** Whether a user or assistant row is shown with its `message` unchanged. */
  isPlain(row: number): boolean {
    const { tree } = this.#conversation;
    if (row >= tree.index.count) return false;
    return !tree.isFlagged(row, QUEUED_COMMAND | COMPACT_SUMMARY | LOOK_INSIDE) && this.#hidden.isEmpty;
  }

  make({ row, compacted, branch, apart }: ConversationRow, context: MessageContext = {}): ConversationEntry {
    const entry = this.#load(row);
    if (row >= this.#conversation.tree.index.count) {
      const message = toMessage(this.#fromQueue(row, entry), { compacted, branch, apart, ...context });
      return { message, entry, compacted, branch };
    }
    const queued = this.#conversation.tree.isFlagged(row, QUEUED_COMMAND);
    const left = queued ? queuedPrompt(entry, new Set(), { keepMeta: true }) : this.#hidden.apply(() => entry, row);
    const shown = left === UNCHANGED ? entry : left;
    const localCommand = this.#conversation.localCommands.has(row);
    return {
      message: toMessage(shown ?? entry, { localCommand, compacted, branch, apart, ...context }),
      entry,
      compacted,
      branch,
    };
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

/** Returns the row of the operation that delivered or queued each prompt, by the prompt's row. */
function placesOf({ prompts, tree }: Conversation): ReadonlyMap<number, number> {
  const { count } = tree.index;
  return new Map(prompts.map(({ text, place }) => [count + text, count + place]));
}

/**
 * Tool calls that a host ran itself and hides: their blocks and results are removed (official-helpers.md §5.8). They are
 * rare, so the conversation is only read for them if a row has the flag.
 */
class HiddenTools {
  readonly #ids: ReadonlySet<string>;

  constructor({ tree, rows }: Conversation, load: LoadRow) {
    const ids = new Set<string>();
    this.#ids = ids;
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
      for (const id of callIds(value)) if (wanted.has(id) && !again.has(id)) ids.add(id);
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
      const block = asObject(item);
      const id =
        block?.["type"] === "tool_use"
          ? block["id"]
          : block?.["type"] === "tool_result"
            ? block["tool_use_id"]
            : undefined;
      return typeof id !== "string" || !this.#ids.has(id);
    });
    if (left.length === content.length) return value;
    if (left.length === 0) return undefined;
    const { toolDenialKind: _kind, toolDenialUnanswered: _unanswered, ...rest } = value;
    return { ...(value["type"] === "user" ? rest : value), message: { ...message, content: left } };
  }
}

/** Returned for a row without hidden blocks, so that it need not be loaded. */
const UNCHANGED: JsonObject = {};
