import * as z from "zod";
import { CHANGES, SESSION_INPUT, naming } from "./write-tools.ts";
import { findSession } from "../sessions/find-session.ts";
import { printable } from "../../view/sanitise.ts";
import { nameText } from "../core/quote.ts";
import { defineTool, ToolFailure } from "../core/tool.ts";

/** UTF-16 units of a tag that a model may give. */
const TAG_MOST = 100;

export const tagSession = defineTool({
  name: "tag_session",
  title: "Tag a session",
  description: "Gives a session its one tag, or takes it away (tag: null). Only when the user wants it.",
  annotations: CHANGES,
  input: z.strictObject({ session: SESSION_INPUT, tag: z.string().nullable().describe("null takes the tag away.") }),
  output: z.object({
    id: z.string(),
    title: z.string(),
    tag: z.string().optional(),
    warning: z.string().optional(),
  }),
  async run({ session, tag: given }, _context, service) {
    const wanted = given === null ? null : printable(given);
    if (wanted === "") throw new ToolFailure("tag is empty: null takes the tag of a session away.");
    if (wanted !== null && wanted.length > TAG_MOST) {
      throw new ToolFailure(`tag has ${wanted.length} characters: give one of at most ${TAG_MOST}.`);
    }
    const found = await findSession(session, service);
    const { tag, warning } = await service.store.tag(found.copy.sessionId, wanted);
    const structured = {
      id: found.shortId,
      title: found.title,
      ...(tag !== null && { tag }),
      ...(warning !== undefined && { warning }),
    };
    const done = tag === null ? `Took the tag of ${found.shortId} away.` : `Tagged ${found.shortId} #${nameText(tag)}.`;
    return { text: naming(warning === undefined ? done : `${done} ${warning}`, found), structured };
  },
});
