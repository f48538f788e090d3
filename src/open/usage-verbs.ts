import { usageStats } from "../catalog/stats/usage-stats.ts";
import type { Usage, UsageOptions } from "../catalog/stats/usage-types.ts";

/** Verbs that count what was done, and what it cost. */
export interface UsageVerbs {
  usage(options: Omit<UsageOptions, "configDirs">): Promise<Usage>;
}

export function usageVerbs(configDirs: readonly string[] | undefined): UsageVerbs {
  return { usage: (options) => usageStats({ ...options, configDirs }) };
}
