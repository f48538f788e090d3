import { push } from "../transcript/tree/row-list.ts";

/** Name of a directory in a list: its last name, or, for a worktree, the repository and the worktree's own name. */
export interface ProjectName {
  readonly repository: string;
  /** The name of the worktree; undefined for any other directory. */
  readonly worktree: string | undefined;
}

/** A linked worktree and the repository it belongs to, by their paths. */
export interface Worktree {
  readonly path: string;
  readonly main: string;
}

/** Returns `acme`, or `acme#fix` for a worktree. */
export const projectLabel = ({ repository, worktree }: ProjectName): string =>
  worktree === undefined ? repository : `${repository}#${worktree}`;

/** Returns the name of a directory. Knows the usual places of worktrees, which may be gone; `find` asks the files of git. */
export function projectName(
  path: string,
  home: string,
  find: (path: string) => Worktree | undefined = () => undefined,
): ProjectName {
  if (path === home) return { repository: "~", worktree: undefined };
  const names = namesOf(path);
  const claude = names.lastIndexOf(".claude");
  if (claude > 0 && names[claude + 1] === "worktrees" && names.length > claude + 2) {
    return worktreeName(names[claude - 1] ?? "", names.slice(claude + 2));
  }
  const found = find(path);
  if (found !== undefined) {
    const below = namesOf(path.slice(found.path.length));
    return worktreeName(repositoryName(found.main), [namesOf(found.path).at(-1) ?? "", ...below]);
  }
  return byConvention(names) ?? { repository: names.at(-1) ?? path, worktree: undefined };
}

/** Recognises `~/.cursor/worktrees/acme/fix`, `~/conductor/workspaces/acme/oslo`, `~/acme/.worktrees/fix`, `~/acme/worktrees/fix`. */
function byConvention(names: readonly string[]): ProjectName | undefined {
  const at = names.findLastIndex((name) => WORKTREE_DIRS.has(name));
  const [before = "", place = "", first, second] = names.slice(Math.max(0, at - 1));
  if (at < 1 || first === undefined) return undefined;
  if (place === ".worktrees") return worktreeName(before, names.slice(at + 1));
  if (second !== undefined) return worktreeName(first, names.slice(at + 2));
  return place === "worktrees" && !before.startsWith(".") ? worktreeName(before, [first]) : undefined;
}

const WORKTREE_DIRS = new Set([".worktrees", "worktrees", "workspaces"]);

/** Names a directory in a worktree. `below`: the worktree's own name, then the path of the directory in it. */
function worktreeName(repository: string, below: readonly string[]): ProjectName {
  const [own = "", ...rest] = below;
  // Worktrees next to the repository are often named after it: `acme-fix`.
  const short = own.startsWith(repository) ? own.slice(repository.length).replace(/^[-_.]/, "") : own;
  return { repository, worktree: [short === "" ? own : short, ...rest].join("/") };
}

/** Returns the name of a repository: `acme` for `acme`, `acme.git` and `acme/.bare`. */
function repositoryName(main: string): string {
  const names = namesOf(main);
  const last = names.at(-1) ?? "";
  return last.startsWith(".") ? (names.at(-2) ?? last) : last.replace(/\.git$/, "");
}

/** Splits a path at both kinds of separators, since a transcript may come from another system. */
const namesOf = (path: string): string[] => path.split(/[/\\]/).filter((name) => name !== "");

/** Makes labels distinct: equal ones get names of parent directories, `web/src` and `api/src`, up to `MAX_LABEL_NAMES`. */
export function distinctLabels(
  directories: readonly { readonly path: string; readonly label: string }[],
): ReadonlyMap<string, string> {
  const labels = new Map(directories.map(({ path, label }) => [path, label]));
  for (let depth = 2; depth <= MAX_LABEL_NAMES; depth++) {
    const byLabel = new Map<string, string[]>();
    for (const [path, label] of labels) {
      push(byLabel, label, path);
    }
    for (const paths of byLabel.values()) {
      for (const path of paths.length > 1 ? paths : []) {
        const label = labels.get(path) ?? "";
        const above = namesOf(path).at(-depth);
        if (above !== undefined && !label.includes("#")) labels.set(path, `${above}/${label}`);
      }
    }
  }
  return labels;
}

/** Maximum number of path names in a label. */
const MAX_LABEL_NAMES = 3;
