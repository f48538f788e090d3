/** Where the server tells what it does: stderr, as far as `--log-level` wants it. Nothing of a session's text goes there. */
export interface Log {
  info(line: string): void;
  debug(line: string): void;
}

/** From the quietest on: nothing, our own faults with their stacks, the process's life, every request. */
export const LOG_LEVELS = ["silent", "error", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function openLog(level: LogLevel, write: (line: string) => void): Log {
  const from = LOG_LEVELS.indexOf(level);
  const logger = (needed: LogLevel) => (line: string) => {
    if (from >= LOG_LEVELS.indexOf(needed)) write(`${new Date().toISOString()} ${line}`);
  };
  return { info: logger("info"), debug: logger("debug") };
}
