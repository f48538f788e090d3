import * as z from "zod";
import { CHANGES, givenTitle, SESSION_INPUT, withTitles } from "../sessions/write-tools.ts";
import { findSession } from "../sessions/find-session.ts";
import { notedLine } from "../../view/sanitise.ts";
import { defineTool, ToolFailure } from "../core/tool.ts";

export const renameSession = defineTool({
  name: "rename_session",
  title: "Rename a session",
  description: "Gives a session a title, as /rename does. Only when the user wants it.",
  annotations: CHANGES,
  input: z.strictObject({ session: SESSION_INPUT, title: z.string().describe("One line.") }),
  output: z.object({
    id: z.string(),
    title: z.string(),
    before: z.string().optional(),
    warning: z.string().optional(),
  }),
  async run({ session, title: given }, { store }) {
    const title = givenTitle(given);
    if (title === "") throw new ToolFailure("title has no visible characters. Give a title.");
    const found = await findSession(session, { store });
    const warning = await store.rename(found.copy.sessionId, title);
    const structured = { id: found.shortId, title, before: found.title || undefined, warning };
    const done = `Renamed ${found.shortId} to ${JSON.stringify(notedLine(title))}.${warning === undefined ? "" : ` ${warning}`}`;
    return { text: withTitles(found.title === "" ? done : `${done} Its previous title:`, found), structured };
  },
});
