import { nodeCrypto } from "../disk/builtins.ts";
import { dirname } from "node:path";
import { isThere, makeDir, readBytes, statOpen } from "../disk/fs.ts";
import { createFile, replaceFile } from "../disk/atomic-write.ts";
import { errnoOf } from "../errors.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { serverTokenPath } from "../layout/paths.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import type { StoreOptions } from "../types.ts";

/** 256 bits, written as base64url. */
const BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const OTHERS = 0o077;

/**
 * Returns the secret by which clients of an HTTP server authenticate, and its file, in the first config dir. Created on
 * first use, then never changed; a file that others could read, or that is not a token, is replaced. Throws file-system
 * errors.
 */
export function serverToken(options?: StoreOptions | null): { readonly token: string; readonly path: string } {
  const [configDir] = resolveConfigDirs(options);
  if (configDir === undefined) throw new Error("the token needs a config dir, and configDirs is empty");
  const path = serverTokenPath(configDir);
  const token = readToken(path);
  if (token !== undefined) return { token, path };
  makeDir(dirname(path));
  return { token: makeToken(path), path };
}

function makeToken(path: string): string {
  const token = nodeCrypto().randomBytes(BYTES).toString("base64url");
  const bytes = Buffer.from(`${token}\n`);
  if (isThere(path)) {
    replaceFile(path, bytes);
    return token;
  }
  try {
    createFile(path, bytes);
    return token;
  } catch (error) {
    // Another server, started at the same moment, created it.
    const other = errnoOf(error) === "EEXIST" ? readToken(path) : undefined;
    if (other === undefined) throw error;
    return other;
  }
}

/** Returns the token of a valid file; undefined if there is none. */
function readToken(path: string): string | undefined {
  return tryWithOpenFile(path, (fd) => {
    const stats = statOpen(fd);
    // Windows has no such modes: there the access rights of the directory decide.
    if (!stats.isFile() || (process.platform !== "win32" && (stats.mode & OTHERS) !== 0)) return undefined;
    const text = readBytes(fd, 64).toString("latin1").trim();
    return TOKEN.test(text) ? text : undefined;
  });
}
