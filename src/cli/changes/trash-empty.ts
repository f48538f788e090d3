import { resolveTrashEntry } from "../../store/resolve/by-prefix.ts";
import { TranscriptError } from "../../store/errors.ts";
import { emptyEntry, emptyTrash, type EmptyTrashResult, listTrash } from "../../store/trash/trash-contents.ts";
import { applyToEach, named } from "./batch.ts";
import type { Invocation } from "../terminal/command.ts";
import { confirm } from "./confirm.ts";
import { amount, formatBytes } from "../../view/size.ts";

/** Runs `trash empty`: removes all entries, or the named ones, if they are old enough. Returns the exit code. */
export async function emptyTheTrash(
  invocation: Invocation,
  ids: readonly string[],
  olderThanMs: number,
): Promise<number> {
  const { configDirs, terminal, values, json } = invocation;
  const meant = await emptyTrash({
    configDirs,
    olderThanMs,
    dryRun: true,
    ids: ids.length === 0 ? undefined : ids.flatMap((id) => known(id, configDirs)),
  });
  const entries = new Map((await listTrash({ configDirs })).map((entry) => [entry.id, entry]));
  const dryRun = values["dry-run"] === true;
  if (!dryRun && values["yes"] !== true && meant.removed.length > 0) {
    const sessions = amount(meant.removed.length, meant.bytes).replace("item", "session");
    if (!(await confirm(`Remove ${sessions} for good? This cannot be undone.`))) {
      terminal.warn("Nothing was removed.");
      return 1;
    }
  }
  for (const { id, reason } of meant.kept) terminal.warn(`kept ${id}: ${reason}`);
  const removed = [...new Set(meant.removed.map(({ id }) => id))];
  const unknown = ids.filter((id) => known(id, configDirs).length === 0);
  const isNothingMeant = removed.length + unknown.length + meant.kept.length === 0;
  if (isNothingMeant && !json) await terminal.write("nothing to remove\n");
  const code = await applyToEach(invocation, {
    action: "trash empty",
    given: [...unknown, ...removed],
    find(given) {
      if (!entries.has(given)) resolveTrashEntry(given, configDirs);
      return { given, key: given, value: entries.get(given) };
    },
    async act({ key: trashId, value: entry }) {
      const { bytes } = dryRun
        ? { bytes: entry?.bytes ?? 0 }
        : requireRemoved(trashId, await emptyEntry(trashId, { configDirs, olderThanMs }));
      const sessionId = entry?.sessionId ?? trashId;
      return {
        line: `${dryRun ? "would remove" : "removed"} ${named(trashId, entry?.summary)}: ${formatBytes(bytes)}`,
        facts: { sessionId, trashId, bytes },
      };
    },
    more: () => (meant.kept.length === 0 ? {} : { kept: meant.kept }),
  });
  // Also removes what killed runs left behind.
  if (!dryRun) await emptyTrash({ configDirs, ids: [] });
  return ids.length > 0 && meant.kept.length > 0 ? 1 : code;
}

/** Throws if the entry was not removed: another process may have restored it, or be changing it. */
function requireRemoved(trashId: string, result: EmptyTrashResult): EmptyTrashResult {
  if (result.removed.length > 0) return result;
  const why = result.kept[0]?.reason ?? "another process has restored or removed it";
  throw new TranscriptError("TrashEntryNotFound", `${trashId} was not removed: ${why}`, { data: { id: trashId } });
}

/** Resolves an id in the trash; none if that fails, which `applyToEach` reports later. */
function known(id: string, configDirs: readonly string[] | undefined): string[] {
  try {
    return [resolveTrashEntry(id, configDirs)];
  } catch {
    return [];
  }
}
