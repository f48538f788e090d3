import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { randomHex } from "../../store/disk/builtins.ts";
import { removeTree } from "../../store/disk/dir-tree.ts";
import { close, createNew, makeDir, makeNewDir, setTimes, writeAll } from "../../store/disk/fs.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { Redaction } from "../redact/redaction.ts";
import { type BundlePlan, planBundle, plannedContent, type PlanOptions } from "./plan-bundle.ts";

/** A config dir with masked copies of sessions. */
export interface MaskedStore {
  readonly configDir: string;
  readonly plan: BundlePlan;
}

/**
 * Makes masked copies of sessions in a directory that only its owner can read, and removes it after `use`: whatever shows a session
 * then shows it masked. Throws like `planBundle` and `plannedContent`.
 */
export async function withMaskedStore<T>(
  copies: readonly TranscriptCopy[],
  options: PlanOptions & { readonly redaction: Redaction },
  use: (store: MaskedStore) => Promise<T>,
): Promise<T> {
  const plan = await planBundle(copies, options);
  const configDir = join(tmpdir(), `claude-transcripts-${randomHex(16)}`);
  makeNewDir(configDir);
  try {
    for (const file of plan.files) {
      const path = join(configDir, ...file.path.split("/"));
      makeDir(dirname(path));
      const fd = createNew(path);
      try {
        for (const chunk of plannedContent(file)) {
          writeAll(fd, chunk);
          if (isTurnOver(1)) await yieldToEventLoop(options.signal);
        }
      } finally {
        close(fd);
      }
      const time = Math.max(0, file.known.mtimeMs / 1000);
      setTimes(path, time, time);
    }
    return await use({ configDir, plan });
  } finally {
    removeTree(configDir);
  }
}
