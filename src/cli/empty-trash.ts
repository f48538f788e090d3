import { resolveTrashEntry } from "../store/find-by-prefix.ts";
import { emptyTrash, listTrash } from "../store/trash.ts";
import { changeEach, named } from "./change.ts";
import type { Invocation } from "./command.ts";
import { confirm } from "./confirm.ts";
import { amount, formatBytes } from "../view/size.ts";

/** What `trash empty` does: all of the trash, or what is named, as far as it is old enough. Gives the exit code. */
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
  if (removed.length + unknown.length === 0 && !json) await terminal.write("nothing to remove\n");
  const code = await changeEach(invocation, {
    action: "trash empty",
    given: [...unknown, ...removed],
    find(given) {
      const id = entries.has(given) ? given : resolveTrashEntry(given, configDirs);
      return { given, key: id, value: entries.get(id) };
    },
    async act({ key: trashId, value: entry }) {
      const { bytes } = dryRun
        ? { bytes: entry?.bytes ?? 0 }
        : await emptyTrash({ configDirs, olderThanMs, ids: [trashId] });
      const sessionId = entry?.sessionId ?? trashId;
      return {
        line: `${dryRun ? "would remove" : "removed"} ${named(trashId, entry?.summary)}: ${formatBytes(bytes)}`,
        facts: { sessionId, trashId, bytes },
      };
    },
  });
  return ids.length > 0 && meant.kept.length > 0 ? 1 : code;
}

/** What a word means in the trash; nothing where it means nothing, which is told when its turn comes. */
function known(id: string, configDirs: readonly string[] | undefined): string[] {
  try {
    return [resolveTrashEntry(id, configDirs)];
  } catch {
    return [];
  }
}
