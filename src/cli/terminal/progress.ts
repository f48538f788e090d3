/** How long nothing happens on the screen before a person is told that something happens. */
const PATIENCE_MS = 1000;
const STEP_MS = 250;

export interface Progress {
  /** Takes the line away, where there is one, so that something else can be printed; the patience begins anew. */
  clear(): void;
  /** Takes it away for good. */
  stop(): void;
}

/**
 * Tells on stderr, where that is a terminal, that work goes on and for how long it has: in one line that comes after a
 * second without output and goes when there is some. A file or pipe gets nothing of it.
 */
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
