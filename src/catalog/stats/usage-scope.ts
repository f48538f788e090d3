import { basename, dirname, isAbsolute } from "node:path";
import { directoryScope } from "../../store/projects/project-dirs.ts";
import { ForeignFilter } from "../../store/projects/key-collisions.ts";
import { listWorktrees } from "../../store/projects/worktrees.ts";
import type { UsageSession } from "./usage-rows.ts";
import type { UsageOptions } from "./usage-types.ts";

/** Returns a test of whether a session is in the directories of the options, as in lists, and has the tag among its own. */
export function sessionFilter(
  configDirs: readonly string[],
  { dir, moreDirs = [], includeWorktrees = true, tag }: UsageOptions,
): (session: UsageSession) => boolean {
  const hasTag = (session: UsageSession): boolean => tag === undefined || session.tags.includes(tag);
  // An empty `dir` counts as absent, as in the official helpers.
  if (!dir) return hasTag;
  const scopes = [dir, ...moreDirs].map((one) =>
    directoryScope(configDirs, one, { includeWorktrees, claudeWorktrees: true }),
  );
  const matched = new Map(
    scopes.flatMap(({ projects }) => projects.map(({ project, matchedDir }) => [project.path, matchedDir])),
  );
  const foreign = new ForeignFilter(scopes.flatMap((scope) => [scope.dir, ...scope.worktrees]));
  return (session) => {
    const matchedDir = matched.get(dirname(session.path));
    return matchedDir !== undefined && hasTag(session) && !foreign.isForeign(session.cwd, matchedDir);
  };
}

/** Returns the directory of a session; the key of its project if no row names one. */
export const projectOf = ({ cwd, path }: UsageSession): string => cwd ?? basename(dirname(path));

/** Directories that are looked up on the disk: transcripts can name any number of them. */
const MAX_LOOKUPS = 500;

/** Matches a worktree that `claude -w` made, which may be gone. */
const CLAUDE_WORKTREE = /[/\\]\.claude[/\\]worktrees[/\\].*$/s;

/** Returns a function that returns the main worktree of a session's repository, or its directory if that has none. */
export function repositories(): (session: UsageSession) => string {
  const known = new Map<string, string>();
  return (session) => {
    const project = projectOf(session);
    let repository = known.get(project);
    if (repository === undefined) {
      const above = project.replace(CLAUDE_WORKTREE, "");
      // Nothing is looked up on the network.
      const mayLookUp = known.size < MAX_LOOKUPS && isAbsolute(above) && !/^[/\\]{2}/.test(above);
      repository = (mayLookUp ? listWorktrees(above)[0] : undefined) ?? above;
      known.set(project, repository);
    }
    return repository;
  };
}
