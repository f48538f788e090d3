import { setTimeout as delay } from "node:timers/promises";

/** Answers under way may still go out after the end of stdin, until nothing has been computed for this long. */
const GRACE_MS = 400;
/** How often that is looked at. */
const STEP_MS = 50;

/**
 * Waits for a promise as long as somebody works on it: until the process has had nothing to compute for a while, since
 * nobody takes its output or nothing will ever come. The timer holds the process, which would otherwise end here as stuck.
 * Rejects as the promise does.
 */
export async function withinGrace(done: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const finished = done.finally(() => timer.abort());
  let used = computedMs();
  for (let idleMs = 0; idleMs < GRACE_MS && !timer.signal.aborted;) {
    await Promise.race([finished, delay(STEP_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
    const before = used;
    used = computedMs();
    idleMs = used - before > STEP_MS / 10 ? 0 : idleMs + STEP_MS;
  }
}

function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
