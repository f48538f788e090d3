import type { Stats } from "./fs.ts";

/** Stats by which a file is recognised as unchanged. Times are ms, exact to a quarter of a microsecond. */
export type FileIdentity = Readonly<Pick<Stats, "dev" | "ino" | "size" | "mtimeMs" | "ctimeMs">>;

export const isSameFile = (a: FileIdentity, b: FileIdentity | undefined): boolean =>
  b !== undefined &&
  a.ctimeMs === b.ctimeMs &&
  a.mtimeMs === b.mtimeMs &&
  a.size === b.size &&
  a.ino === b.ino &&
  a.dev === b.dev;

/** Age of a change, in ms, after which another one has another ctime: the clock of a file system may be coarse. */
export const SETTLED_MS = 100;
