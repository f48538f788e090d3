import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cwdOfWindows, sessionCwd } from "../../../src/store/projects/session-cwd.ts";
import { HEAD_GROWTH_BYTES } from "../../../src/transcript/rows/limits.ts";

let root: string;
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "session-cwd-"));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const row = (value: object): string => JSON.stringify(value);
const user = (cwd: unknown): string => row({ type: "user", cwd, message: { content: "hi" } });
const side = (cwd: string): string => row({ type: "user", isSidechain: true, cwd });
const moved = (relocatedCwd: unknown, type = "relocated"): string => row({ type, relocatedCwd });
const filler = (bytes: number): string => row({ type: "x", p: "y".repeat(bytes) });

const cases: [string, string, string | undefined][] = [
  ["nothing", "", undefined],
  ["the first row that has one", [row({ type: "x" }), user("/a"), user("/b")].join("\n"), "/a"],
  ["any row may have it", [row({ type: "mode", cwd: "/m" }), user("/b")].join("\n"), "/m"],
  ["an empty one counts", [user(""), user("/b")].join("\n"), ""],
  ["one that is no string does not", [user(5), user(null), user(["/x"]), user("/b")].join("\n"), "/b"],
  ["a sidechain's counts after all others", [side("/s"), side("/t"), user("/a")].join("\n"), "/a"],
  ["a sidechain's counts where there is no other", [side("/s"), side("/t")].join("\n"), "/s"],
  ["a nested one does not", [row({ type: "user", message: { cwd: "/nested" } }), user("/b")].join("\n"), "/b"],
  ["one in a text does not", [row({ type: "user", text: '"cwd":"/text"' }), user("/b")].join("\n"), "/b"],
  ["of one member twice the last counts", '{"type":"x","cwd":"/a","cwd":"/b"}', "/b"],
  ["keys with escapes are keys", `${side("/s").replace("isS", "is\\u0053")}\n${user("/b")}`, "/b"],
  ["a bad row costs nothing", ["{bad", '"cwd":', user("/b")].join("\n"), "/b"],
  ["glued rows are rows", `{"type":"user","cwd":"/cut${user("/b")}`, "/b"],
  ["the first of two glued rows", user("/a") + user("/b"), "/a"],
  ["escapes and any letters", user('/a "b"\u2028日本😀\\'), '/a "b"\u2028日本😀\\'],
  ["no final newline, or many", `\n\n${user("/a")}`, "/a"],
  ["carriage returns", `${user("/a")}\r\n`, "/a"],
  ["where it was moved to", [user("/a"), moved("/m"), user("/b")].join("\n"), "/m"],
  ["where it was moved to last", [user("/a"), moved("/m"), moved("/n"), ""].join("\n"), "/n"],
  ["a move that names nothing is none", [user("/a"), moved("/m"), moved(5), moved(undefined)].join("\n"), "/m"],
  ["another type is no move", [user("/a"), moved("/m", "x")].join("\n"), "/a"],
  [
    "a type further in is no move",
    [user("/a"), row({ type: "user", relocatedCwd: "/n", x: { type: "relocated" } })].join("\n"),
    "/a",
  ],
  ["a broken move is none", [user("/a"), '{"type":"relocated","relocatedCwd":"/m'].join("\n"), "/a"],
  ["a move glued to a cut row", [user("/a"), `{"type":"user","x":"cut${moved("/m")}`].join("\n"), "/m"],
  ["a move between the windows", [user("/a"), moved("/m"), filler(200_000)].join("\n"), "/a"],
  ["a move in the tail", [user("/a"), filler(200_000), moved("/m")].join("\n"), "/m"],
  ["a move in the head of a long file", [moved("/m"), user("/a"), filler(70_000)].join("\n"), "/a"],
];

test.each(cases)("%s", (name, text, expected) => {
  const file = path.join(root, `${name}.jsonl`);
  fs.writeFileSync(file, text);
  expect(sessionCwd(file)).toBe(expected);
  const bytes = Buffer.from(text);
  expect(cwdOfWindows(bytes.subarray(0, 65536), bytes.subarray(-65536))).toBe(expected);
});

/** The first window names no `cwd`: its two ends tell nothing, the file does. */
const beyond: [string, string, string | undefined][] = [
  ["a first row beyond the head", [filler(70_000), user("/a"), filler(70_000)].join("\n"), "/a"],
  ["a first row that the head cuts", [filler(65_500), user("/a/b/c"), filler(70_000)].join("\n"), "/a/b/c"],
  ["no final newline", [filler(70_000), filler(70_000), user("/a")].join("\n"), "/a"],
  ["a bad row in between", [filler(70_000), "{bad", user("/a"), filler(70_000)].join("\n"), "/a"],
  [
    "further on than the beginning grows",
    [filler(HEAD_GROWTH_BYTES), user("/a"), filler(70_000)].join("\n"),
    undefined,
  ],
  [
    "cut off where the beginning ends",
    [filler(HEAD_GROWTH_BYTES - 50), user("/a"), filler(70_000)].join("\n"),
    undefined,
  ],
];

test.each(beyond)("beyond the window: %s", (name, text, expected) => {
  const file = path.join(root, `beyond ${name}.jsonl`);
  fs.writeFileSync(file, text);
  expect(sessionCwd(file)).toBe(expected);
});

describe("no readable regular file", () => {
  test("missing, a directory, a link, a pipe", () => {
    fs.mkdirSync(path.join(root, "dir.jsonl"));
    fs.writeFileSync(path.join(root, "target.jsonl"), user("/a"));
    fs.symlinkSync("target.jsonl", path.join(root, "link.jsonl"));
    execFileSync("mkfifo", [path.join(root, "pipe.jsonl")]);
    for (const name of ["gone", "dir", "link", "pipe"])
      expect(sessionCwd(path.join(root, `${name}.jsonl`))).toBeUndefined();
    expect(sessionCwd("a\0b")).toBeUndefined();
  });

  test("invalid UTF-8 is read as what it can be", () => {
    const file = path.join(root, "bytes.jsonl");
    fs.writeFileSync(
      file,
      Buffer.concat([Buffer.from('{"type":"user","cwd":"/a'), Buffer.from([0xff]), Buffer.from('"}\n')]),
    );
    expect(sessionCwd(file)).toBe("/a\ufffd");
  });
});

test("two files, one after the other, do not mix", () => {
  const a = path.join(root, "long.jsonl");
  const b = path.join(root, "short.jsonl");
  fs.writeFileSync(a, [user("/a"), moved("/m"), filler(100)].join("\n"));
  fs.writeFileSync(b, row({ type: "x" }));
  expect([sessionCwd(a), sessionCwd(b), sessionCwd(a)]).toEqual(["/m", undefined, "/m"]);
});
