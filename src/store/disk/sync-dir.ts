import { openRead, syncFile, useAndClose } from "./fs.ts";
import { errnoOf, isMissing } from "../errors.ts";
import { canSyncDirectory } from "./platform.ts";

/** Syncs a directory if the platform can, so that its names survive a power cut. A missing one is not an error. */
export function syncDir(path: string): void {
  if (!canSyncDirectory()) return;
  try {
    useAndClose(openRead(path), syncFile);
  } catch (error) {
    if (!isMissing(error) && !CANNOT_SYNC.has(errnoOf(error) ?? "")) throw error;
  }
}

/** Errors of network and FUSE file systems that cannot sync a directory. */
const CANNOT_SYNC = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EBADF", "EROFS"]);
