import type * as ChildProcess from "node:child_process";
import type * as Crypto from "node:crypto";

/**
 * Modules of Node that are loaded when first used: to load them takes a third of the time that the library takes, and a list
 * or a page of a conversation needs neither. They are cached, because a fork asks for random bytes at every row.
 */
let crypto: typeof Crypto | undefined;
let childProcess: typeof ChildProcess | undefined;

export const nodeCrypto = (): typeof Crypto => (crypto ??= process.getBuiltinModule("node:crypto"));

export const nodeChildProcess = (): typeof ChildProcess =>
  (childProcess ??= process.getBuiltinModule("node:child_process"));

/** Random bytes as hexadecimal, two characters each. */
export const randomHex = (bytes: number): string => nodeCrypto().randomBytes(bytes).toString("hex");
