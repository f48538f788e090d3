import { z } from "zod";
import { clamped, flag, limit, text } from "../input.ts";
import { plainLine, quoted } from "../quote.ts";
import { defineTool, READS } from "../tool.ts";

const DEFAULT = 20;
const MOST = 200;

/** The sessions of a directory or of all, by pages. */
export const listSessions = defineTool({
  name: "list_sessions",
  title: "List sessions",
  description:
    "Lists Claude Code sessions, the last active first, with id, title, directory, branch and tag. For finding a session by time, place, tag or branch; for words use search_sessions. Then read_session.",
  annotations: READS,
  input: z.strictObject({
    scope: z
      .enum(["here", "all"])
      .nullish()
      .describe("here: the current project and its git worktrees (default); all: every project."),
    branch: text("Only sessions last on this git branch."),
    archived: flag("true: only archived sessions; false (default): none of them."),
    limit: limit(MOST, DEFAULT),
    cursor: text("nextCursor of the page before."),
  }),
  output: z.object({
    scope: z.string(),
    sessions: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        activity: z.string(),
        cwd: z.string().optional(),
        branch: z.string().optional(),
        tag: z.string().optional(),
      }),
    ),
    total: z.number(),
    nextCursor: z.string().optional(),
    note: z.string().optional(),
  }),
  async run({ scope, branch, archived, limit: asked, cursor }, { signal }, { store, options }) {
    const { value, note } = clamped(asked, MOST, "limit");
    const dir = scope === "all" ? undefined : (options.projectDir ?? options.cwd);
    const page = await store.page({
      dir,
      branch,
      archived: archived === true ? "only" : "exclude",
      limit: value,
      cursor,
      signal,
    });
    const sessions = page.sessions.map((one) => ({
      id: one.sessionId,
      title: plainLine(one.summary),
      activity: new Date(one.activity).toISOString(),
      ...(one.cwd !== undefined && { cwd: one.cwd }),
      ...(one.gitBranch !== undefined && { branch: one.gitBranch }),
      ...(one.tag !== undefined && { tag: one.tag }),
    }));
    const lines = sessions.map(({ id, title, activity }) => `${id.slice(0, 8)}  ${activity.slice(0, 16)}  ${title}`);
    const structured = {
      scope: dir ?? "all",
      sessions,
      total: page.total,
      ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
      ...(note !== undefined && { note }),
    };
    return { text: `${page.total} sessions\n${quoted(lines.join("\n"))}`, structured };
  },
});
