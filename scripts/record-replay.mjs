/** Records what loads of fixtures/replay show; test/support/record-replay.ts says more. */
import { runTypeScript } from "./run-typescript.mjs";

runTypeScript("test/support/record-replay.ts", []);
