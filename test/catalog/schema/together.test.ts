import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BOTH, buildProgram, run, type Report, type Runtime, RUNTIMES, start } from "../support/programs.ts";
import { databases, setUp } from "../support/set-up.ts";
import { runs } from "../../support/runs.ts";

let program = "";
const report = (...args: Parameters<typeof run> extends [string, ...infer Rest] ? Rest : never): Report =>
  run(program, ...args) as Report;
beforeAll(() => void (program = buildProgram()));
afterAll(() => fs.rmSync(path.dirname(program), { recursive: true }));

const ROUNDS = Math.max(4, Math.round(runs(100) / 10));
/** Processes of every kind, started at once. */
const all = <T>(args: (n: number) => readonly string[], env: Readonly<Record<string, string>>): Promise<T[]> =>
  Promise.all(RUNTIMES.map((runtime, n) => start(program, runtime, args(n), { env }).result as Promise<T>));

test("processes that start at once create one database", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const setting = setUp();
    const reports = await all<Report>(() => ["open", setting.configDir], setting.env);
    expect(new Set(reports.map(({ engine }) => engine))).toEqual(new Set(BOTH.map(({ engine }) => engine)));
    for (const report of reports) expect(report).toMatchObject({ integrity: "ok", warnings: [] });
    expect(databases(setting.directory)).toEqual([path.basename(setting.database())]);
  }
});

test("writers of both engines wait for each other", async () => {
  const setting = setUp();
  const writes = 40;
  run(program, BOTH[0] as Runtime, ["open", setting.configDir], { env: setting.env });
  await all((n) => ["write", setting.configDir, `p${n}`, String(writes)], setting.env);
  for (const runtime of BOTH) {
    const { names, integrity, warnings } = report(runtime, ["open", setting.configDir], setting);
    expect({ count: names.length, integrity, warnings }).toEqual({
      count: RUNTIMES.length * writes,
      integrity: "ok",
      warnings: [],
    });
  }
});

test("a database that is built anew again and again never harms its writers", async () => {
  const setting = setUp();
  const reports = await all<Report>(
    (n) => (n % 2 === 0 ? ["write", setting.configDir, `p${n}`, "60"] : ["rebuild", setting.configDir, "20"]),
    setting.env,
  );
  for (const { integrity } of reports) expect(integrity).toBe("ok");
  const last = report(BOTH[0] as Runtime, ["open", setting.configDir], setting);
  expect(last).toMatchObject({ integrity: "ok", path: setting.database(), warnings: [] });
  const files = fs.readdirSync(setting.directory);
  expect(files.filter((name) => !name.startsWith(path.basename(setting.database())))).toEqual([]);
});

test("a process that is killed while it creates the database leaves one that can be used", async () => {
  const setting = setUp();
  for (let round = 0; round < ROUNDS * 5; round++) {
    fs.rmSync(setting.directory, { recursive: true, force: true });
    const runtime = BOTH[round % BOTH.length] as Runtime;
    const { child, result } = start(program, runtime, ["write", setting.configDir, "killed", "1000"], setting);
    // From the first file on, until some rows are written.
    for (let wait = 0; wait < 2_000 && !fs.existsSync(setting.directory); wait++) await sleep(2);
    await sleep((round * 7) % 40);
    child.kill("SIGKILL");
    await result;
    const other = BOTH[(round + 1) % BOTH.length] as Runtime;
    const { integrity, warnings } = report(other, ["write", setting.configDir, "next", "2"], setting);
    expect({ integrity, warnings }).toEqual({ integrity: "ok", warnings: [] });
    expect(databases(setting.directory)).toHaveLength(1);
  }
});
