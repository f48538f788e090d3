/** Delays in milliseconds. Tests shorten them. */
export const timing = {
  /** Maximum wait of a change for another process that changes the same session. Such changes take milliseconds. */
  lockMs: 5000,
  /**
   * How long a file put aside for a copy to another file system is left alone before it is removed. A process that had it
   * open to append a row is done by then: the CLI opens, writes and closes in one go.
   */
  quietMs: 100,
};

/** Lets other requests, timers and input of the process run before the caller goes on. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
