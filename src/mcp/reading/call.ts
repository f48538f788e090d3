import type { Context } from "../core/context.ts";
import { clamped, limit } from "../core/input.ts";
import { type Found, findSession } from "../sessions/find-session.ts";
import { findSubagent } from "../sessions/find-subagent.ts";
import { withConversation } from "./conversation-cache.ts";
import type { Conversation } from "./row-names.ts";

const DEFAULT_TOKENS = 8000;
const MAX_TOKENS = 20_000;
/** Header and footer take up to half of it. */
const MIN_TOKENS = 400;

export const tokenLimit = limit(MAX_TOKENS, DEFAULT_TOKENS, MIN_TOKENS).describe("Token budget of the answer.");

/** Arguments of both reading tools. */
interface ReadingInput {
  readonly session: string;
  readonly agentId: string | undefined;
  readonly maxTokens: number;
  readonly format?: "text" | "json" | null | undefined;
}

/** Session or subagent whose conversation is read. */
export interface Source extends Found {
  readonly agentId: string | undefined;
}

/** Form of the answer. */
export interface AnswerForm {
  readonly budget: number;
  readonly json: boolean;
  /** Notes to add to the answer. */
  readonly notes: readonly string[];
  /** Arguments that the next call must repeat: not in the cursor, and not the default. */
  readonly again: Readonly<Record<string, unknown>>;
}

/** Calls `write` with the conversation that a call names. Throws `ToolFailure`, and errors of `withConversation`. */
export async function answerFrom(
  { session, agentId: given, maxTokens, format }: ReadingInput,
  context: Context,
  write: (conversation: Conversation, source: Source, form: AnswerForm) => Promise<string>,
): Promise<{ readonly text: string }> {
  const found = await findSession(session, context);
  const agentId = await findSubagent(given, found, context);
  const { value, notes } = clamped(maxTokens, "maxTokens", { min: MIN_TOKENS, max: MAX_TOKENS });
  const json = format === "json";
  const again = { ...(value !== DEFAULT_TOKENS && { maxTokens: value }), ...(json && { format }) };
  const { store, signal, progress } = context;
  const text = await withConversation(store, found.copy, { agentId, signal, progress }, (conversation) =>
    write(conversation, { ...found, agentId }, { budget: value, json, notes, again }),
  );
  return { text };
}
