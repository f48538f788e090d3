import { DESCRIPTION_UNITS, SESSION_TAGS, TAG_UNITS } from "../../transcript/rows/limits.ts";
import { type Annotation, annotationRows, hasAnnotation } from "../../transcript/summary/annotation.ts";
import { deletedConcurrently, InvalidArgumentError } from "../errors.ts";
import { type FoundAnnotation, readFoundAnnotation } from "../facts/metadata.ts";
import { writeAnnotationPlace } from "../facts/annotation-place.ts";
import { requireSessionId } from "../layout/session-id.ts";
import { findCopies, findSession, requireCopies } from "../projects/find-copies.ts";
import { withSessionLock } from "../trash/session-lock.ts";
import type { SessionOptions, TranscriptCopy } from "../types.ts";
import { append } from "./annotate.ts";
import { normalizeTag } from "./normalize-tag.ts";

/** A change of a session's tags, applied in the order of these members. Tags are normalised as `tagSession` does it. */
export interface TagEdit {
  /** All tags. */
  readonly set?: readonly string[] | undefined;
  /** The first tag, which is the official one: takes its place, as `tagSession` does. */
  readonly first?: string | undefined;
  /** Tags to append, if the session does not have them. */
  readonly add?: readonly string[] | undefined;
  /** Tags to remove, if the session has them. */
  readonly remove?: readonly string[] | undefined;
}

/** Returns all tags and the description of a session, from the whole transcript. Undefined if there is no such session. */
export async function getSessionAnnotation(
  sessionId: string,
  options?: SessionOptions | null,
): Promise<Annotation | undefined> {
  const copy = findSession(sessionId, options);
  if (copy === undefined) return undefined;
  const { tags, description } = readFoundAnnotation(copy);
  return { tags, description };
}

/**
 * Changes the tags of a session, and returns all that it has then. Appends the official row with the first tag, and in the same
 * write a row of ours with all of them, if there are several or there is a description (transcript-format.md §3.4).
 *
 * Throws `InvalidArgumentError` for a tag that is empty or longer than 100 UTF-16 units, and for more than 32 tags;
 * `SessionBusyError` if another process is changing the session; else like `renameSession`.
 */
export async function editSessionTags(
  sessionId: string,
  edit: TagEdit,
  options?: SessionOptions | null,
): Promise<readonly string[]> {
  const change = checkedEdit(edit);
  const { tags } = await annotate(sessionId, (now) => ({ ...now, tags: editedTags(now, change) }), options);
  return tags;
}

/** Returns the tags that `editSessionTags` would leave. Throws what it would throw for them. Only reads. */
export function planTags(sessionId: string, edit: TagEdit, options?: SessionOptions | null): readonly string[] {
  const copy = findSession(sessionId, options);
  if (copy === undefined) throw deletedConcurrently(sessionId);
  return editedTags(readFoundAnnotation(copy), checkedEdit(edit));
}

/**
 * Describes a session in words that lists show and searches find, or removes the description (`null`). The text is stored as it
 * is. Throws `InvalidArgumentError` for a blank one and for more than 2,000 UTF-16 units; else like `editSessionTags`.
 */
export async function describeSession(
  sessionId: string,
  description: string | null,
  options?: SessionOptions | null,
): Promise<void> {
  requireDescription(description);
  await annotate(sessionId, (now) => ({ ...now, description: description ?? undefined }), options);
}

/** Returns the tags as `editSessionTags` would set them. Throws what it throws for them. */
export const requireTags = (tags: readonly string[]): readonly string[] =>
  editedTags({ tag: undefined, tags: [], description: undefined, hasRow: false }, checkedEdit({ set: tags }));

/** Throws what `describeSession` throws for the text. */
export function requireDescription(description: unknown): void {
  if (description === null) return;
  if (typeof description !== "string" || description.trim() === "") {
    throw new InvalidArgumentError(
      "description",
      "description must be a text that is not blank (use null to remove it)",
    );
  }
  if (description.length > DESCRIPTION_UNITS) {
    const message = `description must have at most ${DESCRIPTION_UNITS} characters, got ${description.length}`;
    throw new InvalidArgumentError("description", message);
  }
}

/** Reads, changes and writes under the session's lock, so that of two changes at once neither is lost. */
async function annotate(
  sessionId: string,
  change: (now: FoundAnnotation) => Annotation,
  options: SessionOptions | null | undefined,
): Promise<Annotation> {
  requireSessionId(sessionId);
  const configDirs = findCopies(sessionId, options).map(({ project }) => project.configDir);
  if (configDirs.length === 0) requireCopies(sessionId, options, "append");
  let next: Annotation = { tags: [], description: undefined };
  let written: TranscriptCopy | undefined;
  const act = (): void => {
    append(
      sessionId,
      (copy) => {
        const now = readFoundAnnotation(copy);
        next = change(now);
        const rows = annotationRows(next, now, sessionId);
        written = hasAnnotation(rows) ? copy : undefined;
        return rows;
      },
      options,
    );
    if (written !== undefined) writeAnnotationPlace(written.project, written.sessionId, written.size);
  };
  await withSessionLock(configDirs, sessionId, "annotate", act, { ifPossible: true });
  return next;
}

function checkedEdit({ set, first, add = [], remove = [] }: TagEdit): TagEdit {
  return {
    set: set?.map(checkedTag),
    first: first === undefined ? undefined : checkedTag(first),
    add: add.map(checkedTag),
    remove: remove.map(normalizeTag),
  };
}

function checkedTag(given: string): string {
  const tag = normalizeTag(given);
  if (tag === "") throw new InvalidArgumentError("tag", "tag must be non-empty");
  if (tag.length > TAG_UNITS) {
    throw new InvalidArgumentError("tag", `tag must have at most ${TAG_UNITS} characters, got ${tag.length}`);
  }
  return tag;
}

function editedTags({ tag, tags }: FoundAnnotation, { set, first, add = [], remove = [] }: TagEdit): string[] {
  const others = set ?? tags;
  const begun = first === undefined ? others : [first, ...others.filter((other) => other !== (set?.[0] ?? tag))];
  const edited = [...new Set([...begun, ...add])].filter((one) => !remove.includes(one));
  if (edited.length > SESSION_TAGS) {
    throw new InvalidArgumentError("tags", `A session can have at most ${SESSION_TAGS} tags, not ${edited.length}`);
  }
  return edited;
}
