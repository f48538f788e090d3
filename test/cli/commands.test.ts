import path from "node:path";
import { describe, expect, test } from "vitest";
import { COMMANDS, COMMON_OPTIONS, loadCommand } from "../../src/cli/commands.ts";
import { commandHelp, generalHelp, similarCommand } from "../../src/cli/help.ts";
import { loadedWith } from "../support/imports.ts";

const src = path.resolve(import.meta.dirname, "../../src");
const names = Object.keys(COMMANDS);

describe.each(names)("%s", (name) => {
  test("its help has every option it takes, and begins its usage with its name", async () => {
    const command = await loadCommand(name);
    const help = commandHelp(command);
    expect(help).toContain(`claude-transcripts ${name}`);
    for (const option of [...Object.keys(command.options), ...Object.keys(COMMON_OPTIONS)]) {
      expect(help).toContain(`--${option}`);
    }
    for (const option of Object.keys(command.completesOptions ?? {})) expect(command.options).toHaveProperty([option]);
  });

  test("nothing of the disk, and no package, is loaded to know what it takes", () => {
    const { files, others } = loadedWith(path.join(src, "cli", "commands", `${name}.ts`));
    const loaded = [...files].map((file) => path.relative(src, file).split(path.sep).join("/"));
    expect(loaded.filter((file) => file.startsWith("store/"))).toEqual([]);
    expect([...others].filter((specifier) => !specifier.startsWith("node:"))).toEqual([]);
  });
});

test("the general help has every command and its summary", async () => {
  const help = await generalHelp();
  for (const name of names) expect(help).toContain(`  ${name} `);
  for (const name of names) expect(help).toContain((await loadCommand(name)).summary);
});

test.for<[word: string, meant: string]>([
  ["lst", "list"],
  ["lsit", "list"],
  ["ls", "list"],
  ["achrive", "archive"],
])("%s may have been meant as %s", ([word, meant]) => {
  expect(similarCommand(word)).toContain(`'${meant}'`);
});

test("what is like no command was not meant as one", () => {
  expect(["constructor", "frobnicate", "remov"].map(similarCommand)).toEqual([undefined, undefined, undefined]);
});
