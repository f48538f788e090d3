/** Delays in milliseconds. Tests shorten them. */
export const timing = {
  /** Maximum wait of a change for another process that changes the same session. Such changes take milliseconds. */
  lockMs: 5000,
  /** How long a file put aside for a copy is left alone before it is removed: the CLI appends a row in less time. */
  quietMs: 100,
  /** How long work over many items goes on before others get their turn. */
  turnMs: 5,
};

/** When the current turn of the event loop began, as far as is known: when long work went on last. */
let began = 0;
let steps = 0;

/**
 * Lets other requests, timers and input of the process run before the caller goes on. Throws the reason of a signal that is
 * aborted by then.
 */
export async function yieldToEventLoop(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
  began = performance.now();
}

/** Looking at the clock takes 0.1 µs, a tenth of a small step. */
const STEPS_PER_LOOK = 16;

/**
 * Reports whether the work of this turn has taken `timing.turnMs`, all steps of all loops together. Call it in each step of a
 * loop over many items, `if (isTurnOver()) await yieldToEventLoop()`: a promise for each of 10,000 items would cost more.
 * `stepsPerLook`: 1 if a step may take a millisecond.
 */
export const isTurnOver = (stepsPerLook = STEPS_PER_LOOK): boolean =>
  ++steps % stepsPerLook === 0 && performance.now() - began >= timing.turnMs;

/** Work in steps of at most some milliseconds, after each of which its caller may do something else. */
export type Steps<T> = Generator<undefined, T>;

/** Does all steps, and lets others have their turn between them. Throws the reason of a signal that is aborted by then. */
export async function inTurns<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (isTurnOver(1)) await yieldToEventLoop(signal);
  }
}

/** Does all steps at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
