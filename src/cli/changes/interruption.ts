import { constants } from "node:os";

/** What ends a command: Ctrl-C, a service manager, a terminal that was closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Lets a command that is told to end stop at the next place where it leaves nothing unfinished. */
export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Waits for signals no more. If there was one, it is raised again, so that a shell sees why the command ended. Returns the exit code. */
  end(code: number): number;
}

/** Waits for signals, until `end` is called. */
export function awaitInterruption(): Interruption {
  const controller = new AbortController();
  let received: (typeof SIGNALS)[number] | undefined;
  const interrupt = (name: (typeof SIGNALS)[number]): void => {
    received ??= name;
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  return {
    signal: controller.signal,
    end(code) {
      for (const name of SIGNALS) process.off(name, interrupt);
      if (received === undefined) return code;
      process.kill(process.pid, received);
      return 128 + constants.signals[received];
    },
  };
}
