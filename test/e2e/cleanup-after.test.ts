import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { binary } from "../support/binary.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { snapshot } from "../support/snapshot.ts";
import { writeSpending } from "../support/spending.ts";

test.for(
  (["acp", "mcp"] as const).flatMap((server) =>
    (
      [
        [["--cleanup-after", "soon"], {}, /--cleanup-after must be a duration of at least a day, .* got "soon"/],
        [["--cleanup-after", "12h"], {}, /--cleanup-after must be a duration of at least a day/],
        [[], { CLAUDE_TRANSCRIPTS_CLEANUP_AFTER: "0" }, /CLAUDE_TRANSCRIPTS_CLEANUP_AFTER must be a duration/],
        [["--cleanup-after", "90d", "--read-only"], {}, /--cleanup-after and --read-only cannot be used together/],
      ] as const
    ).map((one) => [server, ...one] as const),
  ),
)("%s %j %j is refused", ([server, args, env, message]) => {
  const dir = tempConfigDir();
  const { status, stderr } = spawnSync(process.execPath, [binary(), server, ...args, "--config-dir", dir], {
    encoding: "utf8",
    input: "",
    env: { ...process.env, ...env },
  });
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
});

test("two servers that run move old sessions to the trash, once, some time after they have started", async () => {
  const dir = tempConfigDir();
  writeSpending(dir, 1, 1, { at: "2026-01-01T10:00:00Z" });
  writeSpending(dir, 2, 1, { at: new Date().toISOString() });
  put(dir, `projects/-w/${sessionId(1)}/tool-results/b1.txt`, "stored");
  const before = snapshot(dir);
  const servers = [
    { args: ["acp", "--cleanup-after", "90d"], env: {} },
    { args: ["mcp"], env: { CLAUDE_TRANSCRIPTS_CLEANUP_AFTER: "90d" } },
  ].map(({ args, env }) => {
    const child = spawn(process.execPath, [binary(), ...args, "--config-dir", dir], {
      env: { ...process.env, ...env },
    });
    const said = { stderr: "", code: new Promise((resolve) => child.once("close", resolve)), child };
    child.stderr.on("data", (chunk: Buffer) => void (said.stderr += chunk.toString()));
    return said;
  });
  const stderr = (): string => servers.map((server) => server.stderr).join("");
  await vi.waitFor(() => expect(stderr()).toMatch(/To undo: .*\n/), { timeout: 20_000, interval: 50 });
  expect(fs.existsSync(path.join(dir, `projects/-w/${sessionId(1)}.jsonl`))).toBe(false);
  expect(fs.existsSync(path.join(dir, `projects/-w/${sessionId(2)}.jsonl`))).toBe(true);
  for (const { child } of servers) child.stdin.end();
  expect(await Promise.all(servers.map(({ code }) => code))).toEqual([0, 0]);
  expect(stderr().match(/moved 1 session/g)).toHaveLength(1);
  const undo = /^To undo: claude-transcripts (.*)$/m.exec(stderr())?.[1]?.split(" ") ?? [];
  expect(spawnSync(process.execPath, [binary(), ...undo], { encoding: "utf8" }).stdout).toMatch(/^restored /);
  const after = snapshot(dir);
  for (const [name, what] of Object.entries(before)) expect([name, after[name]]).toEqual([name, what]);
});
