import { FROM_SNAPSHOT } from "../filter/from-snapshot.ts";
import { SESSION_SORTS } from "../../catalog/facts/session-facts.ts";
import { type Command, oneOf } from "../terminal/command.ts";
import { FILTER_OPTIONS } from "../filter/filter-options.ts";

export const command: Command = {
  summary: "List sessions, the most recently active first",
  usage: "list [DIR] [options]",
  details: `Lists the sessions of all projects, without the archived ones: the start of the id, the time of the last message, the
title with the description and the tags and, if there is room, the project, the git branch and the size of the transcript. A session that Claude Code
will delete within 3 days says so, unless the snapshot has it (see 'retention'). A worktree is shown as
repository#worktree. A terminal shows the first 30 sessions; a file or pipe gets all of them, with full paths.`,
  notes: `JSON
  {"sessions": [{sessionId, summary, lastModified, fileSize, customTitle, firstPrompt, gitBranch, cwd, tag,
    createdAt, archived, title, activity, tags, description, configDir, projectKey, transcriptPath, entrypoint, programmatic, model,
    forkedFrom, agentName, teamName, worktree, deletedFrom: when Claude Code deletes it, if within 3 days and no snapshot has it}],
  "more": whether --limit left some out, "archivedLeftOut", "programmaticLeftOut": how many were left out,
  "transcripts": how many there are, "skipped": [{path, reason}]}
  With --cost, a session also has usage: {prompts, turns, messages, toolCalls, requests, tokens, webSearches, cost,
    unrecordedCost, unpricedTokens, unpricedModels, lowerBounds, active, linesAdded, linesRemoved, models, isComplete}
    as in 'stats --json', absent if nothing is known; and the document "pending": how many are not complete, "prices",
    "notes".
  title is what the table shows: one line of at most 100 characters. summary, customTitle and firstPrompt are
    the full texts of the official helpers. Times are milliseconds since 1970, sizes are bytes. Unknown values are absent.`,
  options: {
    ...FILTER_OPTIONS,
    cwd: {
      ...FILTER_OPTIONS.cwd,
      help: "Only sessions of this directory and the git worktrees of its repository; the same as DIR. '.' is the current directory.",
    },
    tag: {
      ...FILTER_OPTIONS.tag,
      help: "Only sessions with this tag; repeated, with one of them. Reads all transcripts, so it may take a moment.",
    },
    archived: { type: "boolean", help: "Only archived sessions." },
    "no-programmatic": {
      type: "boolean",
      help: "Leave out sessions that programs started (claude -p, the Agent SDK). If this is set only by CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC, --all still shows them.",
    },
    sort: {
      type: "string",
      value: "ORDER",
      help: `Order by ${oneOf(SESSION_SORTS)}, the largest first; by default, the latest activity first. cost and messages also show --cost.`,
      completes: SESSION_SORTS,
    },
    cost: {
      type: "boolean",
      help: "Also show the number of messages and the cost, from the index of 'stats', which is brought up to date first.",
    },
    wait: {
      type: "boolean",
      help: "With --cost, --sort cost or --sort messages: wait until every session is counted. On a terminal the default is 2 seconds.",
    },
    limit: { type: "string", short: "n", value: "N", help: "Show at most N sessions.", completes: ["10", "100"] },
    all: {
      type: "boolean",
      short: "a",
      help: "Show all sessions, archived ones included; with --limit N, the first N of them.",
    },
    ...FROM_SNAPSHOT,
  },
  variables: ["no-programmatic"],
  positionals: "optional",
  completes: "projects",
  async run(invocation) {
    const { listSessions } = await import("../list/list-run.ts");
    return listSessions(invocation);
  },
};
