import * as z from "zod";
import { text } from "../core/input.ts";
import { answerFrom, tokenLimit } from "../reading/call.ts";
import { readText } from "../reading/read-text.ts";
import { findTarget, textOf } from "../reading/target.ts";
import { defineTool, READS } from "../core/tool.ts";
import { SESSION_INPUT } from "../sessions/write-tools.ts";

export const getMessage = defineTool({
  name: "get_message",
  title: "Get a message",
  description: "Gets one message or tool result of a session in full, in slices. Use it for what read_session cut.",
  annotations: READS,
  meta: { "anthropic/maxResultSizeChars": 120_000 },
  input: z.strictObject({
    session: SESSION_INPUT,
    id: z.string().describe("Id of a message or tool call, or a message's number."),
    agentId: text("Subagent id, if in a subagent's conversation."),
    offset: z.coerce.number().nullish().describe("Offset to begin at; footers give the next."),
    maxTokens: tokenLimit,
    format: z.enum(["text", "json"]).nullish(),
  }),
  run({ id, offset, ...input }, context) {
    const { signal } = context;
    return answerFrom(input, context, async (conversation, source, form) => {
      const whole = await conversation.whole(id, async () => {
        const target = await findTarget(conversation, id, signal);
        return { target, ...(await textOf(conversation, target, signal)) };
      });
      return readText(conversation, source, whole, { ...form, offset: Math.max(0, Math.trunc(offset ?? 0)) });
    });
  },
});
