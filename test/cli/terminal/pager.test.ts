import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { openOutput } from "../../../src/cli/terminal/pager.ts";
import { tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal } from "../../support/fake-terminal.ts";

const terminal = (): FakeTerminal => new FakeTerminal({ isTty: true });
const env = (values: Record<string, string>): Record<string, string | undefined> => ({ ...process.env, ...values });

describe.skipIf(process.platform === "win32")("a pager", () => {
  test("gets the text, and git's options for less", async () => {
    const file = path.join(tempConfigDir(), "out");
    const here = terminal();
    const output = openOutput(here, true, {
      ...env({ PAGER: `(echo "$LESS $LV"; cat) > '${file}'` }),
      LESS: undefined,
      LV: undefined,
    });
    expect(await output.write("one\n")).toBe(true);
    await output.write("x".repeat(1_000_000));
    await output.write("\nlast\n");
    await output.end();
    expect(fs.readFileSync(file, "utf8")).toBe(`FRX -c\none\n${"x".repeat(1_000_000)}\nlast\n`);
    expect(here.out).toBe("");
  });

  test("keeps the options that its user has set", async () => {
    const file = path.join(tempConfigDir(), "out");
    const output = openOutput(terminal(), true, env({ PAGER: `echo "$LESS" > '${file}'`, LESS: "-S" }));
    await output.end();
    expect(fs.readFileSync(file, "utf8")).toBe("-S\n");
  });

  test.for([
    ["is a program that is not there", "claude-transcripts-no-such-pager -x"],
    ["is a command that a shell does not find", "claude-transcripts-no-such-pager | cat; exit 127"],
    ["cannot be run", "/"],
  ])("that %s is no failure: everything is printed, once", async ([, PAGER]) => {
    const here = terminal();
    const output = openOutput(here, true, env({ PAGER: PAGER ?? "" }));
    const pieces = Array.from({ length: 50 }, (_, i) => `${i}${"x".repeat(1000)}\n`);
    for (const piece of pieces) expect(await output.write(piece)).toBe(true);
    await output.end();
    expect(here.out).toBe(pieces.join(""));
  });

  test("that is left before the end ends the work", async () => {
    const here = terminal();
    const output = openOutput(here, true, env({ PAGER: "head -c 10 >/dev/null; exit 0" }));
    let writes = 0;
    while (writes < 1000 && (await output.write("x".repeat(100_000)))) writes++;
    await output.end();
    expect(writes).toBeLessThan(1000);
    expect(here.out).toBe("");
  });

  test("leaves no listener behind", async () => {
    const before = process.listenerCount("SIGINT");
    const output = openOutput(terminal(), true, env({ PAGER: "cat >/dev/null; true" }));
    expect(process.listenerCount("SIGINT")).toBe(before + 1);
    await output.end();
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});

test.for([
  ["where stdout is no terminal", new FakeTerminal(), true, "exit 1"],
  ["where none is wanted", terminal(), false, "exit 1"],
  ["where it is cat", terminal(), true, "cat"],
  ["where it is empty", terminal(), true, ""],
] as const)("no pager %s", async ([, here, wanted, PAGER]) => {
  const output = openOutput(here, wanted, env({ PAGER }));
  await output.write("a\n");
  await output.end();
  expect(here.out).toBe("a\n");
});

test("without a pager, a long text is not copied to be joined with what is before it", async () => {
  const written: string[] = [];
  const here = Object.assign(new FakeTerminal(), { write: async (text: string) => void written.push(text) });
  const output = openOutput(here);
  const long = "x".repeat(100_000);
  for (const text of ["one\n", long, "\n", "last\n"]) await output.write(text);
  await output.end();
  expect(written).toEqual(["one\n", long, "\nlast\n"]);
});
