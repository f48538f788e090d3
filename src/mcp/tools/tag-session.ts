import * as z from "zod";
import { DESCRIPTION_UNITS, TAG_UNITS } from "../../transcript/rows/limits.ts";
import { CHANGES, SESSION_INPUT, withTitles } from "../sessions/write-tools.ts";
import { findSession } from "../sessions/find-session.ts";
import { printable } from "../../view/sanitise.ts";
import { nameText } from "../core/quote.ts";
import { defineTool, ToolFailure } from "../core/tool.ts";

export const tagSession = defineTool({
  name: "tag_session",
  title: "Tag or describe a session",
  description: "Changes a session's tags and its description. Only when the user wants it.",
  annotations: CHANGES,
  input: z.strictObject({
    session: SESSION_INPUT,
    tag: z.string().nullish().describe("Replaces the first tag; null alone removes all."),
    add: z.array(z.string()).nullish(),
    remove: z.array(z.string()).nullish(),
    description: z.string().nullish().describe("Empty removes it."),
  }),
  output: z.object({
    id: z.string(),
    title: z.string(),
    tag: z.string().optional(),
    tags: z.array(z.string()).optional(),
    warning: z.string().optional(),
  }),
  async run({ session, tag, ...more }, { store }) {
    const [add, remove] = [(more.add ?? []).map(given), (more.remove ?? []).map(given)];
    const description = more.description ?? undefined;
    const isEdit = typeof tag === "string" || add.length + remove.length > 0;
    // Some models give null for all that they do not mean.
    const clears = tag === null && !isEdit && description === undefined;
    if (!isEdit && !clears && description === undefined)
      throw new ToolFailure("Nothing to change. Give tag, add, remove or description.");
    const first = typeof tag === "string" ? given(tag) : undefined;
    const described = description === undefined ? undefined : givenDescription(description);
    const found = await findSession(session, { store });
    const { sessionId } = found.copy;
    const done: string[] = [];
    let told: { readonly tags?: readonly string[]; readonly warning?: string | undefined } = {};
    if (isEdit || clears) {
      told = await store.editTags(sessionId, clears ? { set: [] } : { first, add, remove });
      const { tags = [] } = told;
      const marks = tags.map((one) => `#${nameText(one)}`).join(" ");
      done.push(tags.length === 0 ? `${found.shortId} has no tags now.` : `Tagged ${found.shortId} ${marks}.`);
    }
    if (described !== undefined) {
      await store.describe(sessionId, described);
      done.push(described === null ? `Removed the description of ${found.shortId}.` : `Described ${found.shortId}.`);
    }
    const { tags, warning } = told;
    const structured = { id: found.shortId, title: found.title, tag: tags?.[0], tags, warning };
    return { text: withTitles([...done, ...(warning === undefined ? [] : [warning])].join(" "), found), structured };
  },
});

function given(text: string): string {
  const tag = printable(text);
  if (tag === "") throw new ToolFailure("tag is empty. Give null to remove all tags.");
  if (tag.length > TAG_UNITS) {
    throw new ToolFailure(`tag must have at most ${TAG_UNITS} characters, got ${tag.length}.`);
  }
  return tag;
}

/** Returns null for an empty one. */
function givenDescription(text: string): string | null {
  const description = printable(text);
  if (description.length > DESCRIPTION_UNITS) {
    throw new ToolFailure(`description must have at most ${DESCRIPTION_UNITS} characters, got ${description.length}.`);
  }
  return description === "" ? null : description;
}
