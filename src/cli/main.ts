import { VERSION } from "../version.ts";
import { type Command, type Invocation, type Terminal, UsageError } from "./command.ts";
import { COMMON_OPTIONS, isCommand, loadCommand } from "./commands.ts";
import { openTerminal } from "./terminal.ts";

/** Not by `import`: that would load everything `node:util` exports, which is felt in the time to the first answer. */
const { parseArgs } = process.getBuiltinModule("node:util");

/** Exit codes: 0 done, 1 failed (a command says so), 2 misused. */
const MISUSED = 2;

process.exitCode = await main(process.argv.slice(2), openTerminal());

async function main([word = "help", ...args]: string[], terminal: Terminal): Promise<number> {
  if (isCommand(word)) return runCommand(word, args, terminal);
  if (word === "--version" || word === "-v") {
    await terminal.write(`${VERSION}\n`);
    return 0;
  }
  if (word === "help" || word === "--help" || word === "-h") {
    const [name] = args;
    if (name !== undefined && isCommand(name)) return runCommand(name, ["--help"], terminal);
    if (name !== undefined && !name.startsWith("-")) return unknownCommand(name, terminal);
    const { generalHelp } = await import("./help.ts");
    await terminal.write(await generalHelp());
    return 0;
  }
  if (word === "__complete") {
    const { complete } = await import("./complete.ts");
    return complete(args, terminal);
  }
  return unknownCommand(word, terminal);
}

async function unknownCommand(word: string, terminal: Terminal): Promise<number> {
  const problem = word.startsWith("-")
    ? `unknown option '${word}': a command comes first`
    : `unknown command '${word}'`;
  const { similarCommand } = await import("./help.ts");
  return misused(problem, similarCommand(word) ?? "Try 'claude-transcripts --help'.", terminal);
}

async function runCommand(name: string, args: string[], terminal: Terminal): Promise<number> {
  const command = await loadCommand(name);
  try {
    const parsed = parse(command, args);
    if (parsed.values["help"] === true) {
      const { commandHelp } = await import("./help.ts");
      await terminal.write(commandHelp(command));
      return 0;
    }
    requirePositionals(command, parsed.positionals);
    const configDirs = await existing(parsed.values["config-dir"]);
    const { values, positionals } = parsed;
    return await command.run({ configDirs, json: values["json"] === true, values, positionals, terminal });
  } catch (error) {
    if (error instanceof UsageError) {
      return misused(`${name}: ${error.message}`, `Try 'claude-transcripts ${name} --help'.`, terminal);
    }
    const { tellFailure } = await import("./failure.ts");
    return tellFailure(error, { json: args.includes("--json"), terminal });
  }
}

function parse({ options }: Command, args: string[]): Pick<Invocation, "values" | "positionals"> {
  try {
    return parseArgs({ args, options: { ...options, ...COMMON_OPTIONS }, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function requirePositionals({ positionals: allowed, usage }: Command, given: readonly string[]): void {
  const most = { none: 0, one: 1, some: Infinity, any: Infinity }[allowed];
  const [extra] = given.slice(most);
  if (extra !== undefined) throw new UsageError(`'${extra}' is one argument too many: ${usage}`);
  if (given.length === 0 && (allowed === "one" || allowed === "some")) {
    throw new UsageError(`an argument is missing: ${usage}`);
  }
}

/** The config dirs that were given. One that is not there is a mistake in the call: a typing error must not look like an empty store. */
async function existing(given: unknown): Promise<readonly string[] | undefined> {
  if (!Array.isArray(given)) return undefined;
  const dirs = given.filter((dir): dir is string => typeof dir === "string");
  const { isDirectory } = await import("../store/config-dir.ts");
  const missing = dirs.find((dir) => !isDirectory(dir));
  if (missing !== undefined) throw new UsageError(`--config-dir: there is no directory ${missing}`);
  return dirs;
}

function misused(problem: string, hint: string, terminal: Terminal): number {
  terminal.warn(`claude-transcripts: ${problem}`);
  terminal.warn(hint);
  return MISUSED;
}
