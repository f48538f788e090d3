/** Time without output after which progress is shown. */
const PATIENCE_MS = 1000;
const STEP_MS = 250;
/** Cells of the bar. */
const BAR_CELLS = 24;

export interface Progress {
  /** Shows how much is done, as a bar. */
  readonly report: (done: number, total: number) => void;
  /** Removes the line before other output, until the next second without output. */
  clear(): void;
  stop(): void;
}

type Stderr = { readonly isTTY?: boolean; write(text: string): unknown };

/**
 * Shows a line with the elapsed time on stderr after a second without output, only on a terminal. Once it is told how much
 * is done, the line has a bar.
 */
export function startProgress(label: string, stderr: Stderr = process.stderr): Progress {
  const nothing = (): void => undefined;
  if (!stderr.isTTY) return { report: nothing, clear: nothing, stop: nothing };
  const began = Date.now();
  let quietSince = began;
  let shown = false;
  let share: number | undefined;
  const clear = (): void => {
    quietSince = Date.now();
    if (!shown) return;
    shown = false;
    stderr.write("\r\u001B[K");
  };
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - quietSince < PATIENCE_MS) return;
    shown = true;
    const bar = share === undefined ? "" : ` ${barOf(share)}`;
    stderr.write(`\r${label} …${bar} ${Math.round((now - began) / 1000)} s\u001B[K`);
  }, STEP_MS);
  timer.unref();
  // The signal is raised again instead of `exit`, which would end a thread in the middle of a call of the database engine:
  // libsql then aborts. What was written stays whole.
  const interrupted = (): void => {
    clear();
    process.kill(process.pid, "SIGINT");
  };
  process.once("SIGINT", interrupted);
  return {
    report: (done, total) => {
      share = total > 0 ? Math.min(1, done / total) : undefined;
    },
    clear,
    stop: () => {
      clearInterval(timer);
      process.off("SIGINT", interrupted);
      clear();
    },
  };
}

function barOf(share: number): string {
  const full = Math.floor(share * BAR_CELLS);
  return `[${"#".repeat(full)}${"-".repeat(BAR_CELLS - full)}] ${Math.floor(share * 100)} %`;
}
