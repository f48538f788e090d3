import { close, openRead, syncFile } from "./fs.ts";
import { errnoOf, isMissing } from "../errors.ts";
import { canSyncDirectory } from "./platform.ts";

/**
 * Makes names that came or went in a directory last through a power cut, where directories can be synced. In one that
 * has gone itself there is nothing to make last.
 */
export function syncDir(path: string): void {
  if (!canSyncDirectory()) return;
  let fd: number | undefined;
  try {
    fd = openRead(path);
    syncFile(fd);
  } catch (error) {
    if (!isMissing(error) && !CANNOT_SYNC.has(errnoOf(error) ?? "")) throw error;
  } finally {
    if (fd !== undefined) close(fd);
  }
}

/** What some network and FUSE file systems say; names are as safe there as they get. */
const CANNOT_SYNC = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EBADF", "EROFS"]);
