/**
 * A thread that calls the library, held before one of its file-system calls: it waits there, in the middle of a function
 * that knows of nothing, as a process does that is stopped. The others go on.
 *
 * Takes `{ name, args, holdAt }`; tells `{ held: true }` when it waits, until `gate[0]` is 1, then `{ outcome, calls }`.
 */
import { parentPort, workerData } from "node:worker_threads";
import { wrap } from "./wrapped.mjs";

const { library, gate, waits } = workerData;
let holdAt = 0;
let calls = 0;
let armed = false;

wrap((_name, call) => {
  if (armed && ++calls === holdAt) {
    parentPort.postMessage({ held: true }, []);
    Atomics.wait(gate, 0, 0);
  }
  return call();
});

// Loaded when it is needed; the calls that load a module are not those of a writer.
await import("fast-glob");
const lib = await import(library);
Object.assign(lib.timing, waits);

async function run(job) {
  ({ holdAt } = job);
  calls = 0;
  armed = true;
  let outcome;
  try {
    outcome = { value: await lib[job.name](...job.args) };
  } catch (error) {
    outcome = { code: error.code ?? "Unexpected", message: String(error.message ?? error) };
  }
  armed = false;
  parentPort.postMessage({ outcome, calls }, []);
}

parentPort.on("message", (job) => void run(job));
parentPort.postMessage({ ready: true }, []);
