import { FORMATS, ROLES } from "../show/show-options.ts";
import { FROM_SNAPSHOT } from "../filter/from-snapshot.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Show a conversation",
  usage: "show ID|- [options]",
  details: `Shows what was said and done in a session, including what was compacted away. On a terminal it uses $PAGER. '-' reads a
transcript from stdin. Long output is folded; the end of the output says what is not shown.`,
  notes: `JSON
  {"session": {sessionId, title, cwd, gitBranch, path, messages, subagent, usage: as in 'list --json --cost', if an index has it,
    subagents: [{agentId, agentType, description}]},
  "messages": [{number, speaker, timestamp, model, branch, compacted,
    unconnected, undelivered, uuids, parts: [{kind, role, …}]}],
  "omitted": {before, after, notMatching, otherRoles, compacted, notCurrent, branches, branchMessages, thoughtsWithoutText, empty,
    spilled, missingOutputs, unread: {tooLong, cutShort, notRows, unfinished}}}
  Kinds of parts: text, thinking, hidden (for the model only), notice, summary, boundary {text};
    peer {from, summary, text}; command {name, args}; shell {command}; output {text, errors, spilled};
    call {id, name, input};
    result {id, failed, text, media, structured, spilled, agentId: a subagent that can be shown};
    image, document, other {name, bytes}. Unknown values are absent. Nothing is folded.
  spilled [{name, bytes, path}]: outputs that were too long for their row, and text has their beginnings; --full gives
    all of them. Without path, the file is not in this store.
  With --grep, a message also has matches: [{uuid, role, column, tool, snippet, marks: [[from, to]], file: name of
    the output's own file}], and the document has notes: what could not be searched for.
  With --answer: {number, timestamp, model, text}. With --prompts: [{number, timestamp, text}].`,
  options: {
    from: {
      type: "string",
      value: "START",
      help: "Start at a message, by its number (as shown after '#') or the beginning of its uuid, or at a time: 2h, yesterday, 2026-08-21, 2026-08-21T14:30.",
    },
    last: {
      type: "string",
      short: "n",
      value: "N",
      help: "Only the last N messages, not counting notes from Claude Code.",
    },
    around: {
      type: "string",
      value: "MESSAGE",
      help: "Only this message and its neighbours: its number, or its uuid or the 8 characters of it that 'search' shows. Its thinking is shown too.",
    },
    grep: {
      type: "string",
      value: "QUERY",
      help: "Only the messages that match, in the language of 'search': all words must be in the message. The matches are marked. The exit code is 1 if there are none.",
    },
    context: {
      type: "string",
      short: "C",
      value: "N",
      help: "With --around and --grep: show N messages before and after. Default: 3 with --around, 0 with --grep.",
      completes: ["0", "1", "3", "10"],
    },
    role: {
      type: "string",
      multiple: true,
      value: "ROLE",
      help: "Only parts with this role: user, assistant, tool (calls, results, output of commands), peer (teammates, other sessions, channels), system (notes from Claude Code). Can be repeated, or given as a list: user,assistant.",
      completes: ROLES,
    },
    subagent: {
      type: "string",
      value: "ID",
      help: "Show the conversation of a subagent, by its id or the beginning of it.",
    },
    answer: {
      type: "boolean",
      help: "Only the last answer of the model, as Markdown and without tool calls. The exit code is 1 if there is none.",
    },
    prompts: {
      type: "boolean",
      help: "Only what the user typed, with a rule (---) between prompts; with --last N, the last N prompts.",
    },
    full: {
      type: "boolean",
      help: "Do not fold long output, long lines and summaries; also show output that Claude Code keeps in separate files.",
    },
    thinking: { type: "boolean", help: "Also show the model's thinking." },
    branches: { type: "boolean", help: "Also show what rewinds left behind." },
    current: {
      type: "boolean",
      help: "Only what is still in the context of the model: messages since the last compaction, and those it kept.",
    },
    format: {
      type: "string",
      value: "FORMAT",
      help: "text (default), markdown, json (the same as --json), or jsonl: the rows of the messages, exactly as in the transcript.",
      completes: FORMATS,
    },
    "no-pager": { type: "boolean", help: "Print to the terminal without a pager." },
    ...FROM_SNAPSHOT,
  },
  positionals: "one",
  completes: "sessions",
  async run(invocation) {
    const { show } = await import("../show/show-run.ts");
    return show(invocation);
  },
};
