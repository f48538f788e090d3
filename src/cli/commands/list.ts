import type { Command } from "../command.ts";

export const command: Command = {
  summary: "List the sessions, the last active first",
  usage: "list [--cwd DIR] [--all] [--limit N] [--since TIME] [--tag TAG] [--branch NAME] [--archived]",
  details: `Lists the sessions of all projects that are not archived: the beginning of the id, when something was said last, the
title, the directory, the git branch, and the size of the transcript. On a terminal the first 30, elsewhere all.

Options
  --cwd DIR          Only the sessions of a directory and of the git worktrees of its repository.
  --no-worktrees     With --cwd: only those of the directory itself.
  --since TIME       Only what was active since: 30min, 3h, 2d, 1w, 2026-08-21, 2026-08-21T14:30.
  --tag TAG          Only sessions with this tag. Reads all transcripts, so it may take a moment.
  --branch NAME      Only sessions that were last on this git branch.
  --archived         Only archived sessions.
  --limit N          At most so many.
  --all              Without a limit, archived sessions included.

JSON
  {"sessions": [{sessionId, summary, lastModified, fileSize, customTitle, firstPrompt, gitBranch, cwd, tag, createdAt,
  archived, activity, configDir, projectKey, transcriptPath, entrypoint, programmatic, model, forkedFrom, worktree}],
  "more": whether --limit left some out, "archivedLeftOut": how many were met, "transcripts": how many there are,
  "skipped": [{path, reason}]}. Times are milliseconds since 1970, sizes bytes; what is not known is absent.
`,
  options: {
    cwd: { type: "string" },
    "no-worktrees": { type: "boolean" },
    since: { type: "string" },
    tag: { type: "string" },
    branch: { type: "string" },
    archived: { type: "boolean" },
    limit: { type: "string" },
    all: { type: "boolean" },
  },
  positionals: "none",
  completesOptions: {
    cwd: "projects",
    since: ["1h", "1d", "7d", "30d"],
    tag: "tags",
    branch: "branches",
    limit: ["10", "100"],
  },
  async run(invocation) {
    const { listSessions } = await import("../list-sessions.ts");
    return listSessions(invocation);
  },
};
