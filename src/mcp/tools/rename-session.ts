import * as z from "zod";
import { GIVEN_TITLE_UNITS } from "../../transcript/rows/limits.ts";
import { CHANGES, SESSION_INPUT, withTitles } from "./write-tools.ts";
import { findSession } from "../sessions/find-session.ts";
import { printable, notedLine } from "../../view/sanitise.ts";
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
    const title = printable(given);
    if (title === "") throw new ToolFailure("title has no visible characters. Give a title.");
    if (title.length > GIVEN_TITLE_UNITS) {
      throw new ToolFailure(`title must have at most ${GIVEN_TITLE_UNITS} characters, got ${title.length}.`);
    }
    const found = await findSession(session, { store });
    const warning = await store.rename(found.copy.sessionId, title);
    const structured = { id: found.shortId, title, before: found.title || undefined, warning };
    const done = `Renamed ${found.shortId} to ${JSON.stringify(notedLine(title))}.${warning === undefined ? "" : ` ${warning}`}`;
    return { text: withTitles(found.title === "" ? done : `${done} Its previous title:`, found), structured };
  },
});
