import fc from "fast-check";
import { RUNS, SEED } from "./runs.ts";

const path = process.env["TEST_PATH"];
// fast-check takes a path for all properties too; its types leave it out, because it only fits the one that failed.
fc.configureGlobal({ seed: SEED, numRuns: RUNS, ...(path !== undefined && { path }) });
