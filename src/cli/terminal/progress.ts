/** Time without output after which progress is shown. */
const PATIENCE_MS = 1000;
const STEP_MS = 250;

export interface Progress {
  /** Removes the line before other output, until the next second without output. */
  clear(): void;
  stop(): void;
}

/** Shows a line with the elapsed time on stderr after a second without output, only on a terminal. */
export function startProgress(
  label: string,
  stderr: { readonly isTTY?: boolean; write(text: string): unknown } = process.stderr,
): Progress {
  if (!stderr.isTTY) return { clear: () => undefined, stop: () => undefined };
  const began = Date.now();
  let quietSince = began;
  let shown = false;
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
    stderr.write(`\r${label} … ${Math.round((now - began) / 1000)} s\u001B[K`);
  }, STEP_MS);
  timer.unref();
  return {
    clear,
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}
