import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Show a conversation",
  usage: "show ID|- [options]",
  details: `Shows what was said and done in a session, with what was compacted away, on a terminal through $PAGER. '-' reads a
transcript from stdin. Long output is folded; what is not shown is told at the end.`,
  notes: `JSON
  {"session": {sessionId, title, cwd, gitBranch, path, messages, subagent,
    subagents: [{agentId, agentType, description}]},
  "messages": [{number, speaker, timestamp, model, branch, compacted,
    unconnected, undelivered, uuids, parts: [{kind, role, …}]}],
  "omitted": {before, otherRoles, compacted, notCurrent, branches, branchMessages, thoughtsWithoutText, empty,
    spilled, missingOutputs, unread: {tooLong, cutShort, notRows, unfinished}}}
  Kinds of parts: text, thinking, hidden (said to the model only), notice, summary, boundary {text};
    peer {from, summary, text}; command {name, args}; shell {command}; output {text, errors, spilled};
    call {id, name, input};
    result {id, failed, text, media, structured, spilled, agentId: a subagent that can be shown};
    image, document, other {name, bytes}. What is not known is absent. Nothing is folded.
  spilled {name, bytes, path}: the output was too long for its row, and text is its beginning; all of
    it with --full. Without path the file is not in this store.
  With --answer: {number, timestamp, model, text}. With --prompts: [{number, timestamp, text}].`,
  options: {
    from: {
      type: "string",
      value: "WHERE",
      help: "Begin there: at a message's number (as it stands after '#'), at the beginning of the uuid of one of its rows, or at a time: 2h, yesterday, 2026-08-21, 2026-08-21T14:30.",
    },
    last: {
      type: "string",
      short: "n",
      value: "N",
      help: "Only the last N messages, not counting notes of Claude Code.",
    },
    role: {
      type: "string",
      multiple: true,
      value: "ROLE",
      help: "Only what is of this role: user, assistant, tool (calls, results, what commands printed), peer (teammates, other sessions, channels), system (notes of Claude Code). May be given several times, or as a list: user,assistant.",
      completes: ["user", "assistant", "tool", "peer", "system"],
    },
    subagent: {
      type: "string",
      value: "ID",
      help: "The conversation of a subagent, by its id or the beginning of it.",
    },
    answer: {
      type: "boolean",
      help: "Only what the model said last, as it wrote it: Markdown, without tool calls. Exit code 1 where it said nothing.",
    },
    prompts: {
      type: "boolean",
      help: "Only what the user typed, a rule (---) between the prompts; with --last N the last N of them.",
    },
    full: {
      type: "boolean",
      help: "Long output, long lines and summaries as they are, not folded; and output that Claude Code keeps in files.",
    },
    thinking: { type: "boolean", help: "The model's thoughts too." },
    branches: { type: "boolean", help: "Also what rewinds left behind." },
    current: {
      type: "boolean",
      help: "Only what the model still has: what was said since the last compaction, and what that kept.",
    },
    format: {
      type: "string",
      value: "FORMAT",
      help: "text (default), markdown, json (the same as --json), or jsonl: the rows of the messages, byte for byte as they stand in the transcript.",
      completes: ["text", "markdown", "json", "jsonl"],
    },
    "no-pager": { type: "boolean", help: "Print on the terminal directly." },
  },
  positionals: "one",
  completes: "sessions",
  async run(invocation) {
    const { show } = await import("../show/show-run.ts");
    return show(invocation);
  },
};
