import { type Command, UsageError } from "../command.ts";

const SHELLS = ["bash", "zsh", "fish"];

export const command: Command = {
  summary: "Print what teaches a shell to complete commands, options, ids and directories",
  usage: "completion bash|zsh|fish",
  details: `Put one of these lines where the shell finds it at its start:
  bash   source <(claude-transcripts completion bash)         in ~/.bashrc
  zsh    source <(claude-transcripts completion zsh)          in ~/.zshrc, behind compinit
  fish   claude-transcripts completion fish | source          in ~/.config/fish/config.fish
`,
  options: {},
  positionals: "one",
  completes: SHELLS,
  async run({ positionals: [shell = ""], json, terminal }) {
    if (!SHELLS.includes(shell)) throw new UsageError(`'${shell}' is none of ${SHELLS.join(", ")}`);
    const { COMPLETION_SCRIPTS } = await import("../completion-scripts.ts");
    const script = COMPLETION_SCRIPTS[shell] ?? "";
    await terminal.write(json ? `${JSON.stringify({ shell, script })}\n` : script);
    return 0;
  },
};
