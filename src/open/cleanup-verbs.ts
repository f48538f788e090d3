import { type CleanupOptions, type CleanupPlan, planCleanup } from "../catalog/select/cleanup-sessions.ts";

/** Verbs about sessions that a filter selects. */
export interface CleanupVerbs {
  /** Returns what a clean-up would delete. Throws `InvalidArgumentError` without a condition or for a wrong one, and `signal.reason`. */
  planCleanup(options: Omit<CleanupOptions, "configDirs">): Promise<CleanupPlan>;
}

export const cleanupVerbs = (configDirs: readonly string[] | undefined): CleanupVerbs => ({
  planCleanup: (options) => planCleanup({ ...options, configDirs }),
});
