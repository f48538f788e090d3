import type { ProgressNotification } from "@modelcontextprotocol/sdk/types.js";

/** Delay of the first notification, because most calls end before it, and minimum time between two. */
const FIRST_AFTER_MS = 500;
const EVERY_MS = 200;

/** Makes the function that sends progress: never less than before, and throttled. Without a token it sends nothing. */
export function progressTo(
  progressToken: string | number | undefined,
  send: (progress: ProgressNotification["params"]) => void,
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
    send({ progressToken, progress: done, total, message });
  };
}
