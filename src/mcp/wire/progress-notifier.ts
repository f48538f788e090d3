/** Delay of the first notification, because most calls end before it, and minimum time between two. */
const FIRST_AFTER_MS = 500;
const EVERY_MS = 200;

interface Progress {
  readonly progressToken: string | number;
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** Makes the function that sends progress: never less than before, and throttled. Without a token it sends nothing. */
export function progressTo(
  progressToken: string | number | undefined,
  send: (progress: Progress) => void,
  now: () => number = () => performance.now(),
): (done: number, total?: number, message?: string) => void {
  if (progressToken === undefined) return () => undefined;
  let next = now() + FIRST_AFTER_MS;
  let reported = -Infinity;
  return (done, total, message) => {
    const time = now();
    if (time < next || done <= reported) return;
    next = time + EVERY_MS;
    reported = done;
    send({
      progressToken,
      progress: done,
      ...(total !== undefined && { total }),
      ...(message !== undefined && { message }),
    });
  };
}
