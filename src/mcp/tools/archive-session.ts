import * as z from "zod";
import { CHANGES, SESSION_INPUT, withTitles } from "../sessions/write-tools.ts";
import { findSession } from "../sessions/find-session.ts";
import { flag } from "../core/input.ts";
import { defineTool } from "../core/tool.ts";

export const archiveSession = defineTool({
  name: "archive_session",
  title: "Archive a session",
  description:
    "Archives a session, so that lists leave it out, or unarchives it (archived: false). Nothing is deleted. Only when the user wants it.",
  annotations: CHANGES,
  input: z.strictObject({ session: SESSION_INPUT, archived: flag() }),
  output: z.object({ id: z.string(), title: z.string(), archived: z.boolean() }),
  async run({ session, archived = true }, { store }) {
    const found = await findSession(session, { store });
    await store.archive(found.copy.sessionId, archived);
    const text = archived
      ? `Archived ${found.shortId}. list_sessions shows it only with archived: true.`
      : `Unarchived ${found.shortId}.`;
    return { text: withTitles(text, found), structured: { id: found.shortId, title: found.title, archived } };
  },
});
