import { idsFrom, projectPathsFrom, tagsFrom, beginning } from "./completions.ts";
import type { Context } from "../core/context.ts";
import { echoed } from "../core/quote.ts";
import type { Service } from "../core/service.ts";
import type { Content } from "../core/answer-content.ts";
import type { Tables } from "../core/server-definition.ts";
import { ToolFailure } from "../core/tool.ts";

type Prompt = Tables["prompts"][number];
type Messages = Awaited<ReturnType<Prompt["get"]>>;

/** Tokens of a conversation that a prompt brings along; the model reads on where it wants more. */
const WHOLE = 8000;
const BEGINNING = 3000;
/** Sessions of a period. */
const SESSIONS = 100;

const session = {
  name: "session",
  description: "Id of the session, or its first characters",
  required: true,
  complete: idsFrom,
};

/** Requests that a person makes of a model, with what it needs to begin. */
export const prompts: readonly Prompt[] = [
  {
    name: "continue-from",
    title: "Continue an earlier session",
    description: "A brief of an earlier session, to take up its work here",
    arguments: [session],
    async get({ session = "" }, context, service) {
      return said(
        `Take up the work of the earlier session ${echoed(session)} here. What follows is how it ended, quoted from its transcript.

First give me a brief: what was asked for, what is done, what was decided and why, which files it was about, and what is open. Where the pages here do not say, read on with read_session (cursor, or from "start"). Files may have changed since: look at them before you rely on what the transcript says of them. Then name the next step, and wait for me.`,
        await page({ session, from: "end", maxTokens: WHOLE }, context, service),
      );
    },
  },
  {
    name: "recap",
    title: "Recap a session",
    description: "What was done in a session, what was decided, and what is open",
    arguments: [session],
    async get({ session = "" }, context, service) {
      const begin = await page({ session, from: "start", maxTokens: BEGINNING }, context, service);
      const parts = hasMore(begin)
        ? [begin, await page({ session, from: "end", maxTokens: WHOLE }, context, service)]
        : [begin];
      return said(
        `Recap the session ${echoed(session)}: what was asked for, what was done, the decisions with their reasons, and the open ends. Cite messages by their ids. What follows is ${parts.length > 1 ? "its beginning and its end" : "the whole of it"}, quoted from its transcript.${parts.length > 1 ? " Read what stands between with read_session before you say what was done there." : ""}`,
        ...parts,
      );
    },
  },
  {
    name: "what-did-i-do",
    title: "What did I do?",
    description: "The work of a period, by project: sessions with what came of them",
    arguments: [
      {
        name: "period",
        description:
          "today, yesterday, last week, a span until now (12h, 7d, 2w), or a date to begin with (2026-08-21)",
        required: true,
        complete: (value) =>
          Promise.resolve(beginning(["today", "yesterday", "last week", "3d", "7d", "2w", "30d"], value)),
      },
      { name: "project", description: "Path of a project; all otherwise", required: false, complete: projectPathsFrom },
      { name: "tag", description: "Only sessions with this tag", required: false, complete: tagsFrom },
    ],
    async get({ period = "", project, tag }, context, service) {
      const given = {
        ...periodOf(period),
        ...(project ? { project } : { scope: "all" }),
        ...(tag && { tag }),
        limit: SESSIONS,
      };
      const { listSessions } = await import("../tools/list-sessions.ts");
      const { text } = await listSessions.call(given, context, service);
      return said(
        `Tell me what I did ${echoed(period)}: by project, a line or two for each piece of work, with what came of it and what is open. The sessions of that time follow, quoted from the transcripts; titles may say little, so read the ends of those that do not (read_session with from "end" and maxTokens 1500). Name sessions by their short ids.`,
        text,
      );
    },
  },
];

async function page(
  args: { readonly session: string; readonly from: "start" | "end"; readonly maxTokens: number },
  context: Context,
  service: Service,
): Promise<string> {
  const { readSession } = await import("../tools/read-session.ts");
  return (await readSession.call(args, context, service)).text;
}

/** Whether a page is followed by another: its last lines, which no transcript can reach, say so. */
const hasMore = (page: string): boolean => page.slice(page.lastIndexOf("\n--- end of ")).includes("\nNext page: ");

function said(...texts: readonly string[]): Messages {
  return texts.map((text): { role: "user"; content: Content } => ({ role: "user", content: { type: "text", text } }));
}

/** What has an end of its own ends there; anything else goes on until now. The list reads the words. */
function periodOf(period: string): { readonly since: string; readonly until?: string } {
  const words = period.trim();
  if (words === "") throw new ToolFailure("period is missing: today, yesterday, 7d, or a date.");
  return /^(?:yesterday|last [a-z]+)$/i.test(words) ? { since: words, until: words } : { since: words };
}
