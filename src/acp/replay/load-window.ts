import { TranscriptError } from "../../store/errors.ts";
import type { OpenConversation } from "../../store/read/open-conversation.ts";
import { isNote, partsOf } from "../../view/parts.ts";
import { isResult } from "../../view/result.ts";
import { blocksOf, membersOf } from "../../transcript/rows/json-values.ts";

/** Which rows of a conversation are shown. */
export interface Window {
  readonly from: number;
  /** The row behind the last. */
  readonly to: number;
  /** Leads to what stands before; undefined where nothing does. */
  readonly nextCursor: string | undefined;
}

export interface WindowRequest {
  /** At most about this many messages, the last ones; absent: all. */
  readonly limit?: number | undefined;
  /** What stands before the part whose answer had this cursor; absent: the end of the conversation. */
  readonly cursor?: string | undefined;
}

/**
 * The last messages of the current branch, or those before a cursor. A message is a prompt, or an answer with the calls
 * in it; results of calls belong to them, and notes of the CLI do not count. A call is never parted from its result, nor an answer in two, so that there may
 * be some messages more than `limit`. A cursor names the row that the later part begins with: it holds while that is in
 * the conversation, whatever is said meanwhile.
 *
 * @throws TranscriptError `InvalidCursor` for one that was not given for this conversation, or whose row is gone from it
 */
export function windowOf(conversation: OpenConversation, { limit, cursor }: WindowRequest): Window {
  const end = lengthOfBranch(conversation);
  const to = cursor === undefined ? end : rowOf(conversation, end, uuidIn(cursor));
  const from = limit === undefined ? 0 : startOf(conversation, to, limit);
  return { from, to, nextCursor: from === 0 ? undefined : cursorBefore(conversation.uuid(from)) };
}

/** How many branches that rewinds left behind have anything said in them. */
export function hiddenBranches(conversation: OpenConversation): number {
  const branches = new Set<number>();
  for (let at = conversation.length - 1; at >= 0; at--) {
    const { branch, kind } = conversation.facts(at);
    if (branch === 0) break;
    if (kind !== "system") branches.add(branch);
  }
  return branches.size;
}

/** The current branch comes first. */
function lengthOfBranch(conversation: OpenConversation): number {
  let end = conversation.length;
  while (end > 0 && conversation.facts(end - 1).branch > 0) end--;
  return end;
}

function startOf(conversation: OpenConversation, to: number, limit: number): number {
  const { start, parted } = walkBack(conversation, to, limit, new Set());
  // Results whose calls are nowhere must not draw the whole conversation in.
  return parted.size === 0 ? start : walkBack(conversation, to, limit, parted).start;
}

/** Goes up to the first row at which `limit` messages are complete. `parted`: results that no call was found for. */
function walkBack(
  conversation: OpenConversation,
  to: number,
  limit: number,
  lost: ReadonlySet<string>,
): { start: number; parted: ReadonlySet<string> } {
  const parted = new Set<string>();
  let messages = 0;
  let counted = -1;
  for (let at = to - 1; at >= 0; at--) {
    const { kind, message } = conversation.facts(at);
    if (kind === "system") continue;
    const entry = conversation.entry(at);
    const blocks = blocksOf(membersOf(entry.message.message)["content"]);
    for (const { type, id, tool_use_id: answered } of blocks.reverse()) {
      if (isResult({ type }) && typeof answered === "string" && !lost.has(answered)) parted.add(answered);
      else if (typeof id === "string") parted.delete(id);
    }
    const again = kind === "assistant" && message !== -1 && message === counted;
    const counts =
      blocks.some(({ type }) => !isResult({ type })) && (kind === "assistant" || !isNote(entry, partsOf(entry)));
    if (!again && counts) messages++;
    if (kind === "assistant") counted = message;
    if (messages >= limit && parted.size === 0 && beginsMessage(conversation, at)) return { start: at, parted };
  }
  return { start: 0, parted };
}

/** Whether no row of the same answer stands before, where there may be results of its calls between them. */
function beginsMessage(conversation: OpenConversation, at: number): boolean {
  const { kind, message } = conversation.facts(at);
  if (kind !== "assistant" || message === -1) return true;
  for (let before = at - 1; before >= 0; before--) {
    const facts = conversation.facts(before);
    if (facts.kind === "assistant") return facts.message !== message;
    if (facts.kind === "user" && !blocksAt(conversation, before).some(({ type }) => isResult({ type }))) return true;
  }
  return true;
}

const blocksAt = (conversation: OpenConversation, at: number) =>
  blocksOf(membersOf(conversation.entry(at).message.message)["content"]);

const cursorBefore = (uuid: string): string => Buffer.from(JSON.stringify([CURSOR, uuid])).toString("base64url");
/** Tells these cursors from those of a list, and from those of a later version. */
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
  throw invalidCursor("the message it stands at is not in this conversation any more");
}

const invalidCursor = (why: string): TranscriptError =>
  new TranscriptError("InvalidCursor", `Invalid cursor: ${why}`, {
    hint: "Load the session again without a cursor.",
    data: { argument: '_meta["claude-transcripts"].cursor' },
  });
