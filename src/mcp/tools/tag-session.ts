import * as z from "zod";
import { CHANGES, SESSION_INPUT, withTitles } from "./write-tools.ts";
import { findSession } from "../sessions/find-session.ts";
import { printable } from "../../view/sanitise.ts";
import { nameText } from "../core/quote.ts";
import { defineTool, ToolFailure } from "../core/tool.ts";

/** Maximum UTF-16 units of a tag that a model may give. */
const TAG_UNITS = 100;

export const tagSession = defineTool({
  name: "tag_session",
  title: "Tag a session",
  description: "Sets a session's one tag, or removes it (tag: null). Only when the user wants it.",
  annotations: CHANGES,
  input: z.strictObject({ session: SESSION_INPUT, tag: z.string().nullable().describe("null removes the tag.") }),
  output: z.object({
    id: z.string(),
    title: z.string(),
    tag: z.string().optional(),
    warning: z.string().optional(),
  }),
  async run({ session, tag: given }, { store }) {
    const wanted = given === null ? null : printable(given);
    if (wanted === "") throw new ToolFailure("tag is empty. Give null to remove the session's tag.");
    if (wanted !== null && wanted.length > TAG_UNITS) {
      throw new ToolFailure(`tag must have at most ${TAG_UNITS} characters, got ${wanted.length}.`);
    }
    const found = await findSession(session, { store });
    const { tag, warning } = await store.tag(found.copy.sessionId, wanted);
    const structured = { id: found.shortId, title: found.title, tag: tag ?? undefined, warning };
    const done = tag === null ? `Removed the tag from ${found.shortId}.` : `Tagged ${found.shortId} #${nameText(tag)}.`;
    return { text: withTitles(warning === undefined ? done : `${done} ${warning}`, found), structured };
  },
});
