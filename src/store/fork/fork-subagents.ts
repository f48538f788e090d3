import { join } from "node:path";
import { ForkMembers, ForkValues, RowWriter } from "../../transcript/fork/row-writer.ts";
import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import {
  close,
  createNew,
  makeDir,
  openReadNoFollow,
  readDir,
  rename,
  statFile,
  statOpen,
  syncFile,
  writeAll,
} from "../disk/fs.ts";
import { syncDir } from "../disk/atomic-write.ts";
import { deletedConcurrently, isMissing } from "../errors.ts";
import { sidecarPath, subagentsPath } from "../layout/paths.ts";
import { type RowVisitor, scanChunks } from "../read/scan-file.ts";
import { tempName } from "../disk/temp-file.ts";
import { copyTree, removeTree } from "../disk/dir-tree.ts";
import type { ProjectDir, TranscriptCopy } from "../types.ts";

/** Maximum number of attempts if other processes delete and restore the session in the meantime. */
const TRIES = 3;

/**
 * Copies a session's subagents to the place of its fork's, before the fork itself appears: next to it, then renamed as
 * a whole. Rows get the fork's session id; links are left out. Throws `SessionNotFoundError` if the session is deleted:
 * its transcript goes first and comes back last, so as long as it exists, so do the subagents.
 */
export async function stageSubagents(
  source: TranscriptCopy,
  target: ProjectDir,
  forkId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const from = subagentsPath(source.project, source.sessionId);
  const staged = join(target.path, tempName(forkId));
  const isThere = (): boolean => statFile(from)?.isDirectory() === true;
  const tryCopying = async (): Promise<boolean> => {
    if (!isThere()) return false;
    await copyDir(from, join(staged, "subagents"), forkId, signal);
    return true;
  };
  try {
    for (let tries = 1; ; tries++) {
      const isCopied = await tryCopying().catch((error: unknown) => {
        if (tries < TRIES && isMissing(error)) return false;
        throw error;
      });
      if (statFile(source.path) === undefined) throw deletedConcurrently(source.sessionId);
      if (isCopied) break;
      if (!isThere()) return;
      if (tries === TRIES) throw deletedConcurrently(source.sessionId);
      removeTree(staged);
    }
    rename(staged, sidecarPath(target, forkId));
    syncDir(target.path);
  } catch (error) {
    removeTree(staged);
    throw error;
  }
}

async function copyDir(from: string, to: string, forkId: string, signal: AbortSignal | undefined): Promise<void> {
  makeDir(to);
  for (const entry of readDir(from)) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await copyDir(source, target, forkId, signal);
    else if (entry.isFile() && entry.name.endsWith(".jsonl")) await copyTranscript(source, target, forkId, signal);
    else if (entry.isFile()) copyTree(source, target);
  }
  syncDir(to);
}

async function copyTranscript(
  from: string,
  to: string,
  forkId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const values = new ForkValues();
  values.set("sessionId", `"${forkId}"`);
  const members = new ForkMembers();
  const input = openReadNoFollow(from);
  try {
    const output = createNew(to);
    try {
      const writer = new RowWriter(2 * CHUNK_BYTES, (bytes) => writeAll(output, bytes));
      const visitor: RowVisitor = {
        row(bytes, _start, _end, _offset, scan) {
          members.read(bytes, scan);
          writer.row(bytes, scan, members, values);
        },
      };
      for await (const _chunk of scanChunks(input, visitor, { to: statOpen(input).size, signal }));
      writer.flush();
      syncFile(output);
    } finally {
      close(output);
    }
  } finally {
    close(input);
  }
}
