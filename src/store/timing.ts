/** Waits, in milliseconds. Tests shorten them. */
export const timing = {
  /** How long a change waits for another process that changes the same session. Such changes take milliseconds. */
  lockMs: 5000,
  /**
   * How long what was put aside to be copied to another file system stands still before it is removed. Who had it open by
   * then to append a row has appended it: the CLI opens, writes and closes in one go.
   */
  quietMs: 100,
};

/** Lets other requests, timers and input of the process run before the caller goes on. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
