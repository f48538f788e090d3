import { type Command, mustBe, oneOf } from "../terminal/command.ts";

const SHELLS = ["bash", "zsh", "fish"];

export const command: Command = {
  summary: "Print a shell completion script",
  usage: "completion bash|zsh|fish",
  details: `The script completes commands, options, ids and directories. Add one of these lines to your shell's start-up file:
  bash, in ~/.bashrc: source <(claude-transcripts completion bash)
  zsh, in ~/.zshrc after compinit: source <(claude-transcripts completion zsh)
  fish, in ~/.config/fish/config.fish: claude-transcripts completion fish | source`,
  options: {},
  positionals: "one",
  completes: SHELLS,
  async run({ positionals: [shell = ""], json, terminal }) {
    if (!SHELLS.includes(shell)) throw mustBe("the shell", oneOf(SHELLS), shell);
    const { COMPLETION_SCRIPTS } = await import("../completion/completion-scripts.ts");
    const script = COMPLETION_SCRIPTS[shell] ?? "";
    await terminal.write(json ? `${JSON.stringify({ shell, script })}\n` : script);
    return 0;
  },
};
