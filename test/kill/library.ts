/** The library, and the waits that tests shorten, as one module for other processes and threads. */
export * from "../../src/index.ts";
export { timing } from "../../src/store/timing.ts";
