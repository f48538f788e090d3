/** Logs to stderr, filtered by `--log-level`. Never logs the text of a session. */
export interface Log {
  info(line: string): void;
  debug(line: string): void;
}

/** Log levels, each including those before it: nothing, internal errors with stacks, start and end, every request. */
export const LOG_LEVELS = ["silent", "error", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function openLog(level: LogLevel, write: (line: string) => void): Log {
  const from = LOG_LEVELS.indexOf(level);
  const logger = (needed: LogLevel) => (line: string) => {
    if (from >= LOG_LEVELS.indexOf(needed)) write(`${new Date().toISOString()} ${line}`);
  };
  return { info: logger("info"), debug: logger("debug") };
}
