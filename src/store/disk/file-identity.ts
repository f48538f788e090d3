import type { Stats } from "./fs.ts";

/** By which a file is recognised as unchanged. Times of the disk in ms, exact to a quarter of a microsecond. */
export type FileIdentity = Readonly<Pick<Stats, "dev" | "ino" | "size" | "mtimeMs" | "ctimeMs">>;

export const isSameFile = (a: FileIdentity, b: FileIdentity | undefined): boolean =>
  b !== undefined &&
  a.ctimeMs === b.ctimeMs &&
  a.mtimeMs === b.mtimeMs &&
  a.size === b.size &&
  a.ino === b.ino &&
  a.dev === b.dev;

/**
 * Age of a change, in ms, after which a further one shows in the ctime. A file system may give two changes one time, its
 * clock being coarser than its unit.
 */
export const SETTLED_MS = 100;
