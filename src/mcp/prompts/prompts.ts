import { sessionIdsFrom, projectPathsFrom, tagsFrom, startingWith } from "./completions.ts";
import type { Context } from "../core/context.ts";
import { echoed } from "../core/quote.ts";
import type { Content } from "../core/answer-content.ts";
import type { Prompt } from "../core/server-definition.ts";
import { ToolFailure } from "../core/tool.ts";

type Messages = Awaited<ReturnType<Prompt["get"]>>;

/** Maximum number of tokens of a conversation in a prompt; the model can read on. */
const PAGE_TOKENS = 8000;
const START_TOKENS = 3000;
/** Maximum number of sessions of a period. */
const MAX_SESSIONS = 100;

const session = {
  name: "session",
  description: "Id of the session, or its first characters",
  required: true,
  complete: sessionIdsFrom,
};

/** Prompts: a request to the model, with the transcript pages or the list that it needs first. */
export const prompts: readonly Prompt[] = [
  {
    name: "continue-from",
    title: "Continue an earlier session",
    description: "A briefing on an earlier session, to take up its work here",
    arguments: [session],
    async get({ session = "" }, context) {
      return userMessages(
        `Continue the work of the earlier session ${echoed(session)} here. Its end follows, quoted from its transcript.

First brief me: what was asked for, what is done, what was decided and why, which files it was about, and what is open. If the pages here do not say, read on with read_session (cursor, or from "start"). Files may have changed since: look at them before you rely on what the transcript says about them. Then name the next step, and wait for me.`,
        await page({ session, from: "end", maxTokens: PAGE_TOKENS }, context),
      );
    },
  },
  {
    name: "recap",
    title: "Recap a session",
    description: "What was done in a session, what was decided, and what is open",
    arguments: [session],
    async get({ session = "" }, context) {
      const start = await page({ session, from: "start", maxTokens: START_TOKENS }, context);
      const cut = hasMore(start);
      return userMessages(
        `Recap the session ${echoed(session)}: what was asked for, what was done, the decisions and the reasons for them, and the loose ends. Cite messages by their ids. ${cut ? "Its beginning and its end follow" : "All of it follows"}, quoted from its transcript.${cut ? " Read the part between them with read_session before you say what was done there." : ""}`,
        start,
        ...(cut ? [await page({ session, from: "end", maxTokens: PAGE_TOKENS }, context)] : []),
      );
    },
  },
  {
    name: "what-did-i-do",
    title: "What did I do?",
    description: "The work done in a period, by project: the sessions and what came of them",
    arguments: [
      {
        name: "period",
        description: "today, yesterday, last week, a duration before now (12h, 7d, 2w), or a start date (2026-08-21)",
        required: true,
        complete: (value) =>
          Promise.resolve(startingWith(["today", "yesterday", "last week", "3d", "7d", "2w", "30d"], value)),
      },
      { name: "project", description: "Path of a project; default: all", required: false, complete: projectPathsFrom },
      { name: "tag", description: "Only sessions with this tag", required: false, complete: tagsFrom },
    ],
    async get({ period = "", project, tag }, context) {
      const given = {
        ...periodOf(period),
        ...(project ? { project } : { scope: "all" }),
        ...(tag && { tag }),
        limit: MAX_SESSIONS,
      };
      const { listSessions } = await import("../tools/list-sessions.ts");
      const { text } = await listSessions.call(given, context);
      return userMessages(
        `Tell me what I did ${echoed(period)}: by project, a line or two for each piece of work, with its outcome and what is open. The sessions of that time follow, quoted from the transcripts. If a title says too little, read the end of its session (read_session with from "end" and maxTokens 1500). Name sessions by their short ids.`,
        text,
      );
    },
  },
];

async function page(
  args: { readonly session: string; readonly from: "start" | "end"; readonly maxTokens: number },
  context: Context,
): Promise<string> {
  const { readSession } = await import("../tools/read-session.ts");
  return (await readSession.call(args, context)).text;
}

/** Whether another page follows, by the lines after the quotation, which no transcript can imitate. */
const hasMore = (page: string): boolean => page.slice(page.lastIndexOf("\n--- end of ")).includes("\nNext page: ");

function userMessages(...texts: readonly string[]): Messages {
  return texts.map((text): { role: "user"; content: Content } => ({ role: "user", content: { type: "text", text } }));
}

/** Makes `since` and `until` of list_sessions. Only periods with an end of their own have `until`. */
function periodOf(period: string): { readonly since: string; readonly until?: string } {
  const words = period.trim();
  if (words === "") throw new ToolFailure("period is missing. Give today, yesterday, 7d, or a date.");
  return /^(?:yesterday|last [a-z]+)$/i.test(words) ? { since: words, until: words } : { since: words };
}
