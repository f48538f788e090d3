/**
 * All tags of a session and its description (transcript-format.md §3.4). The official `tag` row has the first tag, which is
 * all that the official helpers and Claude Code know; the row of ours after it has all tags. The last row of each type
 * counts: an official tag that is set later takes the place of the first one.
 */
import { DESCRIPTION_UNITS, SESSION_TAGS, TAG_UNITS } from "../rows/limits.ts";
import { ANNOTATION, typeOfKind } from "../rows/row-kinds.ts";
import { asString, type JsonObject } from "../rows/json-values.ts";

/** What the last row of ours says. */
export interface Annotation {
  readonly tags: readonly string[];
  readonly description: string | undefined;
}

/** `type` of the row. */
export const ANNOTATION_TYPE = typeOfKind(ANNOTATION) ?? "";

/**
 * Reads a row of that type. Undefined if it is not one that we write: then the one before it counts. The first tag may have any
 * length, as it may have been set elsewhere.
 */
export function readAnnotation(row: JsonObject | undefined): Annotation | undefined {
  const { tags = [], description } = row ?? {};
  if (row === undefined || !Array.isArray(tags) || tags.length > SESSION_TAGS) return undefined;
  const isTag = (tag: unknown, at: number): boolean =>
    typeof tag === "string" && tag !== "" && (at === 0 || tag.length <= TAG_UNITS);
  if (!tags.every(isTag)) return undefined;
  if (description !== undefined && (asString(description)?.length ?? Infinity) > DESCRIPTION_UNITS) return undefined;
  return { tags: tags as readonly string[], description: asString(description) || undefined };
}

/** Returns all tags, each once. `official`: that of the last `tag` row; empty if it removes the tag, undefined without a row. */
export function tagsOf(official: string | undefined, annotation: Annotation | undefined): readonly string[] {
  const [first = "", ...more] = annotation?.tags ?? NO_TAGS;
  const lead = official ?? first;
  if (more.length > 0) return [...new Set(lead === "" ? more : [lead, ...more])];
  return lead === "" ? NO_TAGS : [lead];
}

/** One array for all the sessions without a tag: a list has ten thousand of them. */
const NO_TAGS: readonly string[] = [];

/**
 * Makes the rows to append: the official one, unless there is neither a tag nor one to remove, and ours, unless the official one
 * says everything. `before`: the official tag, and whether there is a row of ours.
 */
export function annotationRows(
  { tags, description }: Annotation,
  before: { readonly tag: string | undefined; readonly hasRow: boolean },
  sessionId: string,
): readonly object[] {
  const [tag = ""] = tags;
  const hasTag = tag !== "" || before.tag !== undefined;
  const isMore = tags.length > 1 || description !== undefined || before.hasRow;
  return [
    ...(hasTag || !isMore ? [{ type: "tag", tag, sessionId }] : []),
    ...(isMore ? [{ type: ANNOTATION_TYPE, tags, description, sessionId }] : []),
  ];
}

/** Whether there is a row of ours among those to append. */
export const hasAnnotation = (rows: readonly object[]): boolean =>
  rows.some((row) => "type" in row && row.type === ANNOTATION_TYPE);
