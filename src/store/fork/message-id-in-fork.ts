import { membersOf } from "../../transcript/rows/json-values.ts";
import { readEntries, type ReadEntriesOptions } from "../read/entries.ts";
import { findSession } from "../projects/find-copies.ts";

/**
 * Returns the `uuid` of a message in a fork, by its `uuid` in the forked session or one of that session's ancestors
 * (official-helpers.md §6); undefined if no row comes from it. Throws `SessionNotFound`, file-system errors, and
 * `signal.reason` when aborted.
 */
export async function idInFork(
  sessionId: string,
  sourceId: string,
  options: Omit<ReadEntriesOptions, "from">,
): Promise<string | undefined> {
  const line = [await originsOf(sessionId, options)];
  const seen = new Set([sessionId]);
  for (let origins = line[0]; origins !== undefined; origins = line.at(-1)) {
    let id = origins.ids.get(sourceId);
    for (const younger of line.slice(0, -1).reverse()) id = id === undefined ? undefined : younger.ids.get(id);
    if (id !== undefined) return id;
    const { parent } = origins;
    if (parent === undefined || seen.has(parent) || findSession(parent, options) === undefined) return undefined;
    seen.add(parent);
    line.push(await originsOf(parent, options));
  }
  return undefined;
}

async function originsOf(sessionId: string, options: ReadEntriesOptions) {
  /** `uuid`s in the parent → `uuid`s here. */
  const ids = new Map<string, string>();
  /** The session that this one is a fork of. */
  let parent: string | undefined;
  for await (const { value } of readEntries(sessionId, options)) {
    const { sessionId: from, messageUuid } = membersOf(value?.["forkedFrom"]);
    const uuid = value?.["uuid"];
    if (typeof messageUuid !== "string" || typeof uuid !== "string") continue;
    if (!ids.has(messageUuid)) ids.set(messageUuid, uuid);
    if (typeof from === "string") parent ??= from;
  }
  return { parent, ids };
}
