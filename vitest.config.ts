import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Where a report for programs goes, besides the one on the screen. */
const report = process.env["TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/seed.ts"],
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    // Most files wait for the processes that they start; by default one core would be kept free for a person.
    maxWorkers: availableParallelism(),
    // The end-to-end tests start processes, and machines may be slow: a limit is there to end a hang, not to time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
