/**
 * All synchronous functions that src/store/disk/fs.ts uses (kill.test.ts holds the two together), and how something is done
 * around each call of them: they are replaced in the `fs` object that it calls them on.
 */
import fs from "node:fs";

const WRAPPED = [
  "chmodSync",
  "closeSync",
  "fchmodSync",
  "fstatSync",
  "fsyncSync",
  "linkSync",
  "lstatSync",
  "lutimesSync",
  "mkdirSync",
  "openSync",
  "readSync",
  "readdirSync",
  "readlinkSync",
  "realpathSync",
  "realpathSync.native",
  "renameSync",
  "rmdirSync",
  "statSync",
  "symlinkSync",
  "unlinkSync",
  "utimesSync",
  "writeSync",
];

/** `around` is given the name of the function that is called, and what calls it. */
export function wrap(around) {
  for (const name of WRAPPED) {
    const [method, inner] = name.split(".");
    const owner = inner === undefined ? fs : fs[method];
    const key = inner ?? method;
    const original = owner[key];
    owner[key] = Object.assign((...args) => around(name, () => original(...args)), original);
  }
}
