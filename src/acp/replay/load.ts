import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import type { OpenConversation } from "../../store/read/open-conversation.ts";
import { Messages } from "../../view/messages.ts";
import { isAllRead, type Unread } from "../../store/read/unread.ts";
import { unreadWords } from "../../view/unread-words.ts";
import { type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { META } from "../rim/from-acp.ts";
import { SubagentCalls } from "./subagent-calls.ts";
import { Plan } from "./plan.ts";
import type { Store } from "../../open/open-store.ts";
import { type NotShown, Translator, type TranslatorOptions } from "./to-acp.ts";
import type { SendUpdate } from "../wire/update-writer.ts";
import { Usage } from "./usage.ts";
import { hiddenBranches, loadWindow, type WindowRequest } from "./load-window.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

export interface ReplayRequest extends WindowRequest, Pick<TranslatorOptions, "compactions"> {
  /** Limit for requests with neither `limit` nor `cursor`, from clients that do not know these. */
  readonly replayLast?: number | undefined;
}

export interface ReplayFacts {
  /** Number of branches abandoned by rewinds; they are not shown. */
  readonly hiddenBranches: number;
  /** Counts of other parts that are not shown; absent if there are none. */
  readonly notShown?: NotShown;
  /** Number of messages before the first one shown, if the server's own limit applied. */
  readonly earlier?: number;
  /** Leads to the earlier part; absent if the beginning was shown. */
  readonly nextCursor?: string;
}

/**
 * Replays a session from the first row to the last, including rows before a compaction (acp-coverage.md O3). On request,
 * only its last messages, or those before a cursor.
 *
 * Waits for the promises of `send`, so that a slow client slows down reading and no output accumulates. Sends nothing
 * after it resolves.
 *
 * @throws SessionNotFoundError if there is no such session; `InvalidCursor`
 */
export async function replay(
  store: Store,
  sessionId: string,
  send: SendUpdate,
  signal: AbortSignal,
  request: ReplayRequest = {},
): Promise<ReplayFacts> {
  const conversation = await store.conversation(sessionId, { signal });
  const subagents = new SubagentCalls({ store, sessionId, sidecars: conversation, send, signal });
  try {
    const { limit, cursor } = request;
    const replayLast = limit === undefined && cursor === undefined ? request.replayLast : undefined;
    const { from, to, nextCursor } = loadWindow(conversation, { limit: limit ?? replayLast, cursor });
    const earlier = replayLast === undefined || from === 0 ? undefined : await messagesBefore(conversation, from);
    if (replayLast !== undefined && earlier !== undefined) await send(earlierNote(sessionId, earlier, replayLast));
    const { unread } = conversation;
    // The last row of a session in use is often unfinished.
    const isLost = !isAllRead({ ...unread, unfinished: false });
    if (cursor === undefined && isLost) await send(unreadNote(sessionId, unread));
    // An earlier part must not show an outdated plan or usage.
    const latest = cursor === undefined;
    const plan = new Plan();
    if (latest && from > 0) {
      restorePlan(conversation, from, plan);
      const { entries } = plan;
      if (entries.length > 0) await send({ sessionUpdate: "plan", entries });
    }
    const usage = new Usage();
    const translator = new Translator({
      compactions: request.compactions,
      sidecars: conversation,
      ...(latest && { plan }),
    });
    const known = (id: string): boolean => translator.calls.get(id) !== undefined;
    for (let at = from; at < to; at++) {
      const row = conversation.apart(at);
      if (row.message.type === "assistant") usage.add(membersOf(row.message.message));
      for (const step of translator.translate(row)) {
        signal.throwIfAborted();
        if (!("sessionUpdate" in step)) await subagents.show(step, known);
        else {
          // Awaiting each of thousands of updates would take much of the time of a load.
          const drained = send(step, row.texts);
          if (drained !== undefined) await drained;
        }
      }
      // Rows that send nothing must not delay other requests.
      if ((at - from) % ROWS_PER_TURN === ROWS_PER_TURN - 1) await yieldToEventLoop();
    }
    const used = latest ? usage.update() : undefined;
    for (const step of [...translator.end(), ...(used === undefined ? [] : [used])]) {
      signal.throwIfAborted();
      if ("sessionUpdate" in step) await send(step);
      else await subagents.show(step, known);
    }
    const notShown = { ...translator.notShown, ...countsOf(conversation.unread) };
    return {
      hiddenBranches: hiddenBranches(conversation),
      ...(Object.keys(notShown).length > 0 && { notShown }),
      ...(earlier !== undefined && { earlier }),
      ...(nextCursor !== undefined && { nextCursor }),
    };
  } finally {
    await subagents.close();
    conversation.close();
  }
}

const ROWS_PER_TURN = 512;

function countsOf(unread: Unread): NotShown {
  return Object.fromEntries(Object.entries(unread).flatMap(([what, count]) => (count ? [[what, Number(count)]] : [])));
}

function unreadNote(sessionId: string, unread: Unread): SessionUpdate {
  return noteOf(`${sessionId}#unread`, `*Not shown: ${unreadWords(unread).join(", ")}.*`, { unread: countsOf(unread) });
}

const noteOf = (messageId: string, text: string, facts: JsonObject): SessionUpdate => ({
  sessionUpdate: "agent_message_chunk",
  messageId,
  // A client may append the next message to it.
  content: { type: "text", text: `${text}\n\n` },
  _meta: { [META]: facts },
});

/** Counts the prompts and answers before row `from`. As for a limit, notes do not count. */
async function messagesBefore(conversation: OpenConversation, from: number): Promise<number> {
  const messages = await Messages.of(conversation);
  let count = 0;
  for (let number = 1; number <= messages.count; number++) {
    const message = messages.get(number);
    if (message.from >= from) break;
    if (!message.isNote) count++;
  }
  return count;
}

/** Makes a message about the earlier part that `--replay-last` hides, for clients that do not read `_meta`. */
function earlierNote(sessionId: string, earlier: number, replayLast: number): SessionUpdate {
  const are = earlier === 1 ? "1 earlier message is" : `${earlier.toLocaleString("en")} earlier messages are`;
  const text =
    `${are} not shown: this server replays only the last ${replayLast} (--replay-last).` +
    ` To see all of them, run \`claude-transcripts show ${sessionId}\` in a terminal, or start the server without that option.`;
  return noteOf(`${sessionId}#earlier`, text, { earlier });
}

/** Restores the plan as of row `to`. Parses only rows that mention a tool of plans, and rows that may have its result. */
function restorePlan(conversation: OpenConversation, to: number, plan: Plan): void {
  const translator = new Translator({ plan });
  let pending = 0;
  for (let at = 0; at < to; at++) {
    const { kind } = conversation.facts(at);
    if (kind === "system") continue;
    const row = conversation.bytes(at);
    const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
    if (bytes.includes('"Task') || bytes.includes('"TodoWrite"')) pending = RESULTS_WITHIN;
    else if (pending === 0) continue;
    pending--;
    translator.translate(conversation.entry(at));
  }
}

/** Maximum number of rows between a call and its result: results of parallel calls, and messages sent in between. */
const RESULTS_WITHIN = 64;
