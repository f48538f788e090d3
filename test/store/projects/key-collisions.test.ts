import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ForeignFilter } from "../../../src/store/projects/key-collisions.ts";
import type { Platform } from "../../../src/store/disk/platform.ts";
import { tempConfigDir } from "../../support/config-dir.ts";

/** `<root>/a-b` and `<root>/a/b` have one key; `a_b` leads to `a-b`; `a+b` does not exist. */
function directories(): string {
  const root = tempConfigDir();
  fs.mkdirSync(path.join(root, "a-b/sub"), { recursive: true });
  fs.mkdirSync(path.join(root, "a/b/c"), { recursive: true });
  fs.mkdirSync(path.join(root, "A-B"));
  fs.symlinkSync(path.join(root, "a-b"), path.join(root, "a_b"));
  return root;
}

test.each<[cwd: string | undefined, foreign: boolean, why: string]>([
  ["a-b", false, "is the directory"],
  ["a/b", true, "is another one of the same key"],
  ["a/b/", false, "has another key, for its slash"],
  ["a_b", false, "leads to the directory"],
  ["a+b", false, "is gone, and may have been moved"],
  ["a-b/sub", false, "is inside"],
  ["elsewhere", false, "has another key"],
  [undefined, false, "is not known"],
])("%s: %s, for it %s", (name, foreign) => {
  const root = directories();
  const dir = path.join(root, "a-b");
  const filter = new ForeignFilter([dir]);
  const cwd = name === undefined ? undefined : root + path.sep + name;
  for (let time = 0; time < 2; time++) expect(filter.isForeign(cwd, dir)).toBe(foreign);
});

test("a worktree of the same key is no stranger", () => {
  const root = directories();
  const [dir, worktree] = [path.join(root, "a-b"), path.join(root, "a/b")];
  expect(new ForeignFilter([dir, worktree]).isForeign(worktree, dir)).toBe(false);
  expect(new ForeignFilter([dir, path.join(root, "a")]).isForeign(worktree, dir)).toBe(false);
});

test.each<[platform: Platform, foreign: boolean]>([
  ["linux", false],
  ["darwin", false],
  ["win32", false],
])("letters of another case on %s", (platform, foreign) => {
  const root = directories();
  const dir = path.join(root, "a-b");
  expect(new ForeignFilter([dir], platform).isForeign(path.join(root, "A-B"), dir)).toBe(foreign);
});

test("with all projects nobody is a stranger", () => {
  expect(new ForeignFilter([]).isForeign("/x/a/b", undefined)).toBe(false);
});
