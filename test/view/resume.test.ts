import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { resumeCommand } from "../../src/view/resume.ts";
import { tempConfigDir } from "../support/config-dir.ts";

const sessionId = "5d3f2a10-8c41-4e7b-9a60-1f0c8e2b7a01";

test.for<[cwd: string | undefined, configDir: string | undefined, command: string]>([
  ["/home/ada/acme", undefined, `cd /home/ada/acme && claude --resume ${sessionId}`],
  ["/home/ada/my work", undefined, `cd '/home/ada/my work' && claude --resume ${sessionId}`],
  ["/it's $HOME", undefined, `cd '/it'\\''s $HOME' && claude --resume ${sessionId}`],
  ["/w", "/other config", `cd /w && CLAUDE_CONFIG_DIR='/other config' claude --resume ${sessionId}`],
  [undefined, undefined, `claude --resume ${sessionId}`],
  ["relative", undefined, `claude --resume ${sessionId}`],
  ["/a\nrm -rf x", undefined, `claude --resume ${sessionId}`],
  ["/a\u202Eb", undefined, `claude --resume ${sessionId}`],
  ["/a\u0007", undefined, `claude --resume ${sessionId}`],
])("of a session in %j of %j", ([cwd, configDir, command]) => {
  expect(resumeCommand({ sessionId, cwd, configDir }, "linux")).toBe(command);
});

test("is quoted for cmd.exe on Windows", () => {
  const typed = (cwd: string, configDir?: string) => resumeCommand({ sessionId, cwd, configDir }, "win32");
  expect(typed("/w")).toBe(`cd /w && claude --resume ${sessionId}`);
  expect(typed("/my work", "/c d")).toBe(
    `cd "/my work" && set "CLAUDE_CONFIG_DIR=/c d" && claude --resume ${sessionId}`,
  );
});

test.skipIf(process.platform === "win32")("changes a shell into the directory, whatever its name", () => {
  const root = tempConfigDir();
  fs.writeFileSync(path.join(root, "claude"), '#!/bin/sh\npwd\necho "$CLAUDE_CONFIG_DIR" "$@"\n', { mode: 0o755 });
  for (const name of [
    "plain",
    "with space",
    "it's",
    '"quoted"',
    "$(touch x)",
    "`id`",
    "a;b",
    "-dash",
    "~",
    "日本",
    "&&",
  ]) {
    const cwd = path.join(root, name);
    fs.mkdirSync(cwd);
    const command = resumeCommand({ sessionId, cwd, configDir: cwd });
    const { stdout } = spawnSync("sh", ["-c", command], {
      encoding: "utf8",
      env: { ...process.env, PATH: `${root}:${process.env["PATH"]}` },
    });
    expect(stdout).toBe(`${fs.realpathSync(cwd)}\n${cwd} --resume ${sessionId}\n`);
  }
});
