import * as z from "zod";
import { GIVEN_TITLE_UNITS } from "../../transcript/rows/limits.ts";
import { printable } from "../../view/sanitise.ts";
import type { Found } from "./find-session.ts";
import { quoted } from "../core/quote.ts";
import { type Annotations, READS, ToolFailure } from "../core/tool.ts";

/** Hints of tools whose changes can be undone by the same tool, or by another one. */
export const CHANGES: Annotations = { ...READS, readOnlyHint: false };

/** An id, or its beginning: read_session says so, and all of tools/list has to fit into 12,000 bytes. */
export const SESSION_INPUT = z.string();

/** Returns a title that a model gives as one line, which may be empty. Throws `ToolFailure` if it is too long. */
export function givenTitle(given: string): string {
  const title = printable(given);
  if (title.length <= GIVEN_TITLE_UNITS) return title;
  throw new ToolFailure(`title must have at most ${GIVEN_TITLE_UNITS} characters, got ${title.length}.`);
}

/** Adds the titles of sessions to a text, quoted because they are not the server's words. */
export function withTitles(text: string, ...sessions: readonly Pick<Found, "shortId" | "title">[]): string {
  const titled = sessions.filter(({ title }) => title !== "");
  if (titled.length === 0) return text;
  return `${text}\n${quoted(titled.map(({ shortId, title }) => `${shortId}  ${title}`).join("\n"))}`;
}
