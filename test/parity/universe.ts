import fs from "node:fs";
import path from "node:path";

/** Directories that projects are run in; made once for many stores, since only the stores differ. */
export interface Universe {
  readonly root: string;
  /** Each with the kind of place it is. */
  readonly places: readonly { readonly path: string; readonly kind: PlaceKind }[];
}

type PlaceKind =
  | "plain"
  | "repo"
  | "worktree"
  | "gone-worktree"
  | "subdirectory"
  | "lone-repo"
  | "bare"
  | "long"
  | "missing"
  | "link"
  | "colliding"
  | "file"
  | "odd-name";

export function makeUniverse(root: string): Universe {
  const at = (...names: string[]): string => path.join(root, ...names);
  const places: { path: string; kind: PlaceKind }[] = [];
  const add = (kind: PlaceKind, dir: string, make = true): string => {
    if (make) fs.mkdirSync(dir, { recursive: true });
    places.push({ path: dir, kind });
    return dir;
  };

  add("plain", at("plain"));
  add("plain", at("other", "deep", "project"));
  add("odd-name", at("my app.v1_ü日本😀"));
  add("odd-name", at("e\u0301-nfd"));
  add("missing", at("never", "made"), false);
  add("missing", "relative/never", false);

  const repo = add("repo", at("repo"));
  gitRepo(repo);
  add("subdirectory", at("repo", "packages", "core"));
  gitWorktree(repo, "one", add("worktree", at("trees", "one")));
  gitWorktree(repo, "two", add("worktree", at("trees", "two.x")));
  gitWorktree(repo, "nested", add("worktree", at("repo", ".claude", "worktrees", "nested")));
  const gone = at("trees", "gone");
  gitWorktree(repo, "gone", gone);
  fs.rmSync(gone, { recursive: true, force: true });
  add("gone-worktree", gone, false);

  gitRepo(add("lone-repo", at("lone")));
  add("subdirectory", at("lone", "sub"));

  const bare = add("bare", at("bare.git"));
  gitRepo(bare, bare);
  gitWorktree(bare, "b1", add("worktree", at("bare-tree")), bare);

  // Both spellings give one key, and both exist.
  add("colliding", at("col", "a-b"));
  add("colliding", at("col", "a", "b"));
  add("colliding", at("col", "a.b"), false);

  const segment = "segment-of-a-very-long-path";
  const long = at(...Array.from({ length: 9 }, (_, i) => `${segment}-${i}`));
  add("long", long);
  add("long", at(...Array.from({ length: 9 }, (_, i) => `${segment}-${i}`), "inner"));

  fs.symlinkSync(at("plain"), at("link"));
  places.push({ path: at("link"), kind: "link" });
  fs.symlinkSync(at("nowhere"), at("dangling"));
  places.push({ path: at("dangling"), kind: "link" });
  fs.symlinkSync(repo, at("repo-link"));
  places.push({ path: at("repo-link"), kind: "link" });
  fs.writeFileSync(at("a-file"), "x");
  places.push({ path: at("a-file"), kind: "file" });
  return { root, places };
}

/** A repository as git writes it, without a commit. */
function gitRepo(dir: string, gitDir = path.join(dir, ".git")): void {
  for (const name of ["objects", "refs/heads"]) fs.mkdirSync(path.join(gitDir, name), { recursive: true });
  fs.writeFileSync(path.join(gitDir, "HEAD"), "ref: refs/heads/main\n");
  const bare = gitDir === dir;
  fs.writeFileSync(path.join(gitDir, "config"), `[core]\n\trepositoryformatversion = 0\n\tbare = ${bare}\n`);
}

function gitWorktree(repo: string, name: string, dir: string, gitDir = path.join(repo, ".git")): void {
  fs.mkdirSync(dir, { recursive: true });
  const own = path.join(gitDir, "worktrees", name);
  fs.mkdirSync(own, { recursive: true });
  fs.writeFileSync(path.join(own, "HEAD"), `ref: refs/heads/${name}\n`);
  fs.writeFileSync(path.join(own, "commondir"), "../..\n");
  fs.writeFileSync(path.join(own, "gitdir"), `${path.join(dir, ".git")}\n`);
  fs.writeFileSync(path.join(dir, ".git"), `gitdir: ${own}\n`);
}
