import { VERSION } from "../version.ts";
import { readArguments } from "./arguments.ts";
import { type Command, mustBe, type Terminal, UsageError } from "./terminal/command.ts";
import { isCommand, loadCommand } from "./commands.ts";
import { snapshotsOf } from "./filter/from-snapshot.ts";
import { openTerminal } from "./terminal/terminal.ts";

/** Exit code for wrong usage. Commands return 0 for success and 1 for failure. */
const MISUSED = 2;

process.exitCode = await main(process.argv.slice(2), openTerminal());

async function main([word = "help", ...args]: string[], terminal: Terminal): Promise<number> {
  if (isCommand(word)) return runCommand(word, args, terminal);
  if (word === "--version" || word === "-V" || word === "-v") {
    await terminal.write(`${VERSION}\n`);
    return 0;
  }
  if (word === "help" || word === "--help" || word === "-h") {
    const [name] = args;
    if (name !== undefined && isCommand(name)) return runCommand(name, ["--help"], terminal);
    if (name !== undefined && !name.startsWith("-")) return misnamed(name, [], terminal);
    const { generalHelp } = await import("./help.ts");
    await terminal.write(await generalHelp(helpColumns(terminal)));
    return 0;
  }
  if (word === "__complete") {
    const { complete } = await import("./complete.ts");
    return complete(args, terminal);
  }
  return misnamed(word, args, terminal);
}

async function misnamed(word: string, rest: readonly string[], terminal: Terminal): Promise<number> {
  const { unknownCommand } = await import("./unknown-command.ts");
  const { problem, hint } = await unknownCommand(word, rest);
  return misused(problem, hint, terminal);
}

function helpColumns({ isTty, columns }: Terminal): number | undefined {
  return isTty ? columns : undefined;
}

async function runCommand(name: string, args: string[], terminal: Terminal): Promise<number> {
  const command = await loadCommand(name);
  let configDirs: readonly string[] | undefined;
  try {
    const parsed = await readArguments(command, args);
    if (parsed.values["help"] === true) {
      const { commandHelp } = await import("./help.ts");
      await terminal.write(commandHelp(command, helpColumns(terminal)));
      return 0;
    }
    if (parsed.values["version"] === true) {
      await terminal.write(`${VERSION}\n`);
      return 0;
    }
    requirePositionals(command, parsed.positionals);
    configDirs = await existing(parsed.values["config-dir"]);
    if (parsed.values["from-snapshot"] === true) configDirs = await snapshotsOf(configDirs);
    const { values, positionals } = parsed;
    return await command.run({ configDirs, json: values["json"] === true, values, positionals, terminal });
  } catch (error) {
    if (error instanceof UsageError) {
      return misused(`${name}: ${error.message}`, `Try 'claude-transcripts ${name} --help'.`, terminal);
    }
    const { reportFailure } = await import("./changes/failure.ts");
    return reportFailure(error, { json: args.includes("--json"), terminal, configDirs });
  }
}

function requirePositionals({ positionals: allowed, usage }: Command, given: readonly string[]): void {
  const max = { none: 0, optional: 1, one: 1, some: Infinity, any: Infinity }[allowed];
  const [extra] = given.slice(max);
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}". Usage: ${usage}`);
  if (given.length === 0 && (allowed === "one" || allowed === "some")) {
    throw new UsageError(`an argument is missing. Usage: ${usage}`);
  }
}

/** Returns the given config dirs. Throws `UsageError` if one is missing: a typing error must not look like an empty store. */
async function existing(given: unknown): Promise<readonly string[] | undefined> {
  if (!Array.isArray(given)) return undefined;
  const dirs = given.filter((dir): dir is string => typeof dir === "string");
  const { isDirectory } = await import("../store/layout/config-dir.ts");
  const missing = dirs.find((dir) => !isDirectory(dir));
  if (missing !== undefined) throw mustBe("--config-dir", "an existing directory", missing);
  return dirs;
}

function misused(problem: string, hint: string, terminal: Terminal): number {
  terminal.warn(`claude-transcripts: ${problem}`);
  terminal.warn(hint);
  return MISUSED;
}
