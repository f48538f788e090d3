/** Writes docs/deviations.md to the path that is given; see scripts/deviations.mjs. */
import fs from "node:fs";
import { deviations } from "./deviations.ts";
import { deviationsPage } from "./page.ts";

fs.writeFileSync(process.argv[2] as string, deviationsPage(deviations));
