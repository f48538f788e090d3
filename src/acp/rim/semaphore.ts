/** Returns a function that runs at most `permits` pieces of work at a time. Others wait in order, or until aborted. */
export function semaphore(permits: number): <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T> {
  let free = permits;
  const waiting = new Set<() => void>();

  const acquire = async (signal: AbortSignal): Promise<void> => {
    if (free > 0) {
      free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = (): void => {
        waiting.delete(go);
        reject(signal.reason);
      };
      waiting.add(go);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  };

  const release = (): void => {
    const [next] = waiting;
    if (next === undefined) free++;
    else {
      waiting.delete(next);
      next();
    }
  };

  return async (signal, work) => {
    signal.throwIfAborted();
    await acquire(signal);
    try {
      return await work();
    } finally {
      release();
    }
  };
}
