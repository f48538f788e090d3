import type { ParseArgsConfig } from "node:util";
import { VERSION } from "../version.ts";

/** Not by `import`: that would load everything `node:util` exports, which is felt in the time to the first answer. */
const { parseArgs } = process.getBuiltinModule("node:util");

const HELP = `claude-transcripts ${VERSION}: the transcripts that Claude Code keeps, listed, read, forked and deleted

Usage
  claude-transcripts acp [--config-dir DIR]... [--no-worktrees]
      Serve them to an editor over the Agent Client Protocol, on stdin and stdout.

  claude-transcripts list [--config-dir DIR]... [--json]
      List all sessions, the last active first.

  claude-transcripts --version | --help

Options
  --config-dir DIR   Where the transcripts are; may be given several times.
                     Default: $CLAUDE_CONFIG_DIR, or ~/.claude.
  --no-worktrees     Show a directory's sessions without those of its git worktrees, unless a request asks for them.
  --json             One JSON document instead of a table.
`;

/** Exit codes: 0 done, 1 failed, 2 misused. */
const FAILED = 1;
const MISUSED = 2;

type Options = NonNullable<ParseArgsConfig["options"]>;
const CONFIG_DIR = { "config-dir": { type: "string", multiple: true } } as const satisfies Options;

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  async acp(args) {
    const { values } = parse(args, { ...CONFIG_DIR, "no-worktrees": { type: "boolean" } });
    const { serveAcp } = await import("../acp/main.ts");
    await serveAcp({ configDirs: values["config-dir"], includeWorktrees: values["no-worktrees"] !== true });
  },
  async list(args) {
    const { values } = parse(args, { ...CONFIG_DIR, json: { type: "boolean" } });
    const { printList } = await import("./list.ts");
    await printList({ configDirs: values["config-dir"], json: values.json === true });
  },
};

await main(process.argv.slice(2));

async function main([word = "--help", ...rest]: string[]): Promise<void> {
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (command !== undefined && !rest.includes("--help")) {
    await command(rest).catch(fail);
  } else if (command !== undefined || word === "--help" || word === "-h" || word === "help") {
    process.stdout.write(HELP);
  } else if (word === "--version" || word === "-v") {
    process.stdout.write(`${VERSION}\n`);
  } else {
    misuse(`unknown command '${word}'`);
  }
}

function parse<T extends Options>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false });
  } catch (error) {
    misuse(error instanceof Error ? error.message : String(error));
  }
}

function misuse(problem: string): never {
  process.stderr.write(`claude-transcripts: ${problem}\nTry 'claude-transcripts --help'.\n`);
  process.exit(MISUSED);
}

function fail(error: unknown): void {
  process.stderr.write(`claude-transcripts: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = FAILED;
}
