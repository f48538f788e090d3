import { isAbsolute } from "node:path";
import * as z from "zod";
import { unreadWords } from "../../view/unread-words.ts";
import { CHANGES, givenTitle, SESSION_INPUT, withTitles } from "../sessions/write-tools.ts";
import type { Context } from "../core/context.ts";
import { type Found, findSession } from "../sessions/find-session.ts";
import { text } from "../core/input.ts";
import { echoed, nameText } from "../core/quote.ts";
import { withConversation } from "../reading/conversation-cache.ts";
import { findTarget } from "../reading/target.ts";
import { defineTool, ToolFailure } from "../core/tool.ts";

export const forkSession = defineTool({
  name: "fork_session",
  title: "Fork a session",
  description:
    "Copies a session under a new id, whole or up to a message, for the user to continue (claude --resume). Only when the user wants it.",
  annotations: { ...CHANGES, idempotentHint: false },
  input: z.strictObject({
    session: SESSION_INPUT,
    upToMessageId: text("Id of the last message to copy."),
    cwd: text("An absolute directory. Default: the session's."),
    title: text("Default: the session's, followed by (fork)."),
  }),
  output: z.object({
    id: z.string(),
    sessionId: z.string(),
    title: z.string(),
    source: z.string(),
    resume: z.string(),
  }),
  async run({ session, upToMessageId, cwd, title }, context) {
    const { store, signal } = context;
    if (cwd !== undefined && !isAbsolute(cwd)) {
      throw new ToolFailure(`cwd must be an absolute path, got ${echoed(cwd)}`);
    }
    if (cwd !== undefined && !(await store.isDirectory(cwd))) {
      throw new ToolFailure(
        `cwd must be an existing directory, got ${echoed(cwd)}. Leave cwd out to use the session's directory.`,
      );
    }
    const given = title === undefined ? undefined : givenTitle(title) || undefined;
    const found = await findSession(session, context);
    const end = upToMessageId === undefined ? undefined : await endOf(upToMessageId.trim(), found, context);
    let lost = "";
    const { sessionId } = await store.fork(found.copy.sessionId, {
      upToMessageId: end,
      cwd,
      title: given,
      signal,
      progress: (done, total) => context.progress(done, total, "copying the transcript"),
      onUnread: (unread) => void (lost = `\nNot in it: ${unreadWords(unread).join(", ")}.`),
    });
    const fork = await findSession(sessionId, context);
    const resume = `claude --resume ${sessionId}`;
    const structured = { id: fork.shortId, sessionId, title: fork.title, source: found.shortId, resume };
    const where = cwd === undefined ? "" : ` in ${nameText(cwd)}`;
    const text = `Forked ${found.shortId} as ${fork.shortId}. To continue${where}: ${resume}`;
    return { text: withTitles(text, found, fork) + lost, structured };
  },
});

/** Translates a message id of the reading tools for the store: an answer of the model includes its tool results. */
async function endOf(given: string, { copy }: Found, { store, signal, progress }: Context): Promise<string> {
  try {
    return await withConversation(store, copy, { agentId: undefined, signal, progress }, async (conversation) => {
      const { kind, row } = await findTarget(conversation, given, signal);
      const answer = kind === "row" ? undefined : conversation.open.messageId(row);
      return answer ?? conversation.open.uuid(row);
    });
  } catch (error) {
    // A fork may also end at a row that is not shown, if its full id is given.
    if (error instanceof ToolFailure && FULL_ID.test(given)) return given;
    throw error;
  }
}

const FULL_ID = /^(?:msg_.+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
