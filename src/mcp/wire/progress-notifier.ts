/** First after half a second, then at most five a second: most calls are over before anybody would look. */
const FIRST_AFTER_MS = 500;
const EVERY_MS = 200;

interface Progress {
  readonly progressToken: string | number;
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** Tells a client how far a call has come: never less than before, and not too often. Without a token it tells nobody. */
export function progressTo(
  progressToken: string | number | undefined,
  send: (progress: Progress) => void,
  now: () => number = () => performance.now(),
): (done: number, total?: number, message?: string) => void {
  if (progressToken === undefined) return () => undefined;
  let next = now() + FIRST_AFTER_MS;
  let told = -Infinity;
  return (done, total, message) => {
    const time = now();
    if (time < next || done <= told) return;
    next = time + EVERY_MS;
    told = done;
    send({
      progressToken,
      progress: done,
      ...(total !== undefined && { total }),
      ...(message !== undefined && { message }),
    });
  };
}
