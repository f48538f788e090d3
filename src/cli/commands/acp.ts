import type { Command } from "../command.ts";

export const command: Command = {
  summary: "Serve the sessions to an editor over the Agent Client Protocol, on stdin and stdout",
  usage: "acp [--no-worktrees]",
  details: `Options
  --no-worktrees     Show a directory's sessions without those of its git worktrees, unless a request asks for them.
`,
  options: { "no-worktrees": { type: "boolean" } },
  positionals: "none",
  async run({ configDirs, values }) {
    const { serveAcp } = await import("../../acp/main.ts");
    return serveAcp({ configDirs, includeWorktrees: values["no-worktrees"] !== true });
  },
};
