import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Call, CHANGING } from "./calls.ts";
import { knownIds } from "./check.ts";
import { compareChange, Reading, told } from "./compare.ts";
import { deviations } from "./deviations.ts";
import { materialise } from "./materialise.ts";
import { official } from "./official.ts";
import { ours } from "./ours.ts";
import { type RecordedCall, revive, storeOf, unplaced, type VectorFile } from "./vectors.ts";

const directory = path.join(import.meta.dirname, "..", "..", "fixtures", "vectors");

let root = "";
beforeAll(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "vectors-")));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** What was recorded, and what is given now by the official functions, expected of ours, and given by ours. */
async function replay(vectors: VectorFile, recorded: RecordedCall) {
  const configDir = path.join(root, "config");
  const store = storeOf(vectors.stores[recorded.store] ?? [], recorded, configDir);
  const call: Call = { fn: recorded.fn, args: recorded.args.map((arg) => revive(arg, configDir)) };
  const options = { deviations, scratch: root };
  const pair = { official, ours };
  if (!CHANGING.has(call.fn)) materialise(store, configDir);
  const result = CHANGING.has(call.fn)
    ? await compareChange(store, call, pair, options, knownIds(store))
    : await new Reading(store, pair, options, configDir).compare(call);
  const plain = (text: string): string => unplaced(text, configDir);
  return {
    ...result,
    official: plain(result.official),
    expected: plain(result.expected),
    actual: plain(result.actual),
  };
}

describe.each(fs.readdirSync(directory))("recorded cases of the official helpers: %s", (file) => {
  const vectors = JSON.parse(fs.readFileSync(path.join(directory, file), "utf8")) as VectorFile;
  const names = [...new Set(vectors.calls.map(({ name }) => name))];

  test.each(names)("%s", async (name) => {
    for (const recorded of vectors.calls.filter((call) => call.name === name)) {
      const result = await replay(vectors, recorded);
      const was = told(recorded.outcome ?? recorded.effect ?? { error: "nothing was recorded" });
      expect(result.actual).toBe(result.expected);
      // Where no deviation applies, the recorded result is the expected one, whatever the official functions do by now.
      expect(result.deviations.length === 0 ? result.actual : was).toBe(was);
    }
  });
});
