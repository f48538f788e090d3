import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importSessions, type ImportOptions } from "../../src/index.ts";
import { bundle } from "../support/bundle.ts";
import { conversation, put, sessionId } from "../support/config-dir.ts";

/** Imports of large sessions, killed at random moments: `IMPORT_KILLS=300 npx vitest run test/kill/random-import`. */
const KILLS = Number(process.env["IMPORT_KILLS"] ?? 12);
const SESSIONS = 6;
const LONG = { timeout: 3_600_000 };

let root = "";
const texts: string[] = [];
const at = (...names: string[]): string => path.join(root, ...names);
const options = (): ImportOptions => ({ from: at("theirs"), configDir: at("ours"), cwd: "/v", update: true });

beforeAll(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-")));
  for (let n = 1; n <= SESSIONS; n++) {
    const id = sessionId(n);
    const text = conversation(id, ...Array.from({ length: 1500 }, (_, i) => `${i} ${"text ".repeat(100)}`));
    put(root, `theirs/projects/-w/${id}.jsonl`, text);
    put(root, `theirs/projects/-w/${id}/subagents/agent-x.jsonl`, text);
    texts.push(text.replaceAll('"cwd":"/w"', '"cwd":"/v"'));
  }
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** Leaves the beginning of every other session, to be updated. */
function begin(): void {
  fs.rmSync(at("ours"), { recursive: true, force: true });
  fs.mkdirSync(at("ours"));
  for (const [i, text] of texts.entries())
    if (i % 2 === 0) put(root, `ours/projects/-v/${sessionId(i + 1)}.jsonl`, text.slice(0, text.indexOf("\n") + 1));
}

/** What is neither as it was, nor as it is to be. `isDone`: nothing may be as it was. */
function problems(isDone: boolean): string[] {
  return texts.flatMap((text, i) => {
    const id = sessionId(i + 1);
    const [transcript, agent] = [`${id}.jsonl`, `${id}/subagents/agent-x.jsonl`].map((name) => {
      const file = at("ours", "projects", "-v", name);
      return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
    });
    const was = i % 2 === 0 ? text.slice(0, text.indexOf("\n") + 1) : undefined;
    const found: string[] = [];
    if (transcript !== text && (isDone || transcript !== was))
      found.push(`transcript ${i} has ${transcript?.length} characters`);
    if (agent !== text && (isDone || agent !== undefined || transcript === text))
      found.push(`subagent ${i} has ${agent?.length} characters`);
    return found;
  });
}

function runImport(killAfterMs: number | undefined): Promise<{ readonly isKilled: boolean; readonly ms: number }> {
  const argv = [
    path.join(import.meta.dirname, "child.mjs"),
    bundle("test/kill/library.ts"),
    "importSessions",
    JSON.stringify([options()]),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", path.join(import.meta.dirname, "preload.mjs"), ...argv], {
      env: { ...process.env, KILL_AT: "count" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const began = performance.now();
    const killing = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    child.on("error", reject);
    child.on("close", (_code, signal) => {
      clearTimeout(killing);
      resolve({ isKilled: signal === "SIGKILL", ms: performance.now() - began });
    });
  });
}

test(
  `an import that is killed at a random moment leaves each session whole or as it was (${KILLS} times)`,
  LONG,
  async () => {
    begin();
    const calm = await runImport(undefined);
    expect([calm.isKilled, problems(true)]).toEqual([false, []]);
    const found: string[] = [];
    let between = 0;
    for (let i = 0; i < KILLS; i++) {
      begin();
      const { isKilled } = await runImport(calm.ms * (0.1 + 0.9 * Math.random()));
      found.push(...problems(false).map((problem) => `run ${i}: ${problem}`));
      if (isKilled && problems(true).length > 0 && fs.existsSync(at("ours", "claude-transcripts"))) between++;
      await importSessions(options());
      found.push(...problems(true).map((problem) => `run ${i}, again: ${problem}`));
      if (fs.existsSync(at("ours", "claude-transcripts"))) found.push(`run ${i}: something was left`);
    }
    console.info(`importSessions: ${KILLS} random kills, ${between} of them at work`);
    expect(found).toEqual([]);
    expect(between).toBeGreaterThan(0);
  },
);
