import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMMANDS, COMMON_OPTIONS, loadCommand } from "../../src/cli/commands.ts";
import { type Options, UsageError, variableOf } from "../../src/cli/terminal/command.ts";
import { readArguments } from "../../src/cli/arguments.ts";
import { commandHelp, generalHelp } from "../../src/cli/help.ts";
import { unknownCommand } from "../../src/cli/unknown-command.ts";
import { widthOf } from "../../src/cli/terminal/width.ts";
import { loadedWith } from "../support/imports.ts";

const src = path.resolve(import.meta.dirname, "../../src");
const names = Object.keys(COMMANDS);

describe.each(names)("%s", (name) => {
  test("its help has every option it takes, and begins its usage with its name", async () => {
    const command = await loadCommand(name);
    const help = commandHelp(command);
    expect(help).toContain(`claude-transcripts ${name}`);
    for (const [option, spec] of Object.entries({ ...command.options, ...COMMON_OPTIONS })) {
      const value = spec.type === "string" && spec.explainedBy === undefined ? ` ${spec.value}` : "";
      expect(help).toContain(`${spec.short === undefined ? " " : `-${spec.short}, `}--${option}${value}`);
    }
  });

  test("its help has every variable that sets one of its options", async () => {
    const command = await loadCommand(name);
    const options: Options = { ...command.options, ...COMMON_OPTIONS };
    for (const option of command.variables ?? []) {
      expect(options).toHaveProperty(option);
      expect(commandHelp(command)).toMatch(new RegExp(`^  ${variableOf(option)} +--${option}`, "m"));
    }
  });

  test("its help fits the terminal, however wide that is", async () => {
    const command = await loadCommand(name);
    for (const columns of [60, 80, 100, 200]) {
      const lines = commandHelp({ ...command, usage: name }, columns).split("\n");
      expect(Math.max(...lines.map(widthOf))).toBeLessThan(Math.min(columns, 100));
    }
  });

  test("no letter means two of its options", async () => {
    const { options } = await loadCommand(name);
    const letters = Object.values({ ...options, ...COMMON_OPTIONS }).flatMap(({ short }) => short ?? []);
    expect(letters).toEqual([...new Set(letters)]);
  });

  test("nothing of the disk, and no package, is loaded to know what it takes", () => {
    const file = { unarchive: "archive", describe: "tag", restore: "trash" }[name] ?? name;
    const places = ["commands", "keep", "serve"].map((folder) => path.join(src, "cli", folder, `${file}.ts`));
    const place = places.find((one) => fs.existsSync(one)) ?? "";
    const { files, others } = loadedWith(place);
    const loaded = [...files].map((one) => path.relative(src, one).split(path.sep).join("/"));
    expect(loaded.filter((one) => one.startsWith("store/"))).toEqual([]);
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
  ["rm", "delete"],
  ["achrive", "archive"],
  ["dele", "delete"],
  ["5d3f2a10", "show 5d3f2a10"],
  [".", "list ."],
  ["~/acme", "list ~/acme"],
])("%s may have been meant as %s", async ([word, meant]) => {
  expect((await unknownCommand(word, [])).problem).toBe(`unknown command "${word}". Did you mean "${meant}"?`);
});

test("what is like no command was not meant as one", async () => {
  for (const word of ["constructor", "frobnicate", "toString", "x"]) {
    expect((await unknownCommand(word, [])).problem).toBe(`unknown command "${word}"`);
  }
});

describe("the arguments", () => {
  const read = async (name: string, ...words: string[]) => readArguments(await loadCommand(name), words);

  test.for<[words: string[], values: object, positionals: string[]]>([
    [["--limit", "3", "--json"], { limit: "3", json: true }, []],
    [["--limit=3"], { limit: "3" }, []],
    [["-n", "3", "-a"], { limit: "3", all: true }, []],
    [["-n3"], { limit: "3" }, []],
    [["-an", "3"], { limit: "3", all: true }, []],
    [["--config-dir", "a", "--config-dir=b"], { "config-dir": ["a", "b"] }, []],
    [["--tag=-x"], { tag: ["-x"] }, []],
    [["--tag", "-"], { tag: ["-"] }, []],
    [["--tag", "a", "--tag", "b"], { tag: ["a", "b"] }, []],
    [["--branch", "a", "--branch", "b"], { branch: "b" }, []],
    [["-h"], { help: true }, []],
    [["-V"], { version: true }, []],
    [["-v"], { version: true }, []],
    [["--", "--all"], {}, ["--all"]],
  ])("%j of list", async ([words, values, positionals]) => {
    expect(await read("list", ...words)).toEqual({ values, positionals });
  });

  test("a word that begins with a dash is no option of search, and the error says what to do", async () => {
    const message = 'unknown option -y. To leave out a word, quote the query: "needle -hay"';
    await expect(read("search", "needle", "-yes")).rejects.toThrow(message);
    expect(await read("search", "needle -hay")).toEqual({ values: {}, positionals: ["needle -hay"] });
  });

  test.for<[words: string[], message: string]>([
    [["--sicne", "2d"], "unknown option --sicne. Did you mean --since?"],
    [["--sicne=2d"], "unknown option --sicne. Did you mean --since?"],
    [["--arch"], "unknown option --arch. Did you mean --archived?"],
    [["--hepl"], "unknown option --hepl. Did you mean --help?"],
    [["-since", "2d"], "unknown option -since. Did you mean --since?"],
    [["--subagent", "x"], "unknown option --subagent; it is an option of 'show'"],
    [["--frobnicate"], "unknown option --frobnicate"],
    [["--constructor"], "unknown option --constructor"],
    [["-x"], "unknown option -x"],
    [["-ax"], "unknown option -x"],
    [["--limit"], "--limit needs a value: --limit N, for example 10"],
    [["--limit="], "--limit needs a value: --limit N, for example 10"],
    [["-n"], "-n needs a value: -n N, for example 10"],
    [["--tag"], "--tag needs a value: --tag TAG"],
    [["--tag", "--all"], '--tag needs a value: --tag TAG. If you mean "--all", write --tag=--all'],
    [["--all=yes"], '--all takes no value, got "yes"'],
    [["--sicne", "--limit"], "unknown option --sicne. Did you mean --since?"],
  ])("%j of list are wrong", async ([words, message]) => {
    await expect(read("list", ...words)).rejects.toThrow(new UsageError(message));
  });

  test("whatever they are, what is wrong with them is a usage error", async () => {
    const others: unknown[] = [];
    const word = fc.oneof(
      fc.constantFrom("--all", "--limit", "-n", "-an", "--", "-", "--json=", "=", "--=x", "-ab=c", "--no-all"),
      fc.string({ maxLength: 6 }).map((text) => `-${text}`),
      fc.string({ maxLength: 6 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 5 }), async (words) => {
        try {
          await read("list", ...words);
        } catch (error) {
          others.push(error);
        }
      }),
    );
    expect(others.filter((error) => !(error instanceof UsageError))).toEqual([]);
  });
});
