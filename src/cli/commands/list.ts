import { TIMES_UNDERSTOOD } from "../../view/when.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "List the sessions, the last active first",
  usage: "list [DIR] [options]",
  details: `Lists the sessions of all projects that are not archived: the beginning of the id, when something was said last, the
title, and as the width allows the project, the git branch and the size of the transcript. A worktree is shown as
repository#worktree. On a terminal the first 30, elsewhere all, with whole paths.`,
  notes: `JSON
  {"sessions": [{sessionId, summary, lastModified, fileSize, customTitle, firstPrompt, gitBranch, cwd, tag,
    createdAt, archived, title, activity, configDir, projectKey, transcriptPath, entrypoint, programmatic, model,
    forkedFrom, agentName, teamName, worktree}],
  "more": whether --limit left some out, "archivedLeftOut", "programmaticLeftOut": how many were met,
  "transcripts": how many there are, "skipped": [{path, reason}]}
  title is what the table shows, at most 100 characters of one line; summary, customTitle and firstPrompt are
    what the official helpers give, whole. Times are milliseconds since 1970, sizes bytes; what is not known is absent.`,
  options: {
    cwd: {
      type: "string",
      value: "DIR",
      help: "Only the sessions of a directory and of the git worktrees of its repository: the same as DIR. '.' is the one where you are.",
      completes: "projects",
    },
    "no-worktrees": { type: "boolean", help: "With --cwd: only those of the directory itself." },
    since: {
      type: "string",
      value: "TIME",
      help: `Only what was active since then: ${TIMES_UNDERSTOOD}.`,
      completes: ["today", "yesterday", "monday", "1h", "1d", "7d", "30d"],
    },
    until: {
      type: "string",
      value: "TIME",
      help: "Only what was last active until then; a day is meant with its last minute.",
      completes: ["today", "yesterday", "monday", "1h", "1d", "7d", "30d"],
    },
    tag: {
      type: "string",
      value: "TAG",
      help: "Only sessions with this tag. Reads all transcripts, so it may take a moment.",
      completes: "tags",
    },
    branch: {
      type: "string",
      value: "NAME",
      help: "Only sessions that were last on this git branch.",
      completes: "branches",
    },
    archived: { type: "boolean", help: "Only archived sessions." },
    "no-programmatic": {
      type: "boolean",
      help: "Without the sessions that programs started: claude -p, the Agent SDK. CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC=1 in the environment says the same; --all shows them then.",
    },
    limit: { type: "string", short: "n", value: "N", help: "At most so many.", completes: ["10", "100"] },
    all: {
      type: "boolean",
      short: "a",
      help: "All sessions, archived ones included; with --limit N the first N of them.",
    },
  },
  positionals: "optional",
  completes: "projects",
  async run(invocation) {
    const { listSessions } = await import("../list/list-run.ts");
    return listSessions(invocation);
  },
};
