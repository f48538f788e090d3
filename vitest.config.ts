import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
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

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
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
