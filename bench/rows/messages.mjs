/** Messages and a fork of one long session, compared with the official functions. */
import { SINGLE_SESSION } from "../store.mjs";
import { report, reportMemory } from "../table.mjs";
import { child, compare } from "../turns.mjs";

/** Maximum memory of operations that stream: RSS in MB, with Node itself. */
export const STREAM_RSS_MB = 150;

export function measureMessages({ rounds, store, what }) {
  const both = (name, options) =>
    compare(rounds, {
      official: () => child(store, "official", name, { sessionId: SINGLE_SESSION, ...options }),
      ours: () => child(store, "ours", name, { sessionId: SINGLE_SESSION, ...options }),
    });
  const whole = both("messages");
  report(`${what}: messages as an array`, whole, { faster: 1.5 });
  reportMemory(`${what}: messages as an array`, whole);
  report(`${what}: a page of 10 messages`, both("messages", { limit: 10 }), { faster: 5 });
  const iterated = compare(rounds, { ours: () => child(store, "ours", "iterate", { sessionId: SINGLE_SESSION }) });
  report(`${what}: messages one by one`, iterated);
  reportMemory(`${what}: messages one by one`, iterated, STREAM_RSS_MB);
  const forked = both("fork");
  report(`${what}: fork`, forked, { faster: 4 });
  reportMemory(`${what}: fork`, forked, STREAM_RSS_MB);
}
