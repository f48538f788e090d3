import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { movedPath, relocationOf, spellingsOf } from "../../../src/store/move/moved-path.ts";
import { tempConfigDir } from "../../support/config-dir.ts";
import { runs } from "../../support/runs.ts";

const of = (from: string, to: string) => ({ from: [from], to });

test.for<[path: string, from: string, to: string, moved: string | undefined]>([
  ["/a/foo", "/a/foo", "/a/bar", "/a/bar"],
  ["/a/foo/", "/a/foo", "/a/bar", "/a/bar"],
  ["/a/foo/src/x", "/a/foo", "/b", "/b/src/x"],
  ["/a/foo//src/../lib", "/a/foo/", "/b", "/b/lib"],
  ["/a/foo-docker", "/a/foo", "/a/bar", undefined],
  ["/a/foo.old/x", "/a/foo", "/a/bar", undefined],
  ["/a/Foo", "/a/foo", "/a/bar", undefined],
  ["/a", "/a/foo", "/a/bar", undefined],
  ["/a/foo/../baz", "/a/foo", "/a/bar", undefined],
  ["foo/x", "/a/foo", "/a/bar", undefined],
  ["", "/a/foo", "/a/bar", undefined],
  // Into itself: what is there already is not moved again.
  ["/a/x", "/a", "/a/app", "/a/app/x"],
  ["/a/app/x", "/a", "/a/app", undefined],
  ["/a/application", "/a", "/a/app", "/a/app/application"],
  // Up.
  ["/a/app/x", "/a/app", "/a", "/a/x"],
  ["/a/x", "/a/app", "/a", undefined],
])("%s, after %s became %s, is %s", ([given, from, to, moved]) => {
  expect(movedPath(given, of(from, to), "linux")).toBe(moved);
});

test.for<[path: string, from: string, to: string, moved: string | undefined]>([
  [String.raw`C:\Work\App\src`, String.raw`c:\work\app`, String.raw`D:\New`, String.raw`D:\New\src`],
  [String.raw`C:\Work\App2`, String.raw`c:\work\app`, String.raw`D:\New`, undefined],
  ["C:/Work/App/Src", String.raw`C:\Work\App`, String.raw`D:\New`, String.raw`D:\New\Src`],
])("on Windows %s, after %s became %s, is %s", ([given, from, to, moved]) => {
  expect(movedPath(given, of(from, to), "win32")).toBe(moved);
});

describe("property", () => {
  const name = fc.constantFrom("a", "foo", "foo-docker", "foo.x", "b", "é");
  const directory = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join("/")}`);

  test("a path moves exactly if the old one is it or above it, and keeps what is below", () => {
    fc.assert(
      fc.property(directory, directory, directory, (given, from, to) => {
        fc.pre(to !== from && !to.startsWith(`${from}/`));
        const isBelow = given === from || given.startsWith(`${from}/`);
        expect(movedPath(given, of(from, to))).toBe(isBelow ? to + given.slice(from.length) : undefined);
      }),
      { numRuns: runs(2000) },
    );
  });

  test("into itself, a path moves at most once", () => {
    fc.assert(
      fc.property(directory, directory, directory, (given, from, rest) => {
        const to = from + rest;
        const moved = movedPath(given, of(from, to));
        expect(moved === undefined ? undefined : movedPath(moved, of(from, to))).toBeUndefined();
      }),
      { numRuns: runs(1000) },
    );
  });
});

test("both spellings of a path with a link count, also of one that is gone", () => {
  const dir = tempConfigDir();
  fs.mkdirSync(path.join(dir, "real"));
  fs.symlinkSync("real", path.join(dir, "link"));
  const [given, real] = [path.join(dir, "link", "gone"), path.join(dir, "real", "gone")];
  expect(spellingsOf(given)).toEqual([given, real]);
  const relocation = relocationOf(given, path.join(dir, "link", "new"));
  for (const from of [given, real]) {
    expect(movedPath(path.join(from, "x"), relocation)).toBe(path.join(dir, "real", "new", "x"));
  }
});

test.for<[string, string, RegExp]>([
  ["", "/a", /from must be the path of a directory/],
  ["/a", "", /to must be the path of a directory/],
  ["/a\0", "/b", /from must be the path of a directory/],
  ["/", "/b", /from must not be the root directory/],
  ["/nowhere/a", "/nowhere/a/", /from and to are the same directory: \/nowhere\/a/],
])("%j to %j is refused", ([from, to, message]) => {
  expect(() => relocationOf(from, to)).toThrow(message);
});
