import { FROM_SNAPSHOT } from "../filter/from-snapshot.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Find what was said, thought and done in any session",
  usage: "search QUERY… [options]",
  details: `Finds sessions by everything in them: titles, prompts, answers, thinking, the input and output of tools, subagents.
The best sessions come first, each with the messages that match best and the beginning of their ids. Exits with 1 if nothing is
found.

All words must be in a session; case and accents do not matter. "several words" is a phrase, word* a beginning, -word
must not be there, OR is between alternatives. sub:text finds inside words, re:/…/ matches a regular expression; both
read the files and take longer. Filters: in:said|thinking|input|output|title, role:user|assistant|system, tool:Bash, file:PATH, project:DIR,
branch:, tag:, model:, after:7d (active since then), before:2026-01-31 (begun before then), archived:yes, programmatic:no.`,
  notes: `JSON
  {"hits": [{session: as in 'list --json', matches: [{uuid, messageId, timestamp, role, column, tool, toolUseId, agentId,
    storedIn: file of a long output, notShown: why no view has the text, snippet, marks: [[from, to]], at: place in the whole text, copies: [{sessionId, uuid}],
    open: arguments of the command that shows it}], more: further matching places}], "total": sessions that match,
    "totalIs": "exact", "at most" or "at least", "nextCursor", "searched", "of": sessions in scope, "engine",
    "notes": [{code, text}], "skipped": [{path, reason}]}`,
  ifNoOption: `To leave out a word, quote the query: "needle -hay"`,
  options: {
    cwd: {
      type: "string",
      value: "DIR",
      help: "Only sessions of this directory and the git worktrees of its repository. '.' is the current directory.",
      completes: "projects",
    },
    limit: {
      type: "string",
      short: "n",
      value: "N",
      help: "Show at most N sessions. Default: 10.",
      completes: ["10", "50"],
    },
    matches: {
      type: "string",
      short: "m",
      value: "N",
      help: "Show at most N messages of each session. Default: 3.",
      completes: ["1", "3", "10"],
    },
    context: {
      type: "string",
      short: "C",
      value: "N",
      help: "Show N characters before and after a match. Default: 120.",
      completes: ["40", "120", "500"],
    },
    cursor: { type: "string", value: "CURSOR", help: 'Continue after the page whose "nextCursor" this is.' },
    wait: {
      type: "boolean",
      help: "Wait until every session is searched, however long the index takes to build. On a terminal the default is 2 seconds.",
    },
    "no-index": { type: "boolean", help: "Read the transcripts instead of an index, and make none." },
    ...FROM_SNAPSHOT,
  },
  variables: ["no-index"],
  positionals: "any",
  async run(invocation) {
    const { runSearch } = await import("../search/search-run.ts");
    return runSearch(invocation);
  },
};
