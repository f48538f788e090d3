import { type Command, UsageError } from "../command.ts";

export const command: Command = {
  summary: "Serve the sessions to agents over the Model Context Protocol, on stdin and stdout",
  usage: "mcp [--read-only] [--tools NAMES]",
  details: `Options
  --read-only        Offer no tool that changes anything.
  --tools NAMES      Offer only these tools: list_sessions,read_session.
`,
  options: { "read-only": { type: "boolean" }, tools: { type: "string" } },
  positionals: "none",
  async run({ configDirs, values, terminal }) {
    const { TOOL_NAMES } = await import("../../mcp/shipped.ts");
    const given = values["tools"];
    const tools = typeof given === "string" ? given.split(",").map((name) => name.trim()) : undefined;
    const unknown = tools?.find((name) => !TOOL_NAMES.includes(name));
    if (unknown !== undefined) {
      throw new UsageError(`--tools: there is no tool '${unknown}'. The tools: ${TOOL_NAMES.join(", ")}`);
    }
    if (process.stdin.isTTY) {
      terminal.warn("claude-transcripts mcp: an agent is expected on stdin, not a person; Ctrl-D ends it.");
    }
    const { serveMcp } = await import("../../mcp/main.ts");
    return serveMcp({ configDirs, readOnly: values["read-only"] === true, tools });
  },
};
