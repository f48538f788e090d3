import path from "node:path";
import type { Reporter, TestModule } from "vitest/node";

/** Words of fast-check about a run that failed. */
const REPLAY = /\{ seed: (-?\d+), path: "([^"]+)"/;
/** Seed of tests that draw without fast-check, if it is not the usual one. */
const GIVEN = process.env["TEST_SEED"] === undefined ? "" : ` (seed ${process.env["TEST_SEED"]})`;

/** Prints a line for each failing test, before the other reporters print why. */
export class FailuresFirst implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap(failuresOf);
    if (lines.length > 0) console.log(`\n${lines.join("\n")}`);
  }
}

function failuresOf(module: TestModule): string[] {
  const file = path.relative(process.cwd(), module.moduleId);
  const tests = [...module.children.allTests("failed")].map((test) => {
    const messages = test.result().errors?.map(({ message }) => message) ?? [];
    const [, seed, at] = REPLAY.exec(messages.join("\n")) ?? [];
    return `FAILED ${file} > ${test.fullName}${seed === undefined ? GIVEN : ` (seed ${seed}, path ${at})`}`;
  });
  // A file or a hook that failed has no test that says so.
  return tests.length > 0 || module.state() !== "failed" ? tests : [`FAILED ${file}`];
}
