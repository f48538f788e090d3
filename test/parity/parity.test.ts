import { describe, expect, test } from "vitest";
import type { Api } from "./calls.ts";
import { official } from "./official.ts";
import { ours } from "./ours.ts";
import { Rng } from "./rng.ts";
import { PLAIN, tellFailure } from "./run.ts";
import { runSome } from "./support.ts";

/** `npm run parity` runs as many as one asks for. */
const STORES = 40;
const BATCH = 10;

describe("generated stores without a deviation", () => {
  const batches = Array.from({ length: STORES / BATCH }, (_, i) => i * BATCH);

  test.each(batches)("every function gives and does the same, from store %i on", async (from) => {
    const totals = await runSome(PLAIN, BATCH, { official, ours }, { from });
    expect(totals.failures.map(tellFailure)).toEqual([]);
    expect(totals.plain).toBe(BATCH);
  });

  test("the comparison sees a row too few, another order, another word and another file", async () => {
    const broken: Partial<Api> = {
      listSessions: async (...args) => ((await ours.listSessions(...args)) as unknown[]).slice(1),
      getSessionMessages: async (...args) => ((await ours.getSessionMessages(...args)) as unknown[]).reverse(),
      renameSession: async (id, title, options) => ours.renameSession(id, `${String(title)}!`, options),
      archiveSession: ours.unarchiveSession,
      projectKey: async (dir) => `${String(await ours.projectKey(dir))}-`,
    };
    const totals = await runSome(PLAIN, 3, { official, ours: { ...ours, ...broken } });
    const wrong = new Set<string>(totals.failures.map(({ call }) => call.fn));
    expect(Object.keys(broken).filter((fn) => !wrong.has(fn))).toEqual([]);
    expect([...wrong].filter((fn) => !(fn in broken))).toEqual([]);
  });
});

describe("project keys", () => {
  const pieces = [
    "a",
    "Z9",
    "-",
    ".",
    " ",
    "é",
    "e\u0301",
    "日本",
    "😀",
    "\ud800",
    "\\",
    "/",
    "C:",
    "~",
    "\n",
    "x".repeat(40),
    "..",
    "//",
  ];

  test("of any path are the official ones", async () => {
    const rng = new Rng("keys");
    for (let i = 0; i < 500; i++) {
      const path = `${rng.chance(0.8) ? "/" : ""}${Array.from({ length: rng.int(0, 30) }, () => rng.pick(pieces)).join("")}`;
      expect([path, await ours.projectKey(path)]).toEqual([path, await official.projectKey(path)]);
    }
  });
});
