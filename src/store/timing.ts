/** Delays in milliseconds. Tests shorten them. */
export const timing = {
  /** Maximum wait of a change for another process that changes the same session. Such changes take milliseconds. */
  lockMs: 5000,
  /** How long a file put aside for a copy is left alone before it is removed: the CLI appends a row in less time. */
  quietMs: 100,
};

/** Lets other requests, timers and input of the process run before the caller goes on. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
