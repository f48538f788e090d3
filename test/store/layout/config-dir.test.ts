import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resolveConfigDir, resolveConfigDirs } from "../../../src/store/layout/config-dir.ts";

const home = process.cwd();
const saved = { ...process.env };
let root: string;

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "config-dir-")));
});
afterEach(() => {
  process.chdir(home);
  for (const name of ["HOME", "CLAUDE_CONFIG_DIR"]) {
    if (saved[name] === undefined) delete process.env[name];
    else process.env[name] = saved[name];
  }
  fs.rmSync(root, { recursive: true, force: true });
});

describe("resolveConfigDir", () => {
  test.each([
    ["/c", "/c"],
    ["/c/", "/c/"],
    ["rel", "rel"],
    ["~/x", "~/x"],
    ["", ""],
    ["/cfge\u0301", "/cfg\u00e9"],
  ])("CLAUDE_CONFIG_DIR=%j", (value, expected) => {
    expect(resolveConfigDir({ CLAUDE_CONFIG_DIR: value })).toBe(expected);
  });

  test("unset: .claude in the home directory", () => {
    expect(resolveConfigDir({})).toBe(path.join(os.homedir(), ".claude"));
    process.env["HOME"] = root;
    delete process.env["CLAUDE_CONFIG_DIR"];
    expect(resolveConfigDir()).toBe(path.join(root, ".claude"));
  });
});

describe("resolveConfigDirs", () => {
  test("without the option: the one of the environment, absolute", () => {
    process.chdir(root);
    process.env["CLAUDE_CONFIG_DIR"] = "rel/";
    expect(resolveConfigDirs()).toEqual([path.join(root, "rel")]);
    process.env["CLAUDE_CONFIG_DIR"] = "";
    expect(resolveConfigDirs({ configDirs: undefined })).toEqual([root]);
  });

  test("as given, in that order, each real directory once", () => {
    process.chdir(root);
    for (const name of ["b", "a"]) fs.mkdirSync(path.join(root, name));
    fs.symlinkSync("a", path.join(root, "link"));
    const at = (name: string): string => path.join(root, name);
    expect(resolveConfigDirs({ configDirs: ["b", at("link"), at("a"), "b/", "gone", at("gone")] })).toEqual([
      at("b"),
      at("link"),
      at("gone"),
    ]);
  });

  test("an empty list means none", () => {
    expect(resolveConfigDirs({ configDirs: [] })).toEqual([]);
  });
});
