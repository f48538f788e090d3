import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { deviations } from "./deviations.ts";
import { official } from "./official.ts";
import { ours } from "./ours.ts";
import { deviationsPage } from "./page.ts";
import { tellFailure } from "./run.ts";
import { runSome } from "./support.ts";

/** Of each deviation; `npm run parity -- --mode all` runs as many as one asks for. */
const STORES = 2;
/** So many are made for one that shows it. */
const MOST = 10;

describe("stores made for a deviation", () => {
  test.each(deviations.map(({ id }) => id))(
    "%s: what is declared is what is given, and nothing else differs",
    async (id) => {
      let totals = await runSome(id, STORES, { official, ours }, { small: true });
      // A store may be such that the official functions happen to give the declared result.
      for (let from = STORES; totals.showing === 0 && totals.failures.length === 0 && from < MOST; from++)
        totals = await runSome(id, 1, { official, ours }, { small: true, from });
      expect(totals.failures.map(tellFailure)).toEqual([]);
      expect(totals.showing).toBeGreaterThan(0);
    },
  );
});

describe("docs/deviations.md", () => {
  test("is made from the table", () => {
    const page = fs.readFileSync(path.join(import.meta.dirname, "..", "..", "docs", "deviations.md"), "utf8");
    expect(page).toBe(deviationsPage(deviations));
  });

  test("names each deviation once", () => {
    const ids = deviations.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
