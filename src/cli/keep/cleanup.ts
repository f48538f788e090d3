import { DRY_RUN } from "../changes/batch-help.ts";
import type { Command } from "../terminal/command.ts";
import { STRICT_FILTER_OPTIONS } from "../filter/filter-options.ts";

export const command: Command = {
  summary: "Move the sessions that a filter selects to the trash",
  usage: "cleanup FILTER… [--dry-run] [--yes]",
  details: `Moves sessions, and everything that belongs to them, to the trash, as 'delete' does. All conditions must hold, for example
'cleanup --before 90d --no-worktrees --cwd .' or 'cleanup --empty'. It shows what would go and asks; a script needs --yes. 'restore'
brings all of it back.

Sessions that are in use stay, so do those tagged "keep" and those with a title that somebody gave, unless an option below
includes them. What stays is named, with the reason.`,
  notes: `JSON
  {"action", "dryRun", "results": [{"given", "sessionId", "trashIds", "items": [{path, kind, bytes, configDir}], "bytes",
    "skipped": [{path, reason}], "gone": true if another process has deleted it} or {"given", "error": {"code", "message",
    "hint"}}], "kept": [{sessionId, title, reason}], "gone": [{sessionId, title}], "bytes": of all results, "undo": the command
    that restores them, "notes", "skipped": [{path, reason}]}`,
  options: {
    ...STRICT_FILTER_OPTIONS,
    archived: { type: "boolean", help: "Only archived sessions." },
    programmatic: { type: "boolean", help: "Only sessions that programs started (claude -p, the Agent SDK)." },
    "include-titled": { type: "boolean", help: "Also sessions with a title that somebody gave." },
    "include-tagged": { type: "boolean", help: 'Also sessions tagged "keep".' },
    force: { type: "boolean", short: "f", help: "Also sessions that are in use." },
    ...DRY_RUN,
    yes: { type: "boolean", short: "y", help: "Do not ask for confirmation." },
    schedule: {
      type: "string",
      value: "PROGRAM",
      help: "Only print what makes cron, systemd or launchd run this clean-up every day.",
      completes: ["cron", "systemd", "launchd"],
    },
  },
  positionals: "none",
  async run(invocation) {
    const { cleanUp } = await import("../cleanup/cleanup-run.ts");
    return cleanUp(invocation);
  },
};
