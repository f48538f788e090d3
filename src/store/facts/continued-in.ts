import { CONTINUATION_BYTES, WINDOW_BYTES } from "../../transcript/rows/limits.ts";
import { readAt, statOpen } from "../disk/fs.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import { transcriptPath } from "../layout/paths.ts";
import { isSessionId } from "../layout/session-id.ts";
import type { ProjectDir } from "../types.ts";

/**
 * Reports whether a session was really continued under another id, as it says: a transcript of that id is next to it and
 * has a conversation row (official-helpers.md §4.4). Lists then show only that one.
 */
export function isContinued(project: ProjectDir, continuedIn: string | undefined): boolean {
  if (!isSessionId(continuedIn)) return false;
  const found = tryWithOpenFile(transcriptPath(project, continuedIn), (fd) => {
    const stats = statOpen(fd);
    return stats.isFile() && holdsConversation(fd, stats.size);
  });
  return found === true;
}

const PARENT = Buffer.from('"parentUuid":');

/** Searches the tail, then the first `CONTINUATION_BYTES`. */
function holdsConversation(fd: number, size: number): boolean {
  const bytes = Buffer.allocUnsafe(WINDOW_BYTES + PARENT.length);
  if (holdsAt(fd, bytes, Math.max(0, size - WINDOW_BYTES), WINDOW_BYTES)) return true;
  // The pieces overlap, so that the word is never cut in two.
  for (let at = 0; at < Math.min(size, CONTINUATION_BYTES); at += WINDOW_BYTES) {
    if (holdsAt(fd, bytes, at, bytes.length)) return true;
  }
  return false;
}

function holdsAt(fd: number, bytes: Buffer, at: number, length: number): boolean {
  const have = readAt(fd, bytes.subarray(0, length), at);
  return bytes.subarray(0, have).includes(PARENT);
}
