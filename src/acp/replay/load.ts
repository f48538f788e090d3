import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import type { OpenConversation } from "../../store/read/open-conversation.ts";
import { Messages } from "../../view/messages.ts";
import { isAllRead, type Unread } from "../../store/read/unread.ts";
import { unreadWords } from "../../view/unread-words.ts";
import { membersOf } from "../../transcript/rows/json-values.ts";
import { META } from "../rim/from-acp.ts";
import { NestedCalls } from "./subagent-calls.ts";
import { Plan } from "./plan.ts";
import type { Store } from "../../store/open/open-store.ts";
import { type NotShown, Translator } from "./to-acp.ts";
import type { SendUpdate } from "../wire/update-writer.ts";
import { Usage } from "./usage.ts";
import { hiddenBranches, windowOf, type WindowRequest } from "./load-window.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

export interface ReplayRequest extends WindowRequest {
  /** Whether the client knows `compaction_update`. */
  readonly compactions?: boolean | undefined;
  /** The limit where the request says neither `limit` nor `cursor`: for clients that cannot ask. */
  readonly replayLast?: number | undefined;
}

/** What the answer to a load says of it. */
export interface ReplayFacts {
  /** Branches that rewinds left behind; they are not shown. */
  readonly hiddenBranches: number;
  /** What was not shown of the rest; absent when nothing. */
  readonly notShown?: NotShown;
  /** How many messages stand before what was shown, where the server has a limit of its own. */
  readonly earlier?: number;
  /** Leads to what was said before what was shown; absent when it began with the beginning. */
  readonly nextCursor?: string;
}

/**
 * Replays a session, first row to last, what stands before a compaction included (acp-coverage.md O3); or, where the request asks
 * for it, its last messages, or those before a cursor.
 *
 * What `send` returns resolves when there is room for more output: a slow client holds the reader of the transcript here, and
 * nothing piles up in between. Nothing is sent after this resolves.
 *
 * @throws SessionNotFoundError when there is no such session; `InvalidCursor`
 */
export async function replay(
  store: Store,
  sessionId: string,
  send: SendUpdate,
  signal: AbortSignal,
  request: ReplayRequest = {},
): Promise<ReplayFacts> {
  const conversation = await store.conversation(sessionId, { signal });
  const nested = new NestedCalls(store, sessionId, conversation, { send, signal });
  try {
    const { limit, cursor } = request;
    const replayLast = limit === undefined && cursor === undefined ? request.replayLast : undefined;
    const { from, to, nextCursor } = windowOf(conversation, { limit: limit ?? replayLast, cursor });
    const earlier = replayLast === undefined || from === 0 ? undefined : await messagesBefore(conversation, from);
    if (replayLast !== undefined && earlier !== undefined) await send(earlierNote(sessionId, earlier, replayLast));
    const { unread } = conversation;
    // Of a session that is being written to, the last row mostly is.
    const isLost = !isAllRead({ ...unread, unfinished: false });
    if (cursor === undefined && isLost) await send(unreadNote(sessionId, unread));
    // An earlier part would bring back the plan and the usage of its time.
    const latest = cursor === undefined;
    const plan = new Plan();
    if (latest && from > 0) {
      recollect(conversation, from, plan);
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
      if (row.message.type === "assistant") usage.saw(membersOf(row.message.message));
      for (const step of translator.translate(row)) {
        signal.throwIfAborted();
        if (!("sessionUpdate" in step)) await nested.show(step, known);
        else {
          // A promise for each of thousands of updates is what a load would spend much of its time on.
          const full = send(step, row.texts);
          if (full !== undefined) await full;
        }
      }
      // Hidden rows send nothing, and must not keep other requests waiting.
      if ((at - from) % ROWS_PER_TURN === ROWS_PER_TURN - 1) await yieldToEventLoop();
    }
    const used = latest ? usage.update() : undefined;
    for (const step of [...translator.end(), ...(used === undefined ? [] : [used])]) {
      signal.throwIfAborted();
      if ("sessionUpdate" in step) await send(step);
      else await nested.show(step, known);
    }
    const notShown = { ...translator.notShown, ...countsOf(conversation.unread) };
    return {
      hiddenBranches: hiddenBranches(conversation),
      ...(Object.keys(notShown).length > 0 && { notShown }),
      ...(earlier !== undefined && { earlier }),
      ...(nextCursor !== undefined && { nextCursor }),
    };
  } finally {
    await nested.close();
    conversation.close();
  }
}

const ROWS_PER_TURN = 512;

/** What could not be read, as `NotShown` has it. */
function countsOf(unread: Unread): NotShown {
  const counts = Object.entries(unread).map(([what, count]) => [what, Number(count)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** Says what of the transcript cannot be read: it may stand anywhere. */
function unreadNote(sessionId: string, unread: Unread): SessionUpdate {
  return {
    sessionUpdate: "agent_message_chunk",
    messageId: `${sessionId}#unread`,
    content: { type: "text", text: `*Not shown: ${unreadWords(unread).join(", ")}.*\n\n` },
    _meta: { [META]: { unread: countsOf(unread) } },
  };
}

/** How many prompts and answers stand before row `from`. Notes do not count, as they do not for a limit. */
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

/** Says what was said before a replay that the server has bounded: a client that cannot ask does not know. */
function earlierNote(sessionId: string, earlier: number, replayLast: number): SessionUpdate {
  const are = earlier === 1 ? "1 earlier message is" : `${earlier.toLocaleString("en")} earlier messages are`;
  const text =
    `${are} not shown: this server replays the last ${replayLast} only (--replay-last).` +
    ` All of them: \`claude-transcripts show ${sessionId}\` in a terminal, or a server without that option.`;
  return {
    sessionUpdate: "agent_message_chunk",
    messageId: `${sessionId}#earlier`,
    // A client may join it to what follows.
    content: { type: "text", text: `${text}\n\n` },
    _meta: { [META]: { earlier } },
  };
}

/**
 * Brings the plan to where it stood before row `to`. Only rows that speak of the tools of plans are read, and the results
 * behind them: a plan is a few rows of thousands.
 */
function recollect(conversation: OpenConversation, to: number, plan: Plan): void {
  const translator = new Translator({ plan });
  let results = 0;
  for (let at = 0; at < to; at++) {
    const { kind } = conversation.facts(at);
    if (kind === "system") continue;
    const row = conversation.bytes(at);
    const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
    if (bytes.includes('"Task') || bytes.includes('"TodoWrite"')) results = RESULTS_WITHIN;
    else if (results === 0) continue;
    results--;
    translator.translate(conversation.entry(at));
  }
}

/** A result stands right behind its call, with those of the calls beside it, and with what was said meanwhile. */
const RESULTS_WITHIN = 64;
