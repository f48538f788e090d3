import type { Command } from "../command.ts";

export const command: Command = {
  summary: "Show a conversation",
  usage: "show <id>|- [--from WHERE] [--last N] [--role ROLE] [--subagent ID] [--full] [--format FORMAT]",
  details: `Shows what was said and done in a session, with what was compacted away, on a terminal through $PAGER. '-' reads a
transcript from stdin. Long output is folded; what is not shown is told at the end.

Options
  --from WHERE       Begin there: at a message's number (as it stands behind '#'), at the beginning of the uuid of one
                     of its rows, or at a time: 2h, 3d, 2026-08-21, 2026-08-21T14:30.
  --last N           Only the last N messages.
  --role ROLE        Only what is of this role: user, assistant, tool (calls and results), system (notes of Claude
                     Code). May be given several times, or as a list: user,assistant.
  --subagent ID      The conversation of a subagent, by its id or the beginning of it.
  --full             Long output, long lines and summaries as they are, not folded.
  --thinking         The model's thoughts too.
  --branches         Also what rewinds left behind.
  --current          Only what the model still has: what was said since the last compaction.
  --format FORMAT    text (default), markdown, json (the same as --json), or jsonl: the rows of the messages, byte for
                     byte as they stand in the transcript.
  --no-pager         Print on the terminal directly.

JSON
  {"session": {sessionId, title, cwd, gitBranch, path, messages, subagent, subagents: [{agentId, agentType, description}]},
  "messages": [{number, speaker, timestamp, model, branch, compacted, uuids, parts: [{kind, role, …}]}],
  "omitted": {before, otherRoles, compacted, branches, branchMessages}}
  Kinds of parts: text, thinking, hidden (said to the model only), notice, summary, boundary {text}; command {name, args};
  shell {command}; output {text, errors}; call {id, name, input}; result {id, failed, text, media, structured};
  image, document, other {name, bytes}. What is not known is absent. Nothing is folded.
`,
  options: {
    from: { type: "string" },
    last: { type: "string" },
    role: { type: "string", multiple: true },
    subagent: { type: "string" },
    format: { type: "string" },
    full: { type: "boolean" },
    thinking: { type: "boolean" },
    branches: { type: "boolean" },
    current: { type: "boolean" },
    "no-pager": { type: "boolean" },
  },
  positionals: "one",
  completes: "sessions",
  completesOptions: { role: ["user", "assistant", "tool", "system"], format: ["text", "markdown", "json", "jsonl"] },
  async run(invocation) {
    const { show } = await import("../show.ts");
    return show(invocation);
  },
};
