import { setTimeout as delay } from "node:timers/promises";

/** After stdin ends, pending answers may still be sent until the process has been idle for this long. */
const GRACE_MS = 400;
/** The same if a thread works for an answer: it may wait for the disk or for another process. */
const THREAD_GRACE_MS = 10_000;
const STEP_MS = 50;

/**
 * Waits for a promise, but no longer than the process is busy: an idle process has no reader for its output, or nothing to
 * write. The timer keeps Node from exiting while it waits. Rejects if the promise does.
 */
export async function waitWhileBusy(done: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const finished = done.finally(() => timer.abort());
  let used = computedMs();
  for (let idleMs = 0; idleMs < (waitsForThread() ? THREAD_GRACE_MS : GRACE_MS) && !timer.signal.aborted;) {
    await Promise.race([finished, delay(STEP_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
    const before = used;
    used = computedMs();
    idleMs = used - before > STEP_MS / 10 ? 0 : idleMs + STEP_MS;
  }
}

/** Whether a thread keeps the process alive: the one that builds the index does so while a request waits for it. */
const waitsForThread = (): boolean => process.getActiveResourcesInfo().includes("MessagePort");

function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
