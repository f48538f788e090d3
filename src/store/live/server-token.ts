import { nodeCrypto } from "../disk/builtins.ts";
import { dirname } from "node:path";
import { makeDir, readAt, statLink, statOpen } from "../disk/fs.ts";
import { createFile, replaceFile } from "../disk/atomic-write.ts";
import { errnoOf } from "../errors.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { serverTokenPath } from "../layout/paths.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import type { StoreOptions } from "../types.ts";

/** 256 bits, and how they are written. */
const BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const OTHERS = 0o077;

/**
 * The secret by which the clients of a server over HTTP are known, and the file that holds it: readable by its owner only,
 * in the first config dir, made when it is first asked for. It stays the same, so that a client's configuration does. A
 * file that others could read, or that holds something else, is replaced. Errors of the disk pass as they are.
 */
export function serverToken(options?: StoreOptions | null): { readonly token: string; readonly path: string } {
  const [configDir] = resolveConfigDirs(options);
  if (configDir === undefined) throw new Error("a token has its place in a config dir");
  const path = serverTokenPath(configDir);
  const token = readToken(path);
  if (token !== undefined) return { token, path };
  makeDir(dirname(path));
  return { token: makeToken(path), path };
}

function makeToken(path: string): string {
  const token = nodeCrypto().randomBytes(BYTES).toString("base64url");
  const bytes = Buffer.from(`${token}\n`);
  if (statLink(path) !== undefined) {
    replaceFile(path, bytes);
    return token;
  }
  try {
    createFile(path, bytes);
    return token;
  } catch (error) {
    // Another server was started at the same moment, and has made it.
    const other = errnoOf(error) === "EEXIST" ? readToken(path) : undefined;
    if (other === undefined) throw error;
    return other;
  }
}

/** What a sound file holds; undefined where there is none. */
function readToken(path: string): string | undefined {
  return tryWithOpenFile(path, (fd) => {
    const stats = statOpen(fd);
    // Windows knows no such modes: there the directory's own rights decide.
    if (!stats.isFile() || (process.platform !== "win32" && (stats.mode & OTHERS) !== 0)) return undefined;
    const bytes = Buffer.alloc(64);
    const text = bytes.toString("latin1", 0, readAt(fd, bytes, 0)).trim();
    return TOKEN.test(text) ? text : undefined;
  });
}
