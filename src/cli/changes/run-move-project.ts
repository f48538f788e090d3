import { resolve } from "node:path";
import { isGone } from "../../store/errors.ts";
import { isDirectory } from "../../store/layout/config-dir.ts";
import { planProjectMove, tidyAfterMove } from "../../store/move/move-project.ts";
import { checkMove, moveSession } from "../../store/move/move-session.ts";
import type { PlannedMove } from "../../store/move/plan-moves.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { findSession } from "../../store/projects/find-copies.ts";
import { titleOf } from "../../store/facts/title-of.ts";
import { amount } from "../../view/size.ts";
import { type Invocation, UsageError } from "../terminal/command.ts";
import { printable } from "../terminal/terminal.ts";
import { applyToEach, type Done, named } from "./batch.ts";
import { ownCommand } from "./own-command.ts";

/** Runs `move-project`. Returns the exit code. */
export async function runMoveProject(invocation: Invocation): Promise<number> {
  const { configDirs, json, positionals, terminal, values } = invocation;
  const [from, to, ...others] = positionals;
  if (from === undefined || to === undefined || others.length > 0) {
    throw new UsageError(
      `give the old path and the new one: move-project OLD NEW, got ${positionals.length} arguments`,
    );
  }
  const undo = values["undo"] === true;
  const force = values["force"] === true;
  const dryRun = values["dry-run"] === true;
  const { moves, left } = await planProjectMove({ from, to, undo, configDirs });
  for (const { path, reason } of left.skipped) terminal.warn(printable(`left ${path}: ${reason}`));
  for (const { path, directories } of left.settings) {
    terminal.warn(printable(`left ${path}: its entries for ${directories.join(", ")} are not changed`));
  }
  if (!undo && !isDirectory(to)) terminal.warn(printable(`${to} is not a directory (yet)`));
  if (moves.length === 0 && !json) await terminal.write(`${undo ? "nothing to move back" : "no session to move"}\n`);

  const idOf = shortIds(configDirs);
  const byGiven = new Map<string, PlannedMove>();
  for (const move of moves) byGiven.set(`${move.configDir}\0${move.sessionId}\0${move.target.key}`, move);
  const paths = (undo ? [to, from] : [from, to]).map((path) => resolve(path));
  const undoing = ownCommand(["move-project", ...paths, "--undo"], configDirs);
  let moved = 0;
  const code = await applyToEach(invocation, {
    action: "move-project",
    given: [...byGiven.keys()],
    find: (key) => {
      const value = byGiven.get(key) as PlannedMove;
      return { given: value.sessionId, key, value };
    },
    async act({ value: move }): Promise<Done> {
      const { sessionId, configDir } = move;
      const copy = findSession(sessionId, { configDirs: [configDir] });
      const name = named(idOf(sessionId), copy && titleOf(copy));
      const where = { sessionId, configDir, from: move.from, to: move.to };
      const done = await (dryRun ? checkMove : moveSession)(move, force).catch((error: unknown) => {
        if (isGone(error)) return undefined;
        throw error;
      });
      if (done === undefined) {
        const line = `another process has already deleted ${name}`;
        return { line, facts: { ...where, gone: true, items: [], bytes: 0, skipped: [] } };
      }
      const { items, bytes, skipped } = done;
      moved++;
      return {
        line: `${dryRun ? "would move" : "moved"} ${name} to ${move.to}: ${amount(items.length, bytes)}`,
        facts: { ...where, items, bytes, skipped },
        notes: skipped.map(({ path, reason }) => printable(`left ${path}: ${reason}`)),
      };
    },
    more: () => ({ ...left, ...(!dryRun && moved > 0 && { undo: undoing }) }),
  });
  if (!dryRun) tidyAfterMove({ configDirs });
  if (!dryRun && moved > 0 && !json) {
    if (!undo) terminal.warn("Prompts in history.jsonl keep the old directory.");
    terminal.warn(`To undo: ${undoing}`);
  }
  return code;
}
