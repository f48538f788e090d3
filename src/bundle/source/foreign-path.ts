/** Paths of another machine, which may be of another platform. */
import { posix, win32 } from "node:path";
import { isInside, type Platform } from "../../store/disk/platform.ts";

/** Returns the platform that a path of another machine is of, by its form. */
export const platformOf = (path: string): Platform => (/^(?:[A-Za-z]:|\\)/.test(path) ? "win32" : "linux");

export const pathsOf = (path: string): typeof posix => (platformOf(path) === "win32" ? win32 : posix);

export const isRoot = (path: string): boolean => path === pathsOf(path).dirname(path);

/** Reports whether a path is a directory or below it. */
export const isBelow = (path: string, root: string): boolean =>
  platformOf(path) === platformOf(root) && isInside(path, root, platformOf(root));
