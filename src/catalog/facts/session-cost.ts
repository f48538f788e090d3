import { close, openRead, statOpen } from "../../store/disk/fs.ts";
import { errnoOf } from "../../store/errors.ts";
import { scanChunks } from "../../store/read/scan-file.ts";
import { describeSubagents } from "../../store/read/subagents.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { Charge } from "../extract/extracted.ts";
import { Extractor, type FileKind } from "../extract/extractor.ts";
import { costOfCharges } from "../stats/message-cost.ts";

/** Cost of a session, in micro-dollars, and tokens of models without a known price, which are not in it. */
export interface SessionCost {
  readonly cost: number;
  readonly unpricedTokens: number;
}

/**
 * Returns what one session and its subagents cost, from their files. Claude Code's own record counts if it is higher. What a
 * fork repeats of another session is included.
 */
export async function costOfSession(copy: TranscriptCopy, signal?: AbortSignal): Promise<SessionCost> {
  const charges = new Map<string, Charge>();
  const recorded = await readCharges(copy.path, "session", charges, signal);
  const { sessionId, project } = copy;
  for (const { path } of await describeSubagents(sessionId, { configDirs: [project.configDir] })) {
    // One that cannot be read, or is gone by now, does not keep the messages from anybody.
    await readCharges(path, "agent", charges, signal).catch((error: unknown) => {
      if (errnoOf(error) === undefined) throw error;
    });
  }
  const { cost, unpricedTokens } = await costOfCharges([...charges.values()]);
  return { cost: Math.max(cost, recorded), unpricedTokens };
}

/** Adds the charges in a file by their keys. Returns Claude Code's own record of the cost, 0 without one. */
async function readCharges(
  path: string,
  kind: FileKind,
  charges: Map<string, Charge>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const fd = openRead(path);
  try {
    const extractor = new Extractor(kind);
    const add = (found: ReturnType<Extractor["take"]>): void => {
      for (const part of [found, ...found.agents.values()]) {
        for (const [key, charge] of part.charges) charges.set(key, charge);
      }
    };
    for await (const _chunk of scanChunks(fd, extractor, { to: statOpen(fd).size, cutsLines: true, signal })) {
      add(extractor.take());
    }
    const rest = extractor.end();
    add(rest);
    return rest.facts.costState ?? 0;
  } finally {
    close(fd);
  }
}
