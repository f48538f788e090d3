import * as z from "zod";
import { amount } from "../../view/size.ts";
import { CHANGES, SESSION_INPUT, withTitles } from "../sessions/write-tools.ts";
import { askingSession, type Context } from "../core/context.ts";
import { findSession } from "../sessions/find-session.ts";
import { notedLine } from "../../view/sanitise.ts";
import { flag } from "../core/input.ts";
import { nameText, quotedLines } from "../core/quote.ts";
import { defineTool, ToolFailure } from "../core/tool.ts";

export const deleteSession = defineTool({
  name: "delete_session",
  title: "Delete a session",
  description:
    "Moves one session to the trash; asks the user first if the client supports it. restore_session brings it back. Only when the user wants this session deleted.",
  annotations: { ...CHANGES, destructiveHint: true },
  input: z.strictObject({
    session: SESSION_INPUT,
    confirm: flag("true: the user has agreed. Takes effect only if the client cannot ask."),
  }),
  output: z.object({
    id: z.string(),
    title: z.string(),
    deleted: z.boolean(),
    reason: z.string().optional(),
    items: z.number(),
    bytes: z.number(),
    restore: z.string().optional(),
    skipped: z.array(z.string()).optional(),
  }),
  async run({ session, confirm }, context) {
    const { store } = context;
    const found = await findSession(session, context);
    const { sessionId } = found.copy;
    const { shortId, title } = found;
    if (sessionId === (await askingSession(context))) {
      throw new ToolFailure(`${shortId} is this conversation's own session, which cannot be deleted while it runs.`);
    }
    // Throws if the session is in use, before the user is asked.
    const plan = await store.planDeletion(sessionId);
    const size = amount(plan.items.length, plan.bytes);
    const facts = { id: shortId, title, items: plan.items.length, bytes: plan.bytes };
    const command = `claude-transcripts delete ${shortId}`;
    // A quotation mark within the title could make the rest of it look like part of the question.
    const named = title === "" ? "" : ` “${title.replaceAll(/[“”]/g, "'")}”`;
    const question = `Delete the Claude Code session ${shortId}${named} (${size})? It goes into the trash.`;
    const answer = await consent(question, confirm === true, context);
    if (answer === "unasked") {
      throw new ToolFailure(
        `Not deleted: ${shortId}. This client cannot ask the user. Ask whether to delete it; if the user agrees, call again with confirm: true. Or the user can run: ${command}`,
      );
    }
    if (answer !== "accept") {
      const reason = answer === "decline" ? "the user declined" : "the user was asked, and cancelled or did not answer";
      const text = `Not deleted: ${shortId}: ${reason}. Don't ask again; a user who wants it after all runs: ${command}`;
      const structured = { ...facts, deleted: false, reason: `${reason}; by hand: ${command}` };
      return { text: withTitles(text, found), structured };
    }
    const { items, bytes, skipped } = await store.remove(sessionId);
    const left = skipped.map(({ path, reason }) => `${nameText(path)}: ${notedLine(reason)}`);
    const restore = `restore_session with id ${shortId}`;
    const text = `Deleted ${shortId}: ${amount(items.length, bytes)}, moved to the trash. To bring it back: ${restore}`;
    const done = { ...facts, deleted: true, items: items.length, bytes, restore };
    return {
      text: [withTitles(text, found), ...quotedLines("Left in place:", left)].join("\n"),
      structured: { ...done, ...(left.length > 0 && { skipped: left }) },
    };
  },
});

async function consent(
  question: string,
  confirmed: boolean,
  { ask, signal }: Context,
): Promise<"accept" | "decline" | "cancel" | "unasked"> {
  if (ask === undefined) return confirmed ? "accept" : "unasked";
  try {
    return await ask(question, signal);
  } catch (error) {
    // If asking failed, the user has not agreed.
    signal.throwIfAborted();
    console.error(error);
    return "cancel";
  }
}
