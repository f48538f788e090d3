/** Writes docs/deviations.md from test/parity/deviations.ts; a test checks that it is current. */
import path from "node:path";
import { root, runTypeScript } from "./run-typescript.mjs";

runTypeScript("test/parity/write-page.ts", [path.join(root, "docs", "deviations.md")]);
