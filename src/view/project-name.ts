/** What a directory is called in a list: by its last name, or, of a worktree, by the repository and its own name. */
export interface ProjectName {
  readonly repository: string;
  /** The name of a worktree of it; undefined for any other directory. */
  readonly worktree: string | undefined;
}

/** A linked worktree and the repository it belongs to, by their paths. */
export interface Worktree {
  readonly path: string;
  readonly main: string;
}

/** `acme`; of a worktree `acme#fix`. */
export const projectLabel = ({ repository, worktree }: ProjectName): string =>
  worktree === undefined ? repository : `${repository}#${worktree}`;

/**
 * The name of a directory. Worktrees are known by where Claude Code and other tools put them, since they are often gone
 * by the time their sessions are looked at; `find` asks git's files about any other directory.
 */
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

/** `~/.cursor/worktrees/acme/fix`, `~/conductor/workspaces/acme/oslo`, `~/acme/.worktrees/fix`, `~/acme/worktrees/fix`. */
function byConvention(names: readonly string[]): ProjectName | undefined {
  const at = names.findLastIndex((name) => PLACES.has(name));
  const [before = "", place = "", first, second] = names.slice(Math.max(0, at - 1));
  if (at < 1 || first === undefined) return undefined;
  if (place === ".worktrees") return worktreeName(before, names.slice(at + 1));
  if (second !== undefined) return worktreeName(first, names.slice(at + 2));
  return place === "worktrees" && !before.startsWith(".") ? worktreeName(before, [first]) : undefined;
}

const PLACES = new Set([".worktrees", "worktrees", "workspaces"]);

/** `below`: its own name, and those of the directory in it that is meant. */
function worktreeName(repository: string, below: readonly string[]): ProjectName {
  const [own = "", ...rest] = below;
  // Beside the repository they are often called after it: `acme-fix`.
  const short = own.startsWith(repository) ? own.slice(repository.length).replace(/^[-_.]/, "") : own;
  return { repository, worktree: [short === "" ? own : short, ...rest].join("/") };
}

/** Of `acme`, `acme.git` and `acme/.bare`. */
function repositoryName(main: string): string {
  const names = namesOf(main);
  const last = names.at(-1) ?? "";
  return last.startsWith(".") ? (names.at(-2) ?? last) : last.replace(/\.git$/, "");
}

/** A transcript may come from another system: both kinds of separators count. */
const namesOf = (path: string): string[] => path.split(/[/\\]/).filter((name) => name !== "");

/**
 * Labels that tell several directories apart: those that have the same name are called by the one above it as well,
 * `web/src` and `api/src`, as far as that helps.
 */
export function distinctLabels(
  directories: readonly { readonly path: string; readonly label: string }[],
): ReadonlyMap<string, string> {
  const labels = new Map(directories.map(({ path, label }) => [path, label]));
  for (let depth = 2; depth <= DEEPEST; depth++) {
    const byLabel = new Map<string, string[]>();
    for (const [path, label] of labels) {
      const others = byLabel.get(label);
      if (others === undefined) byLabel.set(label, [path]);
      else others.push(path);
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

/** Names of a path that a label has at most. */
const DEEPEST = 3;
