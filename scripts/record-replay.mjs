/** Records the updates of loads of fixtures/replay; test/support/record-replay.ts has the details. */
import { runTypeScript } from "./run-typescript.mjs";

runTypeScript("test/support/record-replay.ts", []);
