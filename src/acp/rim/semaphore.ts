/**
 * Lets at most `places` pieces of work run at a time; the others wait in the order they came. Whoever waits gives up
 * when its signal is aborted.
 */
export function turns(places: number): <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T> {
  let free = places;
  const waiting = new Set<() => void>();

  const take = async (signal: AbortSignal): Promise<void> => {
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

  const give = (): void => {
    const [next] = waiting;
    if (next === undefined) free++;
    else {
      waiting.delete(next);
      next();
    }
  };

  return async (signal, work) => {
    signal.throwIfAborted();
    await take(signal);
    try {
      return await work();
    } finally {
      give();
    }
  };
}
