import * as z from "zod";
import type { Found } from "../sessions/find-session.ts";
import { quoted } from "../core/quote.ts";
import { type Annotations, READS } from "../core/tool.ts";

/** Hints of tools whose changes can be undone by the same tool, or by another one. */
export const CHANGES: Annotations = { ...READS, readOnlyHint: false };

export const SESSION_INPUT = z.string().describe("Id, or its beginning.");

/** Adds the titles of sessions to a text, quoted because they are not the server's words. */
export function withTitles(text: string, ...sessions: readonly Pick<Found, "shortId" | "title">[]): string {
  const titled = sessions.filter(({ title }) => title !== "");
  if (titled.length === 0) return text;
  return `${text}\n${quoted(titled.map(({ shortId, title }) => `${shortId}  ${title}`).join("\n"))}`;
}
