import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { configDefaults, defineConfig, type TestProjectConfiguration } from "vitest/config";
import { BaseSequencer } from "vitest/node";
import { FailuresFirst } from "./test/support/failures-first.ts";

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

/** Tests of the sources in one process: no build, no program, nothing left behind, so that files may share a worker. */
const UNIT = "test/{acp,cli,mcp,servers,transcript,view}/**/*.test.ts";
/** These have one file system in memory and need another one (test/architecture holds this list to what they do). */
const TWO_FILE_SYSTEMS = "test/store/{concurrent,disk/move,trash/*}.test.ts";
const STORE = "test/{bundle,store}/**/*.test.ts";
const CATALOG = "test/catalog/**/*.test.ts";
/** The cases on every surface, the documents, and one way through each surface of the built program. */
const SHORT = [
  "test/{architecture,bench,citations,docs,official-types}.test.ts",
  "test/cases/**/*.test.ts",
  "test/e2e/{acp-sdk,cli,cli-list,cli-show,mcp,mcp-tools}.test.ts",
];
const END_TO_END = "test/e2e/**/*.test.ts";
const KILL = "test/kill/*.test.ts";
const ALL = "test/**/*.test.ts";

const MEMORY = "/dev/shm";
const MEMORY_BYTES = 4 * 1024 ** 3;

/**
 * The environment of tests that may keep their files in memory, where there is room for them: they make and remove tens of
 * thousands of directories, and a disk takes up to a millisecond for each.
 */
function inMemory(): Readonly<Record<string, string>> {
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

interface Settings {
  readonly isolate?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

function project(
  name: string,
  include: string[],
  exclude: string[],
  settings: Settings = {},
): TestProjectConfiguration {
  return { extends: true, test: { name, include, exclude: [...configDefaults.exclude, ...exclude], ...settings } };
}

export default defineConfig({
  test: {
    // `npm test` runs the first five, `npm run test:all` all.
    projects: [
      // Whoever asks for the program here fails: these tests need no build.
      project("unit", [UNIT], [], { isolate: false, env: { ...env, CLAUDE_TRANSCRIPTS_BIN: "/no/build" } }),
      project("store", [STORE], [TWO_FILE_SYSTEMS], { env }),
      project("catalog", [CATALOG], [], { env }),
      project("two-file-systems", [TWO_FILE_SYSTEMS], []),
      project("short", SHORT, [], { isolate: false, env }),
      project("end-to-end", [END_TO_END], SHORT, { isolate: false, env }),
      project("kill", [KILL], []),
      project("long", [ALL], [UNIT, STORE, CATALOG, ...SHORT, END_TO_END, KILL], { env }),
    ],
    setupFiles: ["test/support/seed.ts"],
    reporters:
      report === undefined
        ? [new FailuresFirst(), "default"]
        : [new FailuresFirst(), "default", ["json", { outputFile: report }]],
    sequence: { sequencer: LongestFirst },
    // Most files wait for the processes that they start; by default one core would be kept free for a person.
    maxWorkers: availableParallelism(),
    // The end-to-end tests start processes, and machines may be slow: a limit is there to end a hang, not to time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
