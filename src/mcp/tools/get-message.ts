import * as z from "zod";
import { findSession } from "../sessions/find-session.ts";
import { findSubagent } from "../sessions/find-subagent.ts";
import { text } from "../core/input.ts";
import { readingCall, tokenLimit } from "../reading/call.ts";
import { withConversation } from "../reading/conversation-cache.ts";
import { readText } from "../reading/read-text.ts";
import { findTarget } from "../reading/target.ts";
import { defineTool, READS } from "../core/tool.ts";

export const getMessage = defineTool({
  name: "get_message",
  title: "Get a message",
  description:
    "Gets one message or tool result of a session in full, in slices. Use it for what read_session cut; for conversations use read_session.",
  annotations: READS,
  meta: { "anthropic/maxResultSizeChars": 120_000 },
  input: z.strictObject({
    session: z.string().describe("Id, or its first characters."),
    id: z.string().describe("Id of a message or tool call, or a message's number."),
    agentId: text("Subagent id, if in a subagent's conversation."),
    offset: z.coerce.number().nullish().describe("Offset to begin at; footers give the next."),
    maxTokens: tokenLimit,
    format: z.enum(["text", "json"]).nullish(),
  }),
  async run({ session, id, agentId, offset, maxTokens, format }, context) {
    const { store, signal, progress } = context;
    const found = await findSession(session, context);
    const agent = await findSubagent(agentId, found, context);
    const { budget, notes, again } = readingCall(maxTokens, format);
    const slice = await withConversation(
      store,
      found.copy,
      { agentId: agent, signal, progress },
      async (conversation) => {
        const target = await conversation.target(id, () => findTarget(conversation, id, signal));
        const from = Math.max(0, Math.trunc(offset ?? 0));
        return readText(conversation, { ...found, agentId: agent, asks: false }, target, {
          budget,
          offset: from,
          json: format === "json",
          signal,
          notes,
          again,
        });
      },
    );
    return { text: slice };
  },
});
