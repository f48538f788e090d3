import { DRY_RUN } from "../changes/batch-help.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Let sessions follow a directory that was moved or renamed",
  usage: "move-project OLD NEW [--dry-run]\nmove-project OLD NEW --undo",
  details: `Moves each session whose directory is OLD or below it to the project directory in which Claude Code looks for it at or
below NEW, so that 'claude --continue' finds it there. Transcripts, subagents, tool results and archive marks move along; one row
with the new directory is added to each transcript. /a/foo-docker is not below /a/foo.

Nothing is overwritten: a session stays if its new place is taken, or if it is in use. history.jsonl and ~/.claude.json are never
changed. If the command is interrupted, the same command finishes the job.`,
  notes: `JSON
  {"action", "dryRun", "results": [{"given", "sessionId", "configDir", "from", "to": directories, "items": [{path, to, kind,
    bytes}], "bytes", "skipped": [{path, reason}], "gone": true if another process has deleted it} or {"given", "error": {"code",
    "message", "hint"}}], "settings": [{path, directories}], "historyKept", "skipped": [{path, reason}], "undo": the command that
    moves them back}`,
  options: {
    undo: { type: "boolean", help: "Move back what 'move-project OLD NEW' moved, and nothing else." },
    force: { type: "boolean", short: "f", help: "Also sessions that are in use." },
    ...DRY_RUN,
  },
  positionals: "some",
  completes: (before) => (before.length === 0 ? "projects" : before.length === 1 ? "directories" : undefined),
  async run(invocation) {
    const { runMoveProject } = await import("../changes/run-move-project.ts");
    return runMoveProject(invocation);
  },
};
