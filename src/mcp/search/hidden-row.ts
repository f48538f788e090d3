import type { Context } from "../core/context.ts";
import { callText, nameText, quoted } from "../core/quote.ts";
import { findSession } from "../sessions/find-session.ts";
import { escaped, noted } from "../../view/sanitise.ts";
import { costOf, UNITS_PER_TOKEN } from "../reading/format.ts";
import { wholeAt } from "../reading/long-text.ts";

interface HiddenRowInput {
  readonly session: string;
  readonly agentId: string | undefined;
  /** Uuid of the row. */
  readonly around: string;
  readonly find: string | undefined;
  readonly maxTokens: number;
  readonly format?: "text" | "json" | null | undefined;
}

/** UTF-16 units shown before the text that is looked for. */
const LEAD_UNITS = 500;
const MAX_TOKENS = 20_000;
/** Tokens for all but the text. */
const FRAME_TOKENS = 300;

/**
 * Shows a row that a search found, and the conversation does not have: a note to the model only, or the row of a subagent
 * that has no transcript of its own. Undefined if there is none.
 */
export async function readHiddenRow(
  { session, agentId, around, find = "", maxTokens, format }: HiddenRowInput,
  context: Context,
): Promise<{ readonly text: string } | undefined> {
  const { store, signal } = context;
  const uuid = around.trim();
  if (!UUID.test(uuid)) return undefined;
  const { copy, shortId, title } = await findSession(session, context);
  const own = agentId === undefined ? undefined : await store.subagentFile(copy.sessionId, agentId);
  const inOwn = own === undefined ? undefined : await store.row(own, uuid, signal);
  const row = inOwn ?? (await store.row(copy.path, uuid, signal));
  if (row === undefined) return undefined;
  const text = noted(row.texts.map((one) => one.text).join("\n\n"));
  const at = text.toLowerCase().indexOf(find.toLowerCase());
  const from = wholeAt(text, Math.max(0, at - LEAD_UNITS), -1);
  const to = endOf(text, from, Math.max(FRAME_TOKENS, Math.min(maxTokens, MAX_TOKENS) - FRAME_TOKENS));
  const [near] = row.near;
  const call = near === undefined ? undefined : { session: shortId, around: near };
  const what = row.agentId === undefined ? "a note to the model" : `subagent ${nameText(row.agentId, 40)}`;
  if (format === "json") {
    const facts = { session: copy.sessionId, id: uuid, agentId: row.agentId, time: row.timestamp, hidden: true };
    const data = { ...facts, from, to, length: text.length, near: call, text: text.slice(from, to) };
    return { text: escaped(JSON.stringify(data)) };
  }
  return {
    text: [
      `Session ${shortId} ${JSON.stringify(title)} · row ${uuid}, which the conversation does not show (${what}) · characters ${from}-${to} of ${text.length}`,
      quoted(text.slice(from, to)),
      ...(call === undefined ? [] : [`The messages around it: read_session ${callText(call)}`]),
    ].join("\n"),
  };
}

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

function endOf(text: string, from: number, tokens: number): number {
  let length = Math.min(text.length - from, Math.floor(tokens * UNITS_PER_TOKEN));
  for (let cost = costOf(text.slice(from, from + length)); cost > tokens;) {
    length = Math.floor((length * tokens * 0.97) / cost);
    cost = costOf(text.slice(from, from + length));
  }
  return wholeAt(text, from + length, -1);
}
