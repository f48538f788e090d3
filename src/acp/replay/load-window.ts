import { TranscriptError } from "../../store/errors.ts";
import type { OpenConversation } from "../../store/read/open-conversation.ts";
import { isNote, partsOf } from "../../view/parts.ts";
import { isResult } from "../../view/result.ts";
import type { ConversationEntry } from "../../store/read/session-messages.ts";
import { blocksOf, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";

export interface LoadWindow {
  readonly from: number;
  /** Index after the last row. */
  readonly to: number;
  /** Leads to the part before; undefined if there is none. */
  readonly nextCursor: string | undefined;
}

export interface WindowRequest {
  /** Approximate maximum of messages, counted from the end; absent: all. */
  readonly limit?: number | undefined;
  /** Cursor of an earlier answer, for the part before it; absent: the end of the conversation. */
  readonly cursor?: string | undefined;
}

/**
 * Returns the window of the last messages of the current branch, or of those before a cursor. A message is a prompt, or an
 * answer with its calls and their results; notes of the CLI do not count. A window never separates a call from its result
 * or splits an answer, so it may exceed `limit`. A cursor names the first row of the later part, and is valid while that
 * row is in the conversation.
 *
 * @throws TranscriptError `InvalidCursor` if the cursor is not of this conversation, or its row is gone
 */
export function loadWindow(conversation: OpenConversation, { limit, cursor }: WindowRequest): LoadWindow {
  const end = lengthOfBranch(conversation);
  const to = cursor === undefined ? end : rowOf(conversation, end, uuidIn(cursor));
  const from = limit === undefined ? 0 : startOf(conversation, to, limit);
  return { from, to, nextCursor: from === 0 ? undefined : cursorBefore(conversation.uuid(from)) };
}

/** Counts the branches abandoned by rewinds that contain messages. */
export function hiddenBranches(conversation: OpenConversation): number {
  const branches = new Set<number>();
  for (let at = conversation.length - 1; at >= 0; at--) {
    const { branch, kind } = conversation.facts(at);
    if (branch === 0) break;
    if (kind !== "system") branches.add(branch);
  }
  return branches.size;
}

/** Returns the number of rows of the current branch, which comes first. */
function lengthOfBranch(conversation: OpenConversation): number {
  let end = conversation.length;
  while (end > 0 && conversation.facts(end - 1).branch > 0) end--;
  return end;
}

function startOf(conversation: OpenConversation, to: number, limit: number): number {
  const { start, unmatched } = walkBack(conversation, to, limit, new Set());
  // Results without a call anywhere must not extend the window to the whole conversation.
  return unmatched.size === 0 ? start : walkBack(conversation, to, limit, unmatched).start;
}

/** Walks back to the row at which `limit` messages are complete. `ignored`: results that have no call anywhere. */
function walkBack(
  conversation: OpenConversation,
  to: number,
  limit: number,
  ignored: ReadonlySet<string>,
): { start: number; unmatched: ReadonlySet<string> } {
  const unmatched = new Set<string>();
  let messages = 0;
  let counted = -1;
  for (let at = to - 1; at >= 0; at--) {
    const { kind, message } = conversation.facts(at);
    if (kind === "system") continue;
    const entry = conversation.entry(at);
    const blocks = blocksIn(entry);
    for (const { type, id, tool_use_id: answered } of blocks.reverse()) {
      if (isResult({ type }) && typeof answered === "string" && !ignored.has(answered)) unmatched.add(answered);
      else if (typeof id === "string") unmatched.delete(id);
    }
    const again = kind === "assistant" && message !== -1 && message === counted;
    const counts =
      blocks.some(({ type }) => !isResult({ type })) &&
      (kind === "assistant" || !isNote(entry, partsOf(entry, conversation)));
    if (!again && counts) messages++;
    if (kind === "assistant") counted = message;
    if (messages >= limit && unmatched.size === 0 && beginsMessage(conversation, at)) return { start: at, unmatched };
  }
  return { start: 0, unmatched };
}

/** Returns whether no earlier row is of the same answer. Results of its calls may be between its rows. */
function beginsMessage(conversation: OpenConversation, at: number): boolean {
  const { kind, message } = conversation.facts(at);
  if (kind !== "assistant" || message === -1) return true;
  for (let before = at - 1; before >= 0; before--) {
    const facts = conversation.facts(before);
    if (facts.kind === "assistant") return facts.message !== message;
    if (facts.kind === "user" && !blocksIn(conversation.entry(before)).some(({ type }) => isResult({ type })))
      return true;
  }
  return true;
}

const blocksIn = ({ message }: ConversationEntry): JsonObject[] => blocksOf(membersOf(message.message)["content"]);

const cursorBefore = (uuid: string): string => Buffer.from(JSON.stringify([CURSOR, uuid])).toString("base64url");
/** Distinguishes these cursors from those of a list, and from those of a later version. */
const CURSOR = "before/1";

function uuidIn(cursor: string): string {
  try {
    const [kind, uuid]: unknown[] = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (kind === CURSOR && typeof uuid === "string") return uuid;
  } catch {
    // Below.
  }
  throw invalidCursor("not a cursor from session/load");
}

function rowOf(conversation: OpenConversation, end: number, uuid: string): number {
  for (let at = end - 1; at >= 0; at--) if (conversation.uuid(at) === uuid) return at;
  throw invalidCursor("its message is no longer in this conversation");
}

const invalidCursor = (why: string): TranscriptError =>
  new TranscriptError("InvalidCursor", `Invalid cursor: ${why}`, {
    hint: "Load the session again without a cursor.",
    data: { argument: '_meta["claude-transcripts"].cursor' },
  });
