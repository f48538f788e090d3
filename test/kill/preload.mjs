/**
 * Kills this process, with SIGKILL, before or after one call of a file-system function: `KILL_AT=before:12` or
 * `KILL_AT=after:12`. With `KILL_AT=stop:12` it is stopped before that call, until somebody lets it go on, and `s` on file
 * descriptor 3 says so just before. With `KILL_AT=count` the calls are counted. They count between
 * `globalThis.killPoints.arm()` and `.done()`. With `KILL_AT=report` somebody else does the killing, and is told on file
 * descriptor 3: `a` for armed, `w` for each write that has been made.
 */
import fs from "node:fs";
import { wrap } from "./wrapped.mjs";

const [when, number] = (process.env["KILL_AT"] ?? "count").split(":");
const at = Number(number);
const calls = [];
let armed = false;

const REPORT_FD = 3;
const tell = fs.writeSync;
const kill = () => process.kill(process.pid, "SIGKILL");

wrap((name, call) => {
  if (!armed) return call();
  calls.push(name);
  if (when === "before" && calls.length === at) kill();
  if (when === "stop" && calls.length === at) {
    tell(REPORT_FD, "s");
    process.kill(process.pid, "SIGSTOP");
  }
  try {
    return call();
  } finally {
    if (when === "after" && calls.length === at) kill();
    if (when === "report" && name === "writeSync") tell(REPORT_FD, "w");
  }
});

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
