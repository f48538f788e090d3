import { renameSession } from "@anthropic-ai/claude-agent-sdk";
import fc from "fast-check";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  canonicalPath,
  diskKey,
  keyOfPath,
  keyOverride,
  projectKey,
  sanitizePath,
} from "../../../src/store/layout/project-key.ts";
import { anyCodePoint } from "../../support/any-text.ts";
import { runs } from "../../support/runs.ts";

const home = process.cwd();
let root: string;

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "project-key-")));
  process.env["CLAUDE_CONFIG_DIR"] = root;
});
afterEach(() => {
  process.chdir(home);
  delete process.env["CLAUDE_CONFIG_DIR"];
  delete process.env["CLAUDE_CODE_PROJECT_DIR_NAME"];
  fs.rmSync(root, { recursive: true, force: true });
});

/** The official module tells its key only through a session store. */
async function officialKey(dir: string | undefined): Promise<string> {
  let key = "";
  await renameSession("00000000-0000-4000-8000-000000000001", "t", {
    ...(dir === undefined ? {} : { dir }),
    sessionStore: {
      append: async (k: { projectKey: string }) => void (key = k.projectKey),
      load: async () => null,
    },
  });
  return key;
}

describe("projectKey", () => {
  const a = (n: number): string => "a".repeat(n);
  test.each<[string, string]>([
    ["/srv/x", "-srv-x"],
    ["/srv/x/", "-srv-x"],
    ["/srv//x", "-srv-x"],
    ["/srv/./x/../y", "-srv-y"],
    ["/home/Jane Doe/my.app_v1", "-home-Jane-Doe-my-app-v1"],
    ["/a/b-c", "-a-b-c"],
    ["/a-b/c", "-a-b-c"],
    ["/Ünïcödé/日本", "--n-c-d----"],
    ["/emoji/😀/x", "-emoji----x"],
    ["/nfd/e\u0301", "-nfd-e-"],
    ["/nfc/\u00e9", "-nfc--"],
    ["C:\\Users\\me\\proj", "-usr-C--Users-me-proj"],
    ["\\\\server\\share\\p", "-usr---server-share-p"],
    ["/", "-"],
    ["/a\nb", "-a-b"],
    [`/${a(198)}`, `-${a(198)}`],
    [`/${a(199)}`, `-${a(199)}`],
    [`/${a(200)}`, `-${a(199)}-b6ymvl`],
    [`/${a(250)}`, `-${a(199)}-feo44x`],
    [`/${"é".repeat(250)}`, `${"-".repeat(200)}-5hvcwf`],
    [`/${"😀".repeat(120)}`, `${"-".repeat(200)}-fp2zqh`],
    ["", "-usr"],
    [".", "-usr"],
    ["rel/none", "-usr-rel-none"],
    ["~/x", "-usr---x"],
  ])("%j", (dir, key) => {
    process.chdir("/usr");
    expect(projectKey(dir)).toBe(key);
  });

  test("without a directory: that of the current one", () => {
    process.chdir("/usr");
    expect(projectKey()).toBe("-usr");
    expect(projectKey(undefined)).toBe("-usr");
  });

  test("follows links to what exists, and keeps the name of what does not", async () => {
    fs.mkdirSync(path.join(root, "real"));
    fs.symlinkSync("real", path.join(root, "link"));
    fs.symlinkSync("nowhere", path.join(root, "dangling"));
    for (const name of ["real", "link", "link/sub/..", "dangling", "none", "real/"]) {
      const dir = path.join(root, name);
      expect(projectKey(dir)).toBe(await officialKey(dir));
    }
    expect(projectKey(path.join(root, "link"))).toBe(keyOfPath(path.join(root, "real")));
  });

  test("is the official key for any path", async () => {
    const name = fc.oneof(
      fc.string({ unit: anyCodePoint, maxLength: 40 }),
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom("a", "Z", "0", "-", "_", ".", "/", "\\", ":", " ", "é", "e\u0301", "\ud800", "😀"),
        maxLength: 40,
      }),
    );
    const anyPath = fc.array(name, { maxLength: 16 }).map((names) => names.join("/"));
    await fc.assert(
      fc.asyncProperty(fc.boolean(), anyPath, async (absolute, rest) => {
        const dir = absolute ? `/${rest}` : rest;
        expect(projectKey(dir)).toBe(await officialKey(dir));
      }),
      { numRuns: runs(1000) },
    );
  });

  test("is the official key around the length where the hash begins", async () => {
    const unit = fc.constantFrom("a", "é", "-", "😀", "日");
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, minLength: 190, maxLength: 220 }), async (rest) => {
        expect(projectKey(`/${rest}`)).toBe(await officialKey(`/${rest}`));
      }),
      { numRuns: runs(300) },
    );
  });

  test.each([
    ["custom_name", "custom_name"],
    ["A-1", "A-1"],
    ["x".repeat(64), "x".repeat(64)],
    ["x".repeat(65), "-srv-x"],
    ["", "-srv-x"],
    ["a.b", "-srv-x"],
    ["a/b", "-srv-x"],
    ["..", "-srv-x"],
    ["con", "-srv-x"],
    ["COM1", "-srv-x"],
    ["lpt9", "-srv-x"],
    ["com10", "com10"],
    ["a\n", "-srv-x"],
  ])("CLAUDE_CODE_PROJECT_DIR_NAME %j", async (name, key) => {
    process.env["CLAUDE_CODE_PROJECT_DIR_NAME"] = name;
    expect(projectKey("/srv/x")).toBe(key);
    expect(await officialKey("/srv/x")).toBe(key);
    expect(diskKey("/srv/x")).toBe(key);
  });

  test.each([undefined, ""])("the override does not count while CLAUDE_CONFIG_DIR is %j", (configDir) => {
    expect(keyOverride({ CLAUDE_CONFIG_DIR: configDir, CLAUDE_CODE_PROJECT_DIR_NAME: "custom" })).toBeUndefined();
  });
});

describe("canonicalPath", () => {
  test("real path of what exists, the very string of what does not", () => {
    const real = path.join(root, "real");
    fs.mkdirSync(path.join(real, "sub"), { recursive: true });
    fs.symlinkSync("real", path.join(root, "link"));
    fs.symlinkSync("nowhere", path.join(root, "dangling"));
    fs.writeFileSync(path.join(root, "file"), "");
    const cases: [string, string][] = [
      [real, real],
      [`${real}/`, real],
      [path.join(root, "link"), real],
      [`${root}/link/sub/..`, real],
      [path.join(root, "dangling"), path.join(root, "dangling")],
      [path.join(root, "file"), path.join(root, "file")],
      ["/nonexistent-q/foo/", "/nonexistent-q/foo/"],
      ["/nonexistent-q//foo", "/nonexistent-q//foo"],
      ["rel-none/x", "rel-none/x"],
      ["nul\0byte", "nul\0byte"],
    ];
    for (const [dir, expected] of cases) expect(canonicalPath(dir)).toBe(expected);
  });

  test("diskKey of a path that does not exist is not resolved", () => {
    expect(diskKey("rel-none/x")).toBe("rel-none-x");
    expect(diskKey("/nonexistent-q/foo/")).toBe("-nonexistent-q-foo-");
    expect(diskKey("C:\\x\\y")).toBe("C--x-y");
  });
});

test("sanitizePath keeps the full length", () => {
  expect(sanitizePath(`/${"é".repeat(250)}`)).toBe("-".repeat(251));
});
