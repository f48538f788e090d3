import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { tempConfigDir } from "./support/config-dir.ts";

const RUN = path.resolve(import.meta.dirname, "../bench/run.mjs");
const TINY = ["--quick", "--sessions", "3", "--projects", "1", "--megabytes", "0.1", "--rounds", "1"];

interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
}
interface Result {
  readonly date: string;
  readonly commit: string | null;
  readonly machine: { readonly tag: string };
  readonly rows: readonly Row[];
}

/** Runs the quick bench on a tiny store. Whether targets are met there means nothing. */
function bench(dir: string, ...args: string[]): string {
  const where = ["--cache", path.join(dir, "cache"), "--results", path.join(dir, "results")];
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...TINY, ...where, ...args], {
    encoding: "utf8",
  });
  expect([0, 1], stderr).toContain(status);
  return stdout;
}

const read = (file: string): Result => JSON.parse(fs.readFileSync(file, "utf8")) as Result;

test("a run is written with its machine and its rows, and the next one is compared with it", () => {
  const dir = tempConfigDir();
  const json = path.join(dir, "result.json");
  expect(bench(dir, "--json", json, "--keep")).toContain("there is no earlier result of this machine");
  const result = read(json);
  expect(result).toEqual({
    date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    commit: expect.toSatisfy((commit) => commit === null || /^[0-9a-f]{7,}$/.test(String(commit))),
    uncommitted: expect.any(Boolean),
    quick: true,
    machine: {
      tag: expect.stringMatching(/^[a-z0-9.-]+-\d+c$/),
      cpu: expect.any(String),
      cores: expect.any(Number),
      node: process.version,
      os: `${process.platform} ${process.arch}`,
    },
    options: { sessions: 3, projects: 1, megabytes: 0.1, rounds: 1, only: "" },
    rows: expect.any(Array),
  });
  expect(result.rows.filter(({ unit }) => unit === "ms").map(({ name }) => name)).toEqual([
    "node -e 0",
    "list: first page, fresh process",
    "list: first page, warm process",
    "list: all sessions",
    "messages as an array",
    "a page of 10 messages",
    "messages one by one",
    "fork",
    "ACP: spawn → initialize",
    "ACP: load",
    "MCP: spawn → initialize",
    "MCP: first page",
    "CLI: list → first line",
  ]);
  for (const { ours } of result.rows) expect(ours).toBeGreaterThan(0);

  const kept = path.join(dir, "results", `${result.date.slice(0, 10)}-${result.machine.tag}-quick.json`);
  expect(read(kept)).toEqual(result);
  // Everything is slower than what took no time, but for what is new.
  const rows = result.rows.slice(1).map((row) => ({ ...row, ours: 1e-6 }));
  fs.writeFileSync(kept, JSON.stringify({ ...result, rows }));
  const slower = bench(dir).split("\n");
  expect(slower.find((line) => line.startsWith("slower"))).toBe(
    `slower by more than 10 % than in the result of ${result.date.slice(0, 10)}, commit ${result.commit}, Node ${process.version}:`,
  );
  expect(slower.filter((line) => /^ {2}.+: 0\.0 → [\d.]+ (?:ms|MB), \+\d+ %$/.test(line))).toHaveLength(rows.length);
  // Nothing is slower than what took for ever.
  fs.writeFileSync(kept, JSON.stringify({ ...result, rows: result.rows.map((row) => ({ ...row, ours: 1e9 })) }));
  expect(bench(dir)).toContain("nothing is more than 10 % slower than in the result of ");
});
