/**
 * Kills this process, with SIGKILL, before or after one call of a file-system function: `KILL_AT=before:12` or
 * `KILL_AT=after:12`. With `KILL_AT=stop:12` it is stopped before that call, until somebody lets it go on, and `s` on file
 * descriptor 3 says so just before. With `KILL_AT=count` the calls are counted. They count between
 * `globalThis.killPoints.arm()` and `.done()`. With `KILL_AT=report` somebody else does the killing, and is told on file
 * descriptor 3: `a` for armed, `w` for each write that has been made. With `KILL_AT=after-ms:1.5` another thread kills it that
 * long after it was armed, whatever it is doing.
 */
import fs from "node:fs";
import { Worker } from "node:worker_threads";
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

const KILLER = `
  const { flags, ms } = require("node:worker_threads").workerData;
  Atomics.store(flags, READY, 1);
  Atomics.notify(flags, READY);
  Atomics.wait(flags, GO, 0);
  Atomics.wait(flags, GO, 1, ms);
  process.kill(process.pid, "SIGKILL");
`;

/** Returns when the other thread is ready to count the time. */
function killLater() {
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const [READY, GO] = [0, 1];
  const code = `const [READY, GO] = [${READY}, ${GO}];${KILLER}`;
  new Worker(code, { eval: true, workerData: { flags, ms: at }, execArgv: [] }).on("error", kill);
  Atomics.wait(flags, READY, 0);
  Atomics.store(flags, GO, 1);
  Atomics.notify(flags, GO);
}

globalThis.killPoints = {
  arm() {
    armed = true;
    if (when === "report") tell(REPORT_FD, "a");
    if (when === "after-ms") killLater();
  },
  /** The calls since `arm()`, in order. */
  done() {
    armed = false;
    return calls;
  },
};
