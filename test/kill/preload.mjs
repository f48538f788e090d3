/**
 * Kills this process, with SIGKILL, before or after one call of a file-system function: `KILL_AT=before:12` or
 * `KILL_AT=after:12`. With `KILL_AT=count` it counts. Calls count between `globalThis.killPoints.arm()` and `.done()`.
 * With `KILL_AT=report` somebody else does the killing, and is told on file descriptor 3: `a` for armed, `w` for each
 * write that has been made.
 *
 * All synchronous functions that src/store/disk.ts uses are wrapped, by being replaced in the `fs` object that it calls
 * them on (kill.test.ts holds the two together).
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

const [when, number] = (process.env["KILL_AT"] ?? "count").split(":");
const at = Number(number);
const calls = [];
let armed = false;

const REPORT_FD = 3;
const tell = fs.writeSync;
const kill = () => process.kill(process.pid, "SIGKILL");

for (const name of WRAPPED) {
  const [method, inner] = name.split(".");
  const owner = inner === undefined ? fs : fs[method];
  const key = inner ?? method;
  const original = owner[key];
  const wrapped = (...args) => {
    if (!armed) return original(...args);
    calls.push(name);
    if (when === "before" && calls.length === at) kill();
    try {
      return original(...args);
    } finally {
      if (when === "after" && calls.length === at) kill();
      if (when === "report" && name === "writeSync") tell(REPORT_FD, "w");
    }
  };
  owner[key] = Object.assign(wrapped, original);
}

globalThis.killPoints = {
  arm() {
    armed = true;
    if (when === "report") tell(REPORT_FD, "a");
  },
  /** The calls since `arm()`, in order. */
  done() {
    armed = false;
    return calls;
  },
};
