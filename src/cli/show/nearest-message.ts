import { readEntries } from "../../store/read/entries.ts";
import { asString, membersOf } from "../../transcript/rows/json-values.ts";
import type { Source } from "./show-source.ts";

/**
 * Returns the uuid of the message next to a row that is not shown, such as a reminder to the model or a subagent's row inside a
 * `progress` row, which a search finds all the same: the one before it in the file, else the one after it. Undefined if there is no such row. `start`: beginning of
 * the row's uuid. Reads the file.
 */
export async function nearestMessage(
  { open, about: { sessionId, subagent } }: Source,
  start: string,
  configDirs: readonly string[] | undefined,
): Promise<string | undefined> {
  if (sessionId === undefined || subagent !== undefined) return undefined;
  const shown = new Set(Array.from({ length: open.length }, (_, row) => open.uuid(row)));
  const wanted = start.toLowerCase();
  let before: string | undefined;
  let isPassed = false;
  for await (const { value } of readEntries(sessionId, { configDirs })) {
    const uuid = asString(value?.["uuid"]);
    if (uuid !== undefined && shown.has(uuid)) {
      if (isPassed) return uuid;
      before = uuid;
      continue;
    }
    const reported = asString(membersOf(membersOf(value?.["data"])["message"])["uuid"]);
    if ([uuid, reported].some((one) => one?.toLowerCase().startsWith(wanted))) {
      if (before !== undefined) return before;
      isPassed = true;
    }
  }
  return undefined;
}
