import { spawn } from "node:child_process";
import fs from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  overwriteWarning,
  parsePidFile,
  requireNotInUse,
  sessionInUse,
  useOfSession,
} from "../../../src/store/live/session-in-use.ts";
import { isOurPidDomain, processStart, startInProcStat } from "../../../src/store/disk/processes.ts";
import { RECENT_CHANGE_MS } from "../../../src/transcript/rows/limits.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { openByThisProcess } from "../../support/live.ts";

const ID = sessionId(1);
const NOW = 1_800_000_000_000;
const OLD = NOW - RECENT_CHANGE_MS;
const RECENT = NOW - RECENT_CHANGE_MS + 1;
const linux = process.platform === "linux";
const domain = (): string => {
  const machine = fs.existsSync("/etc/machine-id") ? fs.readFileSync("/etc/machine-id", "utf8").trim() : "";
  return `linux:${machine}:${fs.readlinkSync("/proc/self/ns/pid")}`;
};

/** A process that waits, as a CLI at its prompt does. */
function running(): { pid: number; procStart: string } {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const pid = child.pid ?? 0;
  return { pid, procStart: processStart(pid) ?? "" };
}

describe.runIf(linux)("sessionInUse", () => {
  type Fields = Record<string, unknown>;
  const cases: [string, (own: Fields) => Fields | string, "process" | "recent" | undefined][] = [
    ["a process that runs and has it open", (own) => own, "process"],
    ["a process that has another session open", (own) => ({ ...own, sessionId: sessionId(2) }), undefined],
    ["a process that has no session", (own) => ({ ...own, sessionId: undefined }), undefined],
    ["a pid that was given out again", (own) => ({ ...own, procStart: "1" }), undefined],
    ["a process of another pid domain", (own) => ({ ...own, pidDomain: "linux:other:pid:[1]" }), "recent"],
    ["a process that runs, its start unknown", (own) => ({ ...own, procStart: undefined }), "recent"],
    ["an older CLI's file, its process here", (own) => ({ ...own, pidDomain: undefined }), "process"],
    [
      "an older CLI's file, another process here",
      (own) => ({ ...own, procStart: "1", pidDomain: undefined }),
      "recent",
    ],
    ["a file in the middle of being written", (own) => JSON.stringify(own).slice(0, 40), "recent"],
    ["an empty file", () => "", "recent"],
    ["a file that is no object", () => "[]", "recent"],
  ];
  test.for(cases)("%s", ([, file, expected]) => {
    const dir = tempConfigDir();
    const own = { ...running(), sessionId: ID, pidDomain: domain(), cwd: "/w" };
    const content = file(own);
    put(dir, `sessions/${own.pid}.json`, typeof content === "string" ? content : JSON.stringify(content));
    put(dir, `sessions/${own.pid}.${"0".repeat(64)}.key`, "{}");
    const use = (mtimesMs: number[]): string | undefined => sessionInUse(ID, { configDir: dir, mtimesMs }, NOW)?.by;
    expect(use([OLD, RECENT])).toBe(expected);
    // Where it can be told, the age of the transcript says nothing; where not, an old one is not in use.
    expect(use([OLD])).toBe(expected === "recent" ? undefined : expected);
    expect(use([])).toBe(expected === "recent" ? undefined : expected);
  });

  test.for([
    ["whose process was killed", { procStart: "5", pidDomain: "ours" }, undefined],
    ["of another domain", { procStart: "5", pidDomain: "linux:other:pid:[1]" }, "recent"],
    ["of an older CLI", {}, "recent"],
    ["that is torn", "{", undefined],
  ] as const)("a file that stayed behind, %s", ([, fields, expected]) => {
    const dir = tempConfigDir();
    // No process has so high a number.
    const pid = 2 ** 22 + 7;
    const own = fields === "{" ? fields : { ...fields, pid, sessionId: ID };
    const text = typeof own === "string" ? own : JSON.stringify(own).replace('"ours"', JSON.stringify(domain()));
    put(dir, `sessions/${pid}.json`, text);
    expect(sessionInUse(ID, { configDir: dir, mtimesMs: [RECENT] }, NOW)?.by).toBe(expected);
  });

  test("a process that has ended and waits for its parent is gone", () => {
    expect(startInProcStat("77 (a) b) Z 1 77 77 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 144051 0")).toBe("ended");
  });

  test("says which process, and what to do", () => {
    const dir = tempConfigDir();
    const own = { ...running(), sessionId: ID, pidDomain: domain() };
    put(dir, `sessions/${own.pid}.json`, JSON.stringify(own));
    const places = [
      { configDir: tempConfigDir(), mtimesMs: [NOW] },
      { configDir: dir, mtimesMs: [OLD] },
    ];
    expect(() => requireNotInUse(ID, places)).toThrow(
      expect.objectContaining({
        code: "SessionInUse",
        message: `Session ${ID} is in use: process ${own.pid} has it open`,
        hint: expect.stringContaining("force"),
        data: { sessionId: ID, by: "process", pid: own.pid, configDir: dir },
      }),
    );
  });
});

describe.runIf(linux)("a session of several config dirs", () => {
  test("is in use in the config dir of any copy, and its title and tag may be overwritten", () => {
    const [here, there, elsewhere] = [tempConfigDir(), tempConfigDir(), tempConfigDir()];
    const configDirs = [here, there, elsewhere];
    for (const dir of [here, there]) put(dir, `projects/-w/${ID}.jsonl`, conversation(ID, "hi"), { mtime: OLD / 1000 });
    openByThisProcess(elsewhere, ID);
    expect(useOfSession(ID, { configDirs })).toBeUndefined();
    expect(overwriteWarning(ID, "the title", { configDirs })).toBeUndefined();
    openByThisProcess(there, ID);
    expect(useOfSession(ID, { configDirs })).toMatchObject({ by: "process", pid: process.pid });
    expect(overwriteWarning(ID, "the tag", { configDirs })).toBe(
      `The session is in use (process ${process.pid} has it open): Claude Code may overwrite this one with the tag it knows.`,
    );
    expect(useOfSession(sessionId(2), { configDirs })).toBeUndefined();
  });
});

describe("without pid files", () => {
  test("nothing is in use, however new its transcript is", () => {
    expect(sessionInUse(ID, { configDir: tempConfigDir(), mtimesMs: [NOW] }, NOW)).toBeUndefined();
  });

  test("a `sessions` that cannot be listed tells nothing, so the age decides", () => {
    const dir = tempConfigDir();
    put(dir, "elsewhere/a", "");
    fs.symlinkSync("sessions", `${dir}/sessions`);
    expect(sessionInUse(ID, { configDir: dir, mtimesMs: [RECENT] }, NOW)?.by).toBe("recent");
    expect(sessionInUse(ID, { configDir: dir, mtimesMs: [OLD] }, NOW)).toBeUndefined();
  });
});

describe("what is read of processes", () => {
  test.for([
    ["a plain name", "5952 (claude) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 144051 20", "144051"],
    [
      "a name with brackets and spaces",
      "7 (a) (b c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 144051 20",
      "144051",
    ],
    ["a cut line", "7 (a) S 1 2 3", undefined],
    ["nothing", undefined, undefined],
  ] as const)("the start in the stat line of %s", ([, stat, start]) => {
    expect(startInProcStat(stat)).toBe(start);
  });

  test.for([
    ["darwin", "darwin", true],
    ["linux", "darwin", true],
    ["linux:abc:pid:[4026531836]", "darwin", false],
    ["win32:host", "win32", false],
    ["linux:host", "win32", false],
    ["linux:abc:pid:[1]", "linux", false],
  ] as const)("pids of the domain %s count on %s: %s", ([name, platform, ours]) => {
    expect(isOurPidDomain(name, platform)).toBe(ours);
  });

  test("a pid file of CLI 2.1.329", () => {
    const text =
      '{"pid":5952,"sessionId":"5c649e64-04a5-4045-ab4b-ca6ed72dbd14","cwd":"/tmp/acme","startedAt":1795255656565,' +
      '"procStart":"144051","version":"2.1.329","kind":"interactive","entrypoint":"sdk-cli",' +
      '"pidDomain":"linux:3d1219c7:pid:[4026531836]","status":"busy","updatedAt":1795255656508}';
    expect(parsePidFile(text)).toEqual({
      sessionId: "5c649e64-04a5-4045-ab4b-ca6ed72dbd14",
      procStart: "144051",
      pidDomain: "linux:3d1219c7:pid:[4026531836]",
    });
    expect(parsePidFile(text.slice(0, -1))).toBeUndefined();
  });
});
