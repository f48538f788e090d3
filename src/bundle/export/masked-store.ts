import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { removeTree } from "../../store/disk/dir-tree.ts";
import { close, createNew, makeDir, makeNewDir, setTimes, writeAll } from "../../store/disk/fs.ts";
import { cleanStaleTemps, tempName } from "../../store/disk/temp-file.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { Redaction } from "../redact/redaction.ts";
import { writing } from "./output-file.ts";
import { type BundlePlan, planBundle, plannedContent, type PlanOptions } from "./plan-bundle.ts";
import { whileUnfinished } from "./unfinished.ts";

/** A config dir with masked copies of sessions. */
export interface MaskedStore {
  readonly configDir: string;
  readonly plan: BundlePlan;
}

/**
 * Makes masked copies of sessions in a directory that only its owner can read, and removes it after `use`: whatever shows a session
 * then shows it masked. Its name says whose it is, so that the next export removes what a killed one left. Throws like `planBundle` and
 * `plannedContent`, and `Io` if the copies cannot be written.
 */
export async function withMaskedStore<T>(
  copies: readonly TranscriptCopy[],
  options: PlanOptions & { readonly redaction: Redaction },
  use: (store: MaskedStore) => Promise<T>,
): Promise<T> {
  const plan = await planBundle(copies, options);
  cleanStaleTemps(tmpdir());
  const configDir = join(tmpdir(), tempName("claude-transcripts"));
  const put = <R>(act: () => R): R => writing(tmpdir(), act);
  put(() => makeNewDir(configDir));
  const fill = async (): Promise<void> => {
    for (const file of plan.files) {
      const path = join(configDir, ...file.path.split("/"));
      put(() => makeDir(dirname(path)));
      const fd = put(() => createNew(path));
      try {
        for (const chunk of plannedContent(file)) {
          put(() => writeAll(fd, chunk));
          if (isTurnOver(1)) await yieldToEventLoop(options.signal);
        }
      } finally {
        close(fd);
      }
      const time = Math.max(0, file.known.mtimeMs / 1000);
      setTimes(path, time, time);
    }
  };
  return whileUnfinished(configDir, async () => {
    try {
      await fill();
      return await use({ configDir, plan });
    } finally {
      removeTree(configDir);
    }
  });
}
