import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { repositoryPlace } from "../../../src/store/projects/repository-origin.ts";
import { put, tempConfigDir } from "../../support/config-dir.ts";

function repository(config: string): string {
  const dir = path.join(tempConfigDir(), "shop");
  put(dir, ".git/HEAD", "ref: refs/heads/main\n");
  for (const name of ["objects", "refs"]) fs.mkdirSync(path.join(dir, ".git", name));
  put(dir, ".git/config", config);
  return dir;
}

test.for([
  ["https://example.org/a.git", "https://example.org/a.git"],
  ["https://me@example.org/a.git", "https://example.org/a.git"],
  ["https://me:p@ss@example.org:8443/a.git?token=1#x", "https://example.org:8443/a.git"],
  ["ssh://git@example.org/a.git", "ssh://git@example.org/a.git"],
  ["ssh://git:pass@example.org/a.git", "ssh://git@example.org/a.git"],
  ["git@example.org:a.git", "git@example.org:a.git"],
  ["/srv/git/a@b.git", "/srv/git/a@b.git"],
  ['"https://example.org/a#b" ; mine', "https://example.org/a"],
  ["https://example.org/a.git # mine", "https://example.org/a.git"],
])("the origin %s is named %s", ([url, named]) => {
  const dir = repository(`[remote "origin"]\n\turl = ${url}\n`);
  expect(repositoryPlace(dir)).toEqual({ origin: named, path: "" });
});

test.for([
  ["no remote", "[core]\n\tbare = false\n"],
  ["another remote", '[remote "fork"]\n\turl = x\n'],
  ["another section", '[remote "origin"]\n\tfetch = y\n[branch "origin"]\n\turl = x\n'],
  ["an empty URL", '[remote "origin"]\n\turl =\n'],
] as const)("a repository with %s has no place", ([, config]) => {
  expect(repositoryPlace(repository(config))).toBeUndefined();
});

test("a worktree has the origin of its repository, a plain directory has none", () => {
  const dir = repository('[Remote "origin"]\n\tURL = x\n\turl = y\n');
  put(dir, ".git/worktrees/api/commondir", "../..\n");
  put(dir, ".git/worktrees/api/HEAD", "ref: refs/heads/api\n");
  const worktree = path.join(dir, "..", "api");
  put(worktree, ".git", `gitdir: ${dir}/.git/worktrees/api\n`);
  fs.mkdirSync(path.join(worktree, "src"));
  expect(repositoryPlace(path.join(worktree, "src"))).toEqual({ origin: "y", path: "src" });
  expect(repositoryPlace(path.dirname(dir))).toBeUndefined();
  expect(repositoryPlace(path.join(dir, "gone"))).toBeUndefined();
});
