import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { forkSession, getSessionMessages } from "../../src/index.ts";
import { bundle } from "../support/bundle.ts";
import { put, sessionId } from "../support/config-dir.ts";

/**
 * Forks of a large transcript, killed at random moments: `FORK_KILLS=500 FORK_MB=50 npx vitest run test/kill/random-fork`.
 * Half of the moments are spread evenly over the time that an undisturbed fork takes, half over its writes.
 */
const KILLS = Number(process.env["FORK_KILLS"] ?? 20);
const BYTES = Number(process.env["FORK_MB"] ?? 8) * 1_000_000;
/** So often a second run is made to its end; the killed ones are each other's second runs. */
const SECOND_RUN_EVERY = 25;
const LONG = { timeout: 3_600_000 };

const ID = sessionId(1);
let dir = "";
const project = (): string => path.join(dir, "projects", "-a");
const options = (): { configDirs: string[] } => ({ configDirs: [dir] });

beforeAll(() => {
  dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-")));
  put(dir, `projects/-a/${ID}.jsonl`, largeConversation(BYTES));
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

test(`a fork that is killed at a random moment appears whole or not at all (${KILLS} times)`, LONG, async () => {
  const source = identity();
  const calm = await runFork();
  const expected = await lookAtForks();
  expect([calm.killed, expected.length]).toEqual([false, 1]);
  removeForks();

  let between = 0;
  let whole = 0;
  const problems: string[] = [];
  for (let i = 0; i < KILLS; i++) {
    const afterWrites = i % 2 === 0 ? 0 : 1 + Math.floor(Math.random() * (calm.writes - 1));
    const forMs = afterWrites === 0 ? calm.ms : (calm.lastWriteMs - calm.firstWriteMs) / calm.writes;
    const { killed, writes } = await runFork({ afterWrites, ms: Math.random() * forMs });
    if (killed && writes > 0 && writes < calm.writes) between++;
    const forks = await lookAtForks();
    whole += forks.length;
    if (forks.some((fork) => fork !== expected[0])) problems.push(`run ${i}, ${writes} writes: ${forks.join()}`);
    if (identity() !== source) problems.push(`run ${i}: the source was changed`);
    removeForks();
    if ((i + 1) % SECOND_RUN_EVERY > 0 && i < KILLS - 1) continue;
    await forkSession(ID, options());
    if ((await lookAtForks())[0] !== expected[0]) problems.push(`run ${i}: a second run made no whole fork`);
    removeForks();
    const left = fs.readdirSync(project()).filter((name) => name !== `${ID}.jsonl`);
    if (left.length > 0) problems.push(`run ${i}: a second run left ${left.join()}`);
  }
  console.info(
    `forkSession of ${BYTES / 1e6} MB: ${KILLS} random kills, ${between} of them between the first and the last of ` +
      `${calm.writes} writes; ${whole} forks had appeared, all whole`,
  );
  expect(problems).toEqual([]);
  expect(between).toBeGreaterThan(0);
});

interface ForkRun {
  readonly killed: boolean;
  /** Writes that had been made. */
  readonly writes: number;
  /** From its begin to its end, and to the first and the last write. */
  readonly ms: number;
  readonly firstWriteMs: number;
  readonly lastWriteMs: number;
}

/** So long after so many writes; none means the begin. */
interface Moment {
  readonly afterWrites: number;
  readonly ms: number;
}

/** Forks in a process of its own, which is killed at a moment. */
function runFork(moment?: Moment): Promise<ForkRun> {
  const here = import.meta.dirname;
  const argv = ["--import", path.join(here, "preload.mjs"), path.join(here, "child.mjs"), bundle("src/index.ts")];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...argv, "forkSession", JSON.stringify([ID, options()])], {
      env: { ...process.env, KILL_AT: "report" },
      stdio: ["ignore", "ignore", "inherit", "pipe"],
    });
    let writes = 0;
    let began = 0;
    let firstWriteMs = 0;
    let lastWriteMs = 0;
    let killing: NodeJS.Timeout | undefined;
    child.stdio[3]?.on("data", (piece: Buffer) => {
      began ||= performance.now();
      lastWriteMs = performance.now() - began;
      writes += piece.toString().split("w").length - 1;
      if (writes > 0) firstWriteMs ||= lastWriteMs;
      if (moment === undefined || writes < moment.afterWrites) return;
      killing ??= setTimeout(() => child.kill("SIGKILL"), moment.ms);
    });
    child.on("error", reject);
    child.on("close", (_code, signal) => {
      clearTimeout(killing);
      resolve({ killed: signal === "SIGKILL", writes, ms: performance.now() - began, firstWriteMs, lastWriteMs });
    });
  });
}

/** What each fork that has appeared is like: its size, its messages, its last row. */
async function lookAtForks(): Promise<string[]> {
  const looks: string[] = [];
  for (const name of forkNames()) {
    const bytes = fs.readFileSync(path.join(project(), name));
    const messages = await getSessionMessages(name.replace(".jsonl", ""), options());
    const last = bytes.subarray(bytes.lastIndexOf("\n", bytes.length - 2) + 1).toString();
    looks.push(`${bytes.length} bytes, ${messages.length} messages, ${(JSON.parse(last) as { type: string }).type}`);
  }
  return looks;
}

const forkNames = (): string[] =>
  fs.readdirSync(project()).filter((name) => name.endsWith(".jsonl") && name !== `${ID}.jsonl`);

function removeForks(): void {
  for (const name of forkNames()) fs.rmSync(path.join(project(), name));
}

/** Changes whenever the source does. */
function identity(): string {
  const { ino, size, mtimeNs, ctimeNs } = fs.statSync(path.join(project(), `${ID}.jsonl`), { bigint: true });
  return [ino, size, mtimeNs, ctimeNs].join();
}

function largeConversation(bytes: number): string {
  const rows: string[] = [];
  const uuid = (n: number): string => `0bbbbbbb-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
  for (let n = 0, length = 0; length < bytes; n++) {
    const role = n % 2 === 0 ? "user" : "assistant";
    const text = `${n} ${"An answer of some length. ".repeat(role === "user" ? 10 : 800)}`;
    const row = JSON.stringify({
      parentUuid: n === 0 ? null : uuid(n - 1),
      isSidechain: false,
      cwd: "/w",
      sessionId: ID,
      type: role,
      message: { role, content: role === "user" ? text : [{ type: "text", text }] },
      uuid: uuid(n),
      timestamp: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
    });
    rows.push(row);
    length += row.length + 1;
  }
  return `${rows.join("\n")}\n`;
}
