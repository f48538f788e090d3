import type { Command, Options } from "./terminal/command.ts";

/** Every command, in the order of the help. Modules are loaded lazily. */
export const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  list: () => import("./commands/list.ts"),
  show: () => import("./commands/show.ts"),
  search: () => import("./commands/search.ts"),
  fork: () => import("./commands/fork.ts"),
  rename: () => import("./commands/rename.ts"),
  tag: () => import("./commands/tag.ts"),
  describe: async () => ({ command: (await import("./commands/tag.ts")).describe }),
  archive: () => import("./commands/archive.ts"),
  unarchive: async () => ({ command: (await import("./commands/archive.ts")).unarchive }),
  "move-project": () => import("./keep/move-project.ts"),
  repair: () => import("./keep/repair.ts"),
  delete: () => import("./commands/delete.ts"),
  restore: async () => ({ command: (await import("./commands/trash.ts")).restore }),
  cleanup: () => import("./keep/cleanup.ts"),
  snapshot: () => import("./keep/snapshot.ts"),
  retention: () => import("./keep/retention.ts"),
  export: () => import("./keep/export.ts"),
  import: () => import("./keep/import.ts"),
  trash: () => import("./commands/trash.ts"),
  doctor: () => import("./commands/doctor.ts"),
  stats: () => import("./commands/stats.ts"),
  completion: () => import("./commands/completion.ts"),
  acp: () => import("./serve/acp.ts"),
  mcp: () => import("./serve/mcp.ts"),
};

export const COMMON_OPTIONS: Options = {
  "config-dir": {
    type: "string",
    multiple: true,
    value: "DIR",
    help: "Directory that holds the transcripts; can be repeated. Default: $CLAUDE_CONFIG_DIR, or ~/.claude.",
    completes: "directories",
  },
  json: { type: "boolean", help: "Print one JSON document instead of text." },
  help: { type: "boolean", short: "h", help: "Show help for a command." },
  version: { type: "boolean", short: "V", help: "Show the version of this program." },
};

export const optionsOf = ({ options }: Command): Options => ({ ...options, ...COMMON_OPTIONS });

export const isCommand = (name: string): boolean => Object.hasOwn(COMMANDS, name);

export async function loadCommand(name: string): Promise<Command> {
  const load = isCommand(name) ? COMMANDS[name] : undefined;
  if (load === undefined) throw new Error(`no command ${name}`);
  return (await load()).command;
}
