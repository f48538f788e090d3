import { InvalidArgumentError } from "../../store/errors.ts";
import { listProjects } from "../../store/list/list-projects.ts";
import { repositoryPlace } from "../../store/projects/repository-origin.ts";
import { repositoryAt } from "../../store/projects/worktrees.ts";
import type { SourceRepository } from "../source/source.ts";

/**
 * Looks at the directories of a config dir's sessions, and returns a lookup of the root of the repository with an origin: undefined
 * if there is none. The lookup throws `InvalidArgumentError` if there are several.
 */
export async function clonesOf(
  configDir: string,
  signal?: AbortSignal,
): Promise<(repository: SourceRepository) => string | undefined> {
  const roots = new Map<string, Set<string>>();
  for (const { path } of (await listProjects({ configDirs: [configDir], signal })).projects) {
    const origin = path === undefined ? undefined : repositoryPlace(path)?.origin;
    const root = path === undefined || origin === undefined ? undefined : repositoryAt(path)?.root;
    if (origin === undefined || root === undefined) continue;
    const place = placeOf(origin);
    roots.set(place, (roots.get(place) ?? new Set()).add(root));
  }
  return ({ origin }) => {
    const [root, ...others] = roots.get(placeOf(origin)) ?? [];
    if (others.length === 0) return root;
    throw new InvalidArgumentError(
      "cwd",
      `several projects here are clones of ${origin}: ${[root, ...others].join(", ")}`,
      "Say with --cwd DIR which of them the sessions are of.",
    );
  };
}

/** Returns host and path of a repository, the same for all URLs of it: `git@host:me/x.git`, `ssh://git@host/me/x`, `https://host/me/x`. */
export function placeOf(origin: string): string {
  const [, ofUrl, pathOfUrl] = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/:]+)(?::[0-9]+)?\/*(.*)$/is.exec(origin) ?? [];
  const [, ofScp, pathOfScp] = /^(?:[^/@:]+@)?([^/:]{2,}):\/*(.*)$/s.exec(origin) ?? [];
  const [host, path] = ofUrl === undefined ? [ofScp, pathOfScp] : [ofUrl, pathOfUrl];
  const plain = (text: string): string => text.replace(/\/+$/, "").replace(/\.git$/, "");
  return host === undefined ? plain(origin) : `${host.toLowerCase()}/${plain(path ?? "")}`;
}
