import * as z from "zod";
import { askingSession } from "../core/context.ts";
import { text } from "../core/input.ts";
import { select, INCLUDES, ROLES } from "../reading/include.ts";
import { answerFrom, tokenLimit } from "../reading/call.ts";
import { readPage } from "../reading/read-page.ts";
import { NotInConversation } from "../reading/target.ts";
import { readHiddenRow } from "../search/hidden-row.ts";
import { NoSuchSubagent } from "../sessions/find-subagent.ts";
import { defineTool, READS } from "../core/tool.ts";

/** Maximum age of the asking session's transcript. */
const FRESH_MS = 10 * 60_000;

export const readSession = defineTool({
  name: "read_session",
  title: "Read a session",
  description:
    "Reads a Claude Code session's conversation in pages bounded by tokens: messages, tool calls with their results, long outputs cut. Start at a hit (around), the start or the end, then follow the cursor either way. get_message gives one message or result in full.",
  annotations: READS,
  meta: { "anthropic/maxResultSizeChars": 120_000 },
  input: z.strictObject({
    session: z.string().describe("Id, or its beginning."),
    agentId: text("Read this subagent's conversation instead."),
    cursor: text("A footer's cursor, to read on."),
    around: text("Show this message: id, number, msg_… or toolu_…"),
    find: text("With around: text to show of a long message."),
    from: z.enum(["start", "end"]).nullish().describe("start (default) or end."),
    roles: z.array(z.enum(ROLES)).nullish(),
    include: z
      .array(z.enum(INCLUDES))
      .nullish()
      .describe("Also thinking, whole tool_input and tool_output, system notes, branches left by rewinds."),
    maxTokens: tokenLimit,
    format: z.enum(["text", "json"]).nullish().describe("json: for programs."),
  }),
  async run({ cursor, around, find, from, roles, include, ...input }, context) {
    const answer = answerFrom(input, context, async (conversation, source, form) => {
      const { sessionId, mtimeMs } = source.copy;
      // Claude Code is writing to the asking session, so an old file cannot be it.
      const isFresh = Date.now() - mtimeMs < FRESH_MS;
      const asks = isFresh && (await askingSession(context)) === sessionId;
      const given = roles != null || include != null;
      const selection = given ? select(roles ?? undefined, include ?? undefined) : undefined;
      return readPage(conversation, source, { ...form, asks, cursor, around, find, from, selection }, context);
    });
    if (around === undefined) return answer;
    try {
      return await answer;
    } catch (error) {
      const isUnknown = error instanceof NotInConversation || error instanceof NoSuchSubagent;
      const hidden = isUnknown ? await readHiddenRow({ ...input, around, find }, context) : undefined;
      if (hidden === undefined) throw error;
      return hidden;
    }
  },
});
