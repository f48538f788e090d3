import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // The end-to-end tests start processes, and machines may be slow: a limit is there to end a hang, not to time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
