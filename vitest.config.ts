import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";

/** Where a report for programs goes, besides the one on the screen. */
const report = process.env["TEST_REPORT"];

/** Files that take longest, the longest first: begun last, one of them would run alone while the other cores wait. */
const LONG = [
  "/test/kill/",
  "/test/parity/",
  "/test/e2e/mcp-inspector",
  "/test/real-cli/",
  "/test/package",
  "/test/e2e/",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer["sort"]>[0]): ReturnType<BaseSequencer["sort"]> {
    // All others, at -1, come last.
    const place = (id: string): number => LONG.findIndex((part) => id.includes(part)) >>> 0;
    return (await super.sort(files)).sort((a, b) => place(a.moduleId) - place(b.moduleId));
  }
}

const ALL = "test/**/*.test.ts";
/**
 * These share their workers, because to load the modules anew for each file takes as long as to run the tests. A test
 * here leaves nothing behind in its process: no directory changed to, no variable set.
 */
const SHARING = "test/{acp,cases,cli,e2e,mcp,servers,transcript,view}/**/*.test.ts";
/** These have one file system in memory and need another one (test/architecture holds this list to what they do). */
const ON_TWO_FILE_SYSTEMS = "test/{kill/*,store/{concurrent,disk/move,trash/*}}.test.ts";

const MEMORY = "/dev/shm";
const MEMORY_BYTES = 4 * 1024 ** 3;

/**
 * The environment of tests that may keep their files in memory, where there is room for them: they make and remove tens of
 * thousands of directories, and a disk takes up to a millisecond for each.
 */
function inMemory(): { TMPDIR?: string } {
  let dir: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < MEMORY_BYTES) return {};
    dir = mkdtempSync(join(MEMORY, "claude-transcripts-tests-"));
    const made = dir;
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    // Programs that tests make there are run.
    writeFileSync(join(dir, "program"), "#!/bin/sh\n", { mode: 0o700 });
    return spawnSync(join(dir, "program")).status === 0 ? { TMPDIR: dir } : {};
  } catch {
    return {};
  }
}

const env = inMemory();

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "apart",
          include: [ALL],
          exclude: [...configDefaults.exclude, SHARING, ON_TWO_FILE_SYSTEMS],
          env,
        },
      },
      { extends: true, test: { name: "sharing", include: [SHARING], isolate: false, env } },
      { extends: true, test: { name: "disk", include: [ON_TWO_FILE_SYSTEMS] } },
    ],
    setupFiles: ["test/support/seed.ts"],
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    sequence: { sequencer: LongestFirst },
    // Most files wait for the processes that they start; by default one core would be kept free for a person.
    maxWorkers: availableParallelism(),
    // The end-to-end tests start processes, and machines may be slow: a limit is there to end a hang, not to time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
