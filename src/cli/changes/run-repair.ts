import { type RepairedFile, repairSession } from "../../store/repair/repair-session.ts";
import { resolveSession } from "../../store/resolve/by-prefix.ts";
import { formatBytes } from "../../view/size.ts";
import type { Invocation } from "../terminal/command.ts";
import { printable } from "../terminal/terminal.ts";
import { applyToEach, sessionFinder } from "./batch.ts";
import { ownCommand } from "./own-command.ts";

/** Changes that are printed of one file; `--json` has more. */
const PRINTED = 50;

/** Runs `repair`. Returns the exit code. */
export async function runRepair(invocation: Invocation): Promise<number> {
  const { configDirs, json, terminal, values } = invocation;
  const force = values["force"] === true;
  const sessions = sessionFinder(invocation);
  return applyToEach(invocation, {
    action: "repair",
    find(given) {
      const copy = resolveSession(given, configDirs);
      return { given, key: copy.sessionId, value: copy };
    },
    async act({ value: copy }, dryRun) {
      const { sessionId } = copy;
      const name = sessions.name(copy);
      const report = await repairSession(sessionId, { configDirs, dryRun, force });
      const { files, changes, trashId, deletions } = report;
      if (!json) for (const line of files.flatMap((file) => [...fileLines(file)])) await terminal.write(`${line}\n`);
      const count = `${changes} change${changes === 1 ? "" : "s"}`;
      const done = dryRun ? `would repair ${name}: ${count}` : `repaired ${name}: ${count}`;
      return {
        line: changes === 0 ? `nothing to repair in ${name}` : done,
        facts: { ...report },
        undo: trashId === undefined ? undefined : { command: "restore", sessionId: trashId },
        notes: stubNotes(configDirs, sessionId, deletions),
      };
    },
  });
}

/** Says how a session comes back of which only a few rows about it are in place. */
function stubNotes(
  configDirs: readonly string[] | undefined,
  sessionId: string,
  [latest]: readonly string[],
): string[] {
  if (latest === undefined) return [];
  return [
    "This transcript has no message: it was probably written when the session had been deleted, which is in the trash.",
    printable(`To bring that back: ${ownCommand(["delete", sessionId], configDirs)}`),
    printable(`then:               ${ownCommand(["restore", latest], configDirs)}`),
  ];
}

function* fileLines({
  path,
  bytesBefore,
  bytesAfter,
  changes,
  counts,
  left,
  leftCount,
}: RepairedFile): Generator<string> {
  const after = bytesAfter === undefined ? "" : `, then ${formatBytes(bytesAfter)}`;
  yield `${printable(path)}: ${formatBytes(bytesBefore)}${after}`;
  for (const { line, bytes, text } of changes.slice(0, PRINTED))
    yield `  ${printable(`line ${line}, ${bytes} bytes: ${text}`)}`;
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (all > PRINTED) {
    const kinds = Object.entries(counts).map(([kind, count]) => `${count} × ${kind}`);
    yield `  … and ${all - PRINTED} more changes. In all: ${kinds.join(", ")}`;
  }
  for (const { line, offset, bytes, reason } of left.slice(0, PRINTED))
    yield `  line ${line}: ${bytes} bytes from offset ${offset}, ${reason}`;
  if (leftCount > PRINTED) yield `  … and ${leftCount - PRINTED} more that are left as they are`;
}
