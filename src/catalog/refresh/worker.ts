/** The thread that builds the index: it owns a connection of its own, so that the main thread never waits for it. */
import { parentPort, workerData } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";
import { openCatalogAt } from "../schema/open-catalog.ts";
import { build, look } from "./build.ts";
import { Lease } from "./lease.ts";
import type { FromWorker, WorkerInput } from "./build-in-worker.ts";

/** Duration of a transaction, ms: a process that is killed every second still gets on. */
const TRANSACTION_MS = 350;
/** Time between two looks whether another process still builds, ms. */
const WAIT_MS = 100;

const { path, configDir } = workerData as WorkerInput;
const port = parentPort as NonNullable<typeof parentPort>;
const stop = new AbortController();
port.on("message", () => stop.abort());
const send = (message: FromWorker): void => port.postMessage(message);

const catalog = await openCatalogAt(path, configDir);
const lease = new Lease(catalog);
try {
  while (!lease.take()) await sleep(WAIT_MS, undefined, { signal: stop.signal });
  const built = await build(catalog, await look(catalog, stop.signal), {
    signal: stop.signal,
    transactionMs: TRANSACTION_MS,
    beat: () => lease.beat(),
    progress: (done, total) => send({ type: "progress", done, total }),
  });
  send({ type: "built", built });
} catch (error) {
  if (!stop.signal.aborted) throw error;
} finally {
  lease.release();
  catalog.close();
  port.close();
}
