import path from "node:path";
import { expect, test } from "vitest";
import { doctor } from "../../src/cli/doctor/doctor-run.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { caseConfigDir } from "../support/surfaces.ts";

const KEY = "-home-eve-newname";
const NAME = "fad44feb-0641-4434-8024-a462a6333926.jsonl";

test("doctor names the transcript that lies one directory too deep, and where it belongs", async () => {
  const dir = caseConfigDir("double-nested-project");
  const lost = path.join(dir, "projects", KEY, KEY, NAME);
  const moveTo = path.join(dir, "projects", KEY, NAME);

  const text = new FakeTerminal();
  expect(await doctor(invocation(text, dir, []))).toBe(0);
  expect(text.out.split("\n")).toEqual(expect.arrayContaining([`  ${lost}`, `    move it to ${moveTo}`]));
  expect(text.out).not.toContain("No problems found");

  const json = new FakeTerminal();
  expect(await doctor({ ...invocation(json, dir, []), json: true })).toBe(0);
  const { configDirs } = JSON.parse(json.out) as { configDirs: { misplaced: unknown[] }[] };
  expect(configDirs[0]?.misplaced).toEqual([
    { path: lost, sessionId: NAME.slice(0, 36), bytes: 913, hasSidecars: false, moveTo },
  ]);
});
