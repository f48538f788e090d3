import type { Command, Options } from "./terminal/command.ts";

/** Every command, in the order of the help; its module is loaded when it is asked for. */
export const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  list: () => import("./commands/list.ts"),
  show: () => import("./commands/show.ts"),
  fork: () => import("./commands/fork.ts"),
  rename: () => import("./commands/rename.ts"),
  tag: () => import("./commands/tag.ts"),
  archive: () => import("./commands/archive.ts"),
  unarchive: () => import("./commands/unarchive.ts"),
  delete: () => import("./commands/delete.ts"),
  restore: () => import("./commands/restore.ts"),
  trash: () => import("./commands/trash.ts"),
  doctor: () => import("./commands/doctor.ts"),
  completion: () => import("./commands/completion.ts"),
  acp: () => import("./commands/acp.ts"),
  mcp: () => import("./commands/mcp.ts"),
};

/** What every command takes beside its own. */
export const COMMON_OPTIONS: Options = {
  "config-dir": {
    type: "string",
    multiple: true,
    value: "DIR",
    help: "Where the transcripts are; may be given several times. Default: $CLAUDE_CONFIG_DIR, or ~/.claude.",
    completes: "directories",
  },
  json: { type: "boolean", help: "One JSON document instead of text." },
  help: { type: "boolean", short: "h", help: "What a command does and takes." },
  version: { type: "boolean", short: "V", help: "The version of this program." },
};

export const isCommand = (name: string): boolean => Object.hasOwn(COMMANDS, name);

/** Throws where there is no such command. */
export async function loadCommand(name: string): Promise<Command> {
  const load = isCommand(name) ? COMMANDS[name] : undefined;
  if (load === undefined) throw new Error(`no command ${name}`);
  return (await load()).command;
}
