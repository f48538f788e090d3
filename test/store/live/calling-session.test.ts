import { spawn } from "node:child_process";
import { describe, expect, onTestFinished, test } from "vitest";
import { askingSession } from "../../../src/store/live/calling-session.ts";
import { sessionOfAncestor } from "../../../src/store/live/session-in-use.ts";
import { parentOf, processStart } from "../../../src/store/disk/processes.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { openByThisProcess } from "../../support/live.ts";

const linux = process.platform === "linux";
const [ONE, TWO] = [sessionId(1), sessionId(2)];

/** A process that waits, with this one as its parent. */
function child(): number {
  const started = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  onTestFinished(() => void started.kill("SIGKILL"));
  return started.pid ?? 0;
}

describe.runIf(linux)("the nearest ancestor that keeps a file of itself", () => {
  test("a process itself, its parent, or none", () => {
    const dir = tempConfigDir();
    const pid = child();
    expect(parentOf(pid)).toBe(process.pid);
    expect(sessionOfAncestor([dir], pid)).toBeUndefined();
    openByThisProcess(dir, ONE);
    expect(sessionOfAncestor([dir], pid)).toBe(ONE);
    expect(sessionOfAncestor([tempConfigDir(), dir], pid)).toBe(ONE);
    put(dir, `sessions/${pid}.json`, JSON.stringify({ sessionId: TWO, procStart: processStart(pid) }));
    expect(sessionOfAncestor([dir], pid)).toBe(TWO);
  });

  test.for([
    ["of a pid that was given out again", { sessionId: ONE, procStart: "1" }],
    ["of another machine", { sessionId: ONE, pidDomain: "linux:other:pid:[1]" }],
    ["without a session", {}],
  ] as const)("a file %s says nothing", ([, facts]) => {
    const dir = tempConfigDir();
    put(dir, `sessions/${process.pid}.json`, JSON.stringify({ procStart: processStart(process.pid), ...facts }));
    expect(sessionOfAncestor([dir], process.pid)).toBeUndefined();
  });

  test("a process that is gone has no ancestors", () =>
    expect(sessionOfAncestor([tempConfigDir()], 2 ** 22)).toBeUndefined());
});

describe("the session that asks", () => {
  const call = (id: string): string => `${JSON.stringify({ message: { content: [{ type: "tool_use", id }] } })}\n`;

  test("is the one that started the process if nothing else is known", async () => {
    const configDirs = [tempConfigDir()];
    expect(await askingSession({ configDirs, started: ONE, isOurParent: true })).toBe(ONE);
    expect(await askingSession({ configDirs, started: ONE, isOurParent: true, toolUseId: "toolu_1" })).toBe(ONE);
    expect(await askingSession({ configDirs, isOurParent: false })).toBeUndefined();
  });

  test("is another one of the project that was written to a moment ago and holds the call, as after /clear", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${ONE}.jsonl`, conversation(ONE, "before"));
    put(dir, `projects/-w/${TWO}.jsonl`, conversation(TWO, "after") + call("toolu_1"));
    const asked = { configDirs: [dir], started: ONE, isOurParent: true };
    expect(await askingSession({ ...asked, toolUseId: "toolu_1" })).toBe(TWO);
    expect(await askingSession({ ...asked, toolUseId: "toolu_" })).toBe(ONE);
  });

  test("is none that was last written to long ago, nor one that only speaks of the call", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${ONE}.jsonl`, conversation(ONE, "before"));
    put(dir, `projects/-w/${TWO}.jsonl`, call("toolu_1"), { mtime: 1_700_000_000 });
    put(dir, `projects/-w/${sessionId(3)}.jsonl`, conversation(sessionId(3), 'what is "id":"toolu_1"?'));
    const asked = { configDirs: [dir], started: ONE, isOurParent: true };
    expect(await askingSession({ ...asked, toolUseId: "toolu_1" })).toBe(ONE);
  });

  test("is looked for no longer when nobody waits for it", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${ONE}.jsonl`, conversation(ONE, "before"));
    put(dir, `projects/-w/${TWO}.jsonl`, conversation(TWO, "after"));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(
      askingSession({ configDirs: [dir], started: ONE, isOurParent: true, toolUseId: "toolu_1", signal }),
    ).rejects.toThrow("enough");
  });
});
