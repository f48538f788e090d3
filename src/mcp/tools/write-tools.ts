import * as z from "zod";
import type { Found } from "../sessions/find-session.ts";
import { quoted } from "../core/quote.ts";
import type { Annotations } from "../core/tool.ts";

/** Of tools that change something which the same call, or another one, changes back. */
export const CHANGES: Annotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

export const SESSION_INPUT = z.string().describe("Session id, or its first characters.");

/** What was done, in words of our own, and what the sessions are called, which are words of others. */
export function naming(text: string, ...sessions: readonly Pick<Found, "shortId" | "title">[]): string {
  const titled = sessions.filter(({ title }) => title !== "");
  if (titled.length === 0) return text;
  return `${text}\n${quoted(titled.map(({ shortId, title }) => `${shortId}  ${title}`).join("\n"))}`;
}
