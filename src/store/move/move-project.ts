import { join } from "node:path";
import { readNames } from "../disk/fs.ts";
import { attempt, errnoOf, isGone, TranscriptError } from "../errors.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { transcriptPath } from "../layout/paths.ts";
import { tidyTrash } from "../trash/trash-entries.ts";
import type { Skipped, StoreOptions } from "../types.ts";
import { movedPath, relocationOf, spellingsOf } from "./moved-path.ts";
import { checkMove, moveSession, type SessionMove } from "./move-session.ts";
import { type PathSettings, pathSettings } from "./path-settings.ts";
import { type MovePlan, type PlannedMove, planMoves, planReturns } from "./plan-moves.ts";

export interface MoveProjectOptions extends StoreOptions {
  /** The directory under its old path, which need not exist any more. Relative to the current directory. */
  readonly from: string;
  /** The directory under its new path. */
  readonly to: string;
  /** Moves back what moves from `from` to `to` took there, and nothing else. */
  readonly undo?: boolean | undefined;
  /** Also moves sessions that are in use. */
  readonly force?: boolean | undefined;
  /** Changes nothing; the report says what would be moved. */
  readonly dryRun?: boolean | undefined;
  /** Called after each session with the number of those looked at so far and in all. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A session that was not moved. */
export interface RefusedMove {
  readonly sessionId: string;
  readonly configDir: string;
  readonly from: string;
  readonly to: string;
  readonly error: Error;
}

/** What a move leaves as it is. */
export interface LeftByMove {
  /** Entries of the old path in Claude Code's `.claude.json`. */
  readonly settings: readonly PathSettings[];
  /** Prompts keep the old directory in `history.jsonl`. */
  readonly historyKept: true;
  /**
   * What belongs to the project and not to one session, such as its memory; what could not be looked at; and transcripts that
   * another process deleted meanwhile.
   */
  readonly skipped: readonly Skipped[];
}

export interface MoveProjectReport extends LeftByMove {
  readonly dryRun: boolean;
  readonly moved: readonly SessionMove[];
  readonly refused: readonly RefusedMove[];
}

/**
 * Lets sessions follow a directory that was moved or renamed: each session whose own directory is `from` or below it moves to
 * the project dir of the corresponding path at or below `to`, with everything next to its transcript that is named after it.
 * Both spellings of a path with links count. One row is appended to each transcript (`relocated`, as the CLI writes it);
 * no other row changes.
 *
 * Overwrites nothing: a session whose new place is taken, or which is in use, is refused, and the others move. After a kill
 * at any point each session is whole in one of the two places, and a second call finishes. `history.jsonl` and
 * `.claude.json` are never changed.
 *
 * Throws `InvalidArgumentError` for paths that cannot be meant, and the reason of `signal`.
 */
export async function moveProject(options: MoveProjectOptions): Promise<MoveProjectReport> {
  const dryRun = options.dryRun === true;
  const { moves, left } = await planProjectMove(options);
  const moved: SessionMove[] = [];
  const refused: RefusedMove[] = [];
  const gone: Skipped[] = [];
  let done = 0;
  for (const move of moves) {
    options.signal?.throwIfAborted();
    if (done > 0) options.progress?.(done, moves.length);
    done++;
    try {
      moved.push(await (dryRun ? checkMove : moveSession)(move, options.force === true));
    } catch (error) {
      if (!(error instanceof TranscriptError) && errnoOf(error) === undefined) throw error;
      const { sessionId, configDir, from, to } = move;
      if (isGone(error)) {
        for (const source of move.sources) gone.push({ path: transcriptPath(source, sessionId), reason: DELETED });
        continue;
      }
      refused.push({ sessionId, configDir, from, to, error: error as Error });
    }
  }
  if (done > 0) options.progress?.(done, moves.length);
  if (!dryRun) tidyAfterMove(options);
  return { dryRun, moved, refused, ...left, skipped: [...left.skipped, ...gone] };
}

const DELETED = "another process has deleted its session";

/** Removes the locks that killed runs left, also if there was nothing more to move. */
export function tidyAfterMove(options: StoreOptions): void {
  for (const configDir of resolveConfigDirs(options)) tidyTrash(configDir);
}

/** Returns the sessions that `moveProject` would try to move, and what it leaves. Only reads. */
export async function planProjectMove({ from, to, undo, ...options }: MoveProjectOptions): Promise<{
  readonly moves: readonly PlannedMove[];
  readonly left: LeftByMove;
}> {
  const configDirs = resolveConfigDirs(options);
  const relocation = relocationOf(from, to);
  const back = { from: relocation.from, to: spellingsOf(to) };
  const plan: MovePlan = await (undo === true ? planReturns(configDirs, back) : planMoves(configDirs, relocation));
  const skipped = [...plan.skipped, ...memoriesOf(plan.moves)];
  const isOfOldPath = (path: string): boolean => movedPath(path, relocation) !== undefined;
  const settings = undo === true ? [] : pathSettings(configDirs, isOfOldPath, skipped);
  return { moves: plan.moves, left: { settings, historyKept: true, skipped } };
}

/** Returns the memory of projects that sessions leave. */
function memoriesOf(moves: readonly PlannedMove[]): Skipped[] {
  const paths = new Set(moves.flatMap(({ sources }) => sources.map(({ path }) => join(path, "memory"))));
  return [...paths]
    .filter((path) => (attempt(() => readNames(path)) ?? []).length > 0)
    .map((path) => ({ path, reason: "the project's memory belongs to no session, and stays" }));
}
