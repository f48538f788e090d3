import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadEngine } from "../../../src/catalog/engine/sqlite.ts";
import { buildProgram, run, RUNTIMES } from "../support/programs.ts";

let program = "";
beforeAll(() => void (program = buildProgram()));
afterAll(() => fs.rmSync(path.dirname(program), { recursive: true }));

describe.for(RUNTIMES)("$name", (runtime) => {
  test("keeps values and fails as the other engine does", () => {
    expect(run(program, runtime, ["values"])).toEqual({
      engine: runtime.engine,
      kept: [
        [null, "null", 2],
        [3, "integer", 2],
        [0, "integer", 2],
        [2 ** 53 - 1, "integer", 2],
        [1.5, "real", 2],
        ["", "text", 2],
        ["ü😀", "text", 2],
        ["nul\u{FFFD} in it", "text", 2],
        ["lone \u{FFFD}", "text", 2],
      ],
      half: [{ v: 3 }],
      none: "undefined",
      all: [{ a: 7, b: null }],
      twice: { thrown: "Error", fault: "damaged" },
      syntax: { thrown: "Error" },
      type: { thrown: "TypeError" },
      directory: { thrown: "Error", fault: "unwritable" },
      missing: { thrown: "Error", fault: "unwritable" },
      closed: 2,
    });
  });

  test("prints no warning of its own, and keeps none of others", () => {
    const { stdout, stderr } = spawnSync(runtime.node, [program, "warnings"], {
      encoding: "utf8",
      env: { ...process.env, CLAUDE_TRANSCRIPTS_ENGINE: runtime.engine },
    });
    const result = JSON.stringify({ engine: runtime.engine, isRestored: true });
    expect(stdout.trim().split("\n")).toEqual([result, result]);
    const warnings = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("(Use "));
    const once = ["ExperimentalWarning: first", "Warning: last"];
    expect(warnings.map((line) => line.replace(/^\(node:\d+\) /, ""))).toEqual([...once, ...once]);
  });
});

test("the variable names the only engine to try", async () => {
  expect(await loadEngine({ CLAUDE_TRANSCRIPTS_ENGINE: "none" })).toBeUndefined();
  expect((await loadEngine({ CLAUDE_TRANSCRIPTS_ENGINE: "libsql" }))?.name).toBe("libsql");
  expect((await loadEngine({ CLAUDE_TRANSCRIPTS_ENGINE: "" }))?.name).toBe((await loadEngine({}))?.name);
});
