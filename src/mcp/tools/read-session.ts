import * as z from "zod";
import { askingSession } from "../core/context.ts";
import { findSession } from "../sessions/find-session.ts";
import { findSubagent } from "../sessions/find-subagent.ts";
import { text } from "../core/input.ts";
import { select, INCLUDES, ROLES } from "../reading/include.ts";
import { readingCall, tokenLimit } from "../reading/call.ts";
import { withConversation } from "../reading/conversation-cache.ts";
import { readPage } from "../reading/read-page.ts";
import { defineTool, READS } from "../core/tool.ts";

/** Maximum age of the asking session's transcript. */
const FRESH_MS = 10 * 60_000;

export const readSession = defineTool({
  name: "read_session",
  title: "Read a session",
  description:
    "Reads a Claude Code session's conversation in pages bounded by tokens: user and assistant messages, tool calls kept with their results, long outputs cut. Start at a hit (around), the start or the end, then follow the cursor either way. get_message gives one message or result in full.",
  annotations: READS,
  meta: { "anthropic/maxResultSizeChars": 120_000 },
  input: z.strictObject({
    session: z.string().describe("Id, or its first characters."),
    agentId: text("Read this subagent's conversation instead."),
    cursor: text("A footer's cursor, to read on."),
    around: text("Show this message: id, number, msg_… or toolu_…"),
    from: z.enum(["start", "end"]).nullish().describe("start (default) or end."),
    roles: z.array(z.enum(ROLES)).nullish(),
    include: z
      .array(z.enum(INCLUDES))
      .nullish()
      .describe("Also thinking, whole tool_input and tool_output, system notes, branches left by rewinds."),
    maxTokens: tokenLimit,
    format: z.enum(["text", "json"]).nullish().describe("json: for programs."),
  }),
  async run({ session, agentId, cursor, around, from, roles, include, maxTokens, format }, context) {
    const found = await findSession(session, context);
    const agent = await findSubagent(agentId, found, context);
    // Claude Code is writing to the asking session, so an old file cannot be it.
    const isFresh = Date.now() - found.copy.mtimeMs < FRESH_MS;
    const asks = isFresh && (await askingSession(context)) === found.copy.sessionId;
    const { budget, notes, again } = readingCall(maxTokens, format);
    const given = roles != null || include != null;
    const page = await withConversation(
      context.store,
      found.copy,
      { agentId: agent, signal: context.signal, progress: context.progress },
      (conversation) =>
        readPage(
          conversation,
          { ...found, agentId: agent, asks },
          {
            budget,
            cursor,
            around,
            from: from ?? undefined,
            selection: given ? select(roles ?? undefined, include ?? undefined) : undefined,
            json: format === "json",
            notes,
            again,
          },
          context,
        ),
    );
    return { text: page };
  },
});
