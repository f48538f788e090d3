import type * as ChildProcess from "node:child_process";
import type * as Crypto from "node:crypto";

/**
 * Modules of Node, loaded on first use: loading them takes a third of the library's load time, and a list or a page of a
 * conversation needs neither. Cached, because a fork needs random bytes for every row.
 */
let crypto: typeof Crypto | undefined;
let childProcess: typeof ChildProcess | undefined;

export const nodeCrypto = (): typeof Crypto => (crypto ??= process.getBuiltinModule("node:crypto"));

export const nodeChildProcess = (): typeof ChildProcess =>
  (childProcess ??= process.getBuiltinModule("node:child_process"));

/** Returns random bytes as hexadecimal, two characters each. */
export const randomHex = (bytes: number): string => nodeCrypto().randomBytes(bytes).toString("hex");
