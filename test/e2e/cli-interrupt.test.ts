import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { loadEngine } from "../../src/catalog/engine/sqlite.ts";
import { findCatalog } from "../../src/catalog/schema/open-catalog.ts";
import { binary } from "../support/binary.ts";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { hasTerminals, runCli } from "../support/run-cli.ts";

/** More than is read without a thread of its own. */
const LONG = "A walrus sleeps here. ".repeat(100_000);

test.runIf(hasTerminals)("Ctrl-C while the index is being built ends with 130, and loses nothing", async () => {
  const [dir, cache] = [tempConfigDir(), tempConfigDir()];
  const env = { ...process.env, XDG_CACHE_HOME: cache, TERM: "xterm-256color", NO_COLOR: undefined };
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), "Where is the giraffe?", "Here."));
  const search = (...args: string[]): ReturnType<typeof runCli> =>
    runCli(["search", "--config-dir", dir, ...args], { env: { XDG_CACHE_HOME: cache } });
  expect(search("giraffe").status).toBe(0);
  put(dir, `projects/-w/${sessionId(2)}.jsonl`, conversation(sessionId(2), "Where is the walrus?", LONG));

  // Another program writes meanwhile, so that the build cannot end.
  const engine = await loadEngine();
  const database = engine?.open(findCatalog(dir, { XDG_CACHE_HOME: cache })?.path ?? "");
  database?.exec("BEGIN IMMEDIATE");
  try {
    const command = [process.execPath, binary(), "search", "--wait", "--config-dir", dir, "walrus"];
    const child = spawn("script", ["-qec", command.map((word) => `'${word}'`).join(" "), "/dev/null"], { env });
    let shown = "";
    child.stdout.on("data", (chunk: Buffer) => {
      const before = shown;
      shown += chunk.toString();
      if (!before.includes("Searching") && shown.includes("Searching")) child.stdin.write("\u0003");
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, shown.includes("Searching …")]).toEqual([130, true]);
    // The line of the progress is cleared.
    expect(shown.slice(shown.lastIndexOf("Searching"))).toContain("\r\u001B[K");
  } finally {
    database?.exec("ROLLBACK");
    database?.close();
  }
  expect(search("walrus").status).toBe(0);
  expect(search("giraffe").status).toBe(0);
  expect(fs.existsSync(path.join(dir, `projects/-w/${sessionId(2)}.jsonl`))).toBe(true);
});
