/** What a person or a program puts into the arguments comes back in messages: never as a terminal would obey it. */
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { turnRows, writeSession } from "../support/acp-store.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { startHttpProcess } from "../support/mcp-http.ts";
import { runCli } from "../support/run-cli.ts";

const EVIL = "\u001b[31mred\u001b]0;title\u0007\u009b2J\u202eturned\r\nForged line";
const OBEYED = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]|^Forged/mu;

test.for([
  [[EVIL]],
  [[`--${EVIL}`]],
  [["help", EVIL]],
  [["list", EVIL]],
  [["list", "--tag", EVIL, "--branch", EVIL]],
  [["list", "--since", EVIL]],
  [["list", "--json", "--since", EVIL]],
  [["list", "--config-dir", EVIL]],
  [["show", EVIL]],
  [["show", `-${EVIL}`]],
  [["tag", EVIL, EVIL]],
  [["tag", "0", `+${EVIL}`, `-${EVIL}`]],
  [["describe", EVIL, EVIL]],
  [["describe", "0", EVIL]],
  [["restore", EVIL]],
  [["completion", EVIL]],
  [["__complete", "list", "--tag", ""]],
  [["acp", `--page-size=${EVIL}`]],
  [["acp", "--log-level", EVIL]],
  [["mcp", "--tools", EVIL]],
  [["mcp", "--http", "--port", EVIL]],
] as const)("arguments %#", ([args]) => {
  const dir = tempConfigDir();
  writeSession(dir, "-w", sessionId(1), [...turnRows("a"), { type: "tag", tag: EVIL }]);
  const { stdout, stderr } = runCli(args, { env: { CLAUDE_CONFIG_DIR: dir } });
  expect(stdout + stderr).not.toMatch(OBEYED);
});

/** Windows lets no such names be. */
test.skipIf(process.platform === "win32")("a config directory, in what servers and empty lists say of it", async () => {
  const dir = path.join(tempConfigDir(), EVIL.replaceAll("/", "-"));
  fs.mkdirSync(path.join(dir, "projects"), { recursive: true });
  for (const args of [["list", "--all"], ["trash"], ["acp", "--log-level", "debug"]]) {
    const { stdout, stderr } = runCli([...args, "--config-dir", dir], { input: "{}\n" });
    expect(stdout + stderr).toContain("red");
    expect(stdout + stderr).not.toMatch(OBEYED);
  }
  const server = await startHttpProcess(dir, { env: { CLAUDE_TRANSCRIPTS_TOKEN: "one-of-my-own-that-is-long" } });
  expect(server.stderr()).not.toMatch(OBEYED);
});
