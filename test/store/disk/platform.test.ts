import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  canSyncDirectory,
  comparablePath,
  directorySpellings,
  foldKey,
  isInside,
  normalizePath,
  realOrSelf,
  type Platform,
} from "../../../src/store/disk/platform.ts";

describe("normalizePath", () => {
  test.each<[Platform, string, string]>([
    ["linux", "/e\u0301", "/e\u0301"],
    ["win32", "C:\\e\u0301", "C:\\e\u0301"],
    ["darwin", "/e\u0301", "/\u00e9"],
    ["darwin", "/\u00e9", "/\u00e9"],
  ])("%s %j", (platform, given, expected) => expect(normalizePath(given, platform)).toBe(expected));
});

describe("foldKey", () => {
  test.each<[Platform, string, string]>([
    ["linux", "-A-b", "-A-b"],
    ["darwin", "-A-b", "-A-b"],
    ["win32", "C--Users-Me", "c--users-me"],
  ])("%s %j", (platform, given, expected) => expect(foldKey(given, platform)).toBe(expected));
});

describe("canSyncDirectory", () => {
  test.each<[Platform, boolean]>([
    ["linux", true],
    ["darwin", true],
    ["win32", false],
  ])("%s", (platform, expected) => expect(canSyncDirectory(platform)).toBe(expected));
});

describe("directorySpellings", () => {
  test.each<[Platform, string, string, string[]]>([
    ["linux", "/link", "/real", ["/real"]],
    ["linux", "Z:\\p", "Z:\\p", ["Z:\\p"]],
    ["darwin", "/link", "/real", ["/real"]],
    // A mapped or substituted drive resolves to a longer path: both forms may have named the project.
    ["win32", "Z:\\p", "\\\\server\\share\\p", ["\\\\server\\share\\p", "Z:\\p"]],
    ["win32", "Z:\\p", "C:\\work\\p", ["C:\\work\\p", "Z:\\p"]],
    ["win32", "z:/p/Q/", "C:\\work\\P\\q", ["C:\\work\\P\\q", "z:\\p\\Q"]],
    ["win32", "Z:\\", "C:\\work", ["C:\\work", "Z:\\"]],
    // The same drive says nothing new, and neither does another place.
    ["win32", "c:\\work\\p", "C:\\work\\p", ["C:\\work\\p"]],
    ["win32", "Z:\\link", "C:\\work\\p", ["C:\\work\\p"]],
    ["win32", "Z:\\a\\b\\c", "C:\\c", ["C:\\c"]],
    ["win32", "Z:\\a\\b", "Z:\\b", ["Z:\\b"]],
    ["win32", "p", "C:\\work\\p", ["C:\\work\\p"]],
    ["win32", "\\\\server\\share\\p", "\\\\server\\share\\p", ["\\\\server\\share\\p"]],
  ])("%s %j as %j", (platform, given, real, expected) => {
    expect(directorySpellings(given, real, platform)).toEqual(expected);
  });
});

describe("comparablePath", () => {
  const groups: [Platform, string[]][] = [
    ["linux", ["/a/b", "/a/b/", "/a//b", "/a/./b", "/a/c/../b", "/a/b//"]],
    ["linux", ["/A/b"]],
    ["linux", ["/a/B"]],
    ["linux", ["/a\\b"]],
    ["linux", ["/e\u0301"]],
    ["linux", ["/\u00e9"]],
    ["linux", ["/", "//", "/./"]],
    ["darwin", ["/e\u0301", "/\u00e9", "/\u00e9/"]],
    ["darwin", ["/a"]],
    ["darwin", ["/A"]],
    ["win32", ["C:\\a\\B", "c:\\a\\b", "C:/a/b", "c:/A/b/", "C:\\a\\.\\b\\", "C:\\a\\c\\..\\b"]],
    ["win32", ["C:\\", "c:/", "C:\\."]],
    ["win32", ["\\\\Server\\Share\\p", "//server/share/p/", "\\\\server\\share\\p"]],
    ["win32", ["D:\\a\\b"]],
  ];
  test.each(groups)("%s %j are one", (platform, spellings) => {
    expect(new Set(spellings.map((spelling) => comparablePath(spelling, platform))).size).toBe(1);
  });
  test.each<Platform>(["linux", "darwin", "win32"])("the groups of %s are different", (platform) => {
    const own = groups
      .filter(([of]) => of === platform)
      .map(([, spellings]) => comparablePath(spellings[0] ?? "", platform));
    expect(new Set(own).size).toBe(own.length);
  });
});

describe("isInside", () => {
  test.each<[Platform, string, string, boolean]>([
    ["linux", "/a/b", "/a/b", true],
    ["linux", "/a/b/c", "/a/b", true],
    ["linux", "/a/b/c", "/a/b/", true],
    ["linux", "/a/bc", "/a/b", false],
    ["linux", "/a", "/a/b", false],
    ["linux", "/a/b/../c", "/a/b", false],
    ["linux", "/a", "/", true],
    ["linux", "/A/b", "/a", false],
    ["darwin", "/e\u0301/x", "/\u00e9", true],
    ["win32", "c:\\A\\b", "C:\\a", true],
    ["win32", "C:/a/b", "C:\\a\\", true],
    ["win32", "C:\\ab", "C:\\a", false],
    ["win32", "C:\\a", "C:\\", true],
    ["win32", "D:\\a", "C:\\", false],
  ])("%s %j in %j", (platform, inner, outer, expected) => expect(isInside(inner, outer, platform)).toBe(expected));
});

test("realOrSelf follows links that lead somewhere", () => {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "platform-")));
  try {
    const at = (name: string): string => path.join(root, name);
    fs.mkdirSync(at("real"));
    fs.symlinkSync("real", at("link"));
    fs.symlinkSync("nowhere", at("dangling"));
    expect(realOrSelf(at("link"))).toBe(at("real"));
    expect(realOrSelf(at("dangling"))).toBe(at("dangling"));
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
});
