import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { bytesBelow, Walker } from "../../../src/store/disk/walk.ts";
import type { Skipped } from "../../../src/store/types.ts";
import { put, tempConfigDir } from "../../support/config-dir.ts";

const walked = (walker: Walker, dir: string): string[] =>
  [...walker.below(dir)].map((entry) => path.relative(dir, entry.path).split(path.sep).join("/"));

test("what is in a directory comes before what is in the directories in it, by name", () => {
  const dir = tempConfigDir();
  for (const name of ["b/x/1", "b/2", "a/3", "c"]) put(dir, name, "12");
  expect(walked(new Walker([]), dir)).toEqual(["a", "b", "c", "projects", "a/3", "b/2", "b/x", "b/x/1"]);
  expect(bytesBelow(dir, [])).toBe(8);
});

test("no directory is entered twice, and a link is only followed to enter it", () => {
  const dir = tempConfigDir();
  put(dir, "a/b/c", "1");
  fs.symlinkSync("a/b", path.join(dir, "link"));
  const walker = new Walker([]);
  expect([walker.enter(path.join(dir, "link")), walker.enter(path.join(dir, "a/b"))]).toEqual([true, false]);
  expect(walked(walker, dir)).toEqual(["a", "link", "projects", "a/b"]);
  expect(walked(walker, dir)).toEqual([]);
  expect(walked(new Walker([]), path.join(dir, "link"))).toEqual([]);
  expect(walker.enter(path.join(dir, "a/b/c"))).toBe(false);
});

test.skipIf(process.platform === "win32")("goes as deep as there are directories", () => {
  const dir = tempConfigDir();
  const root = path.join(dir, "deep");
  let at = root;
  // The longest path is 4096 bytes on Linux, and less elsewhere.
  for (let depth = 0; depth < 150; depth++) at = path.join(at, "d");
  fs.mkdirSync(at, { recursive: true });
  fs.writeFileSync(path.join(at, "x"), "123");
  expect(walked(new Walker([]), root)).toHaveLength(151);
  expect(bytesBelow(root, [])).toBe(3);
});

test("the bound is one for all walks, a directory that was begun is finished, and what is left out is counted", () => {
  const dir = tempConfigDir();
  for (let n = 0; n < 30; n++) put(dir, `d${n}/x`, "1");
  const walker = new Walker([], 2);
  expect(walked(walker, path.join(dir, "d1"))).toHaveLength(1);
  expect(walker.notWalked).toBeUndefined();
  expect(walked(walker, dir)).toHaveLength(31);
  const { limit, directories, paths } = walker.notWalked ?? { paths: [] };
  expect({ limit, directories, named: paths.length }).toEqual({ limit: 2, directories: 31, named: 20 });
});

test.skipIf(process.getuid?.() === 0)("what cannot be looked at is named", () => {
  const dir = tempConfigDir();
  const closed = path.dirname(put(dir, "closed/x", "1"));
  fs.chmodSync(closed, 0);
  const skipped: Skipped[] = [];
  expect(walked(new Walker(skipped), dir)).toEqual(["closed", "projects"]);
  fs.chmodSync(closed, 0o700);
  expect(skipped).toEqual([{ path: closed, reason: "EACCES" }]);
});
