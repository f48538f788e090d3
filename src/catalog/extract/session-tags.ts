import { tagsOf } from "../../transcript/summary/annotation.ts";
import type { Facts } from "./extracted.ts";

/** Returns all tags of a session: those anywhere in its file, or, if it was not read or has none, those of a list. */
export const tagsFound = (
  { tag, annotation }: Facts,
  listed: { readonly tags: readonly string[] } | undefined,
): readonly string[] =>
  tag === undefined && annotation === undefined ? (listed?.tags ?? []) : tagsOf(tag, annotation);

/** Reads the tags that a table has as JSON. */
export const parseTags = (json: unknown): readonly string[] =>
  typeof json === "string" ? (JSON.parse(json) as readonly string[]) : [];
