import { DRY_RUN } from "../changes/batch-help.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Bring sessions from another machine",
  usage: "import FILE|DIR… [--cwd DIR] [--dry-run]",
  details: `Imports sessions from a bundle (.tar.gz), from a directory of another machine (.claude, its projects directory or one in that), or from
one transcript named <id>.jsonl, so that 'claude --resume' continues them. Subagents and tool results come along.
Sessions go to the same directory if it is here, else to the clone of the same repository if sessions here know one; --cwd names
another one. The directory of each row then changes as far as it is that directory or below it, and nothing else.
Each session is imported whole or not at all, and nothing is overwritten: the same session is left as it is, a longer one needs --update, and a
different one --new-id. If the command is interrupted, the same command finishes the job.`,
  notes: `JSON
  {"action", "dryRun", "results": [{"given", "sessionId", "formerId": if it has a new id, "configDir", "projectKey", "cwd", "outcome":
    "imported", "updated" or "already", "files": [{path, bytes}], "bytes", "already", "skipped": [{path, reason}], "notes", "deletedFrom": when Claude Code deletes it, epoch ms} or {"given",
    "error": {"code", "message", "hint"}}], "skipped": [{path, reason}], "undo": the command that deletes what was imported}`,
  options: {
    cwd: {
      type: "string",
      value: "DIR",
      help: "The directory here that the sessions are of.",
      completes: "directories",
    },
    from: {
      type: "string",
      value: "DIR",
      help: "Only sessions of this directory of the other machine or below it; --cwd stands for it. Default: the one above all sessions.",
    },
    "keep-cwd": { type: "boolean", help: "Leave sessions under their directory, whether or not it is here." },
    update: { type: "boolean", help: "Add what is missing to sessions that are here in part." },
    "new-id": { type: "boolean", help: "Give a session a new id if another one with its id is here." },
    "max-bytes": {
      type: "string",
      value: "SIZE",
      help: "Refuse a bundle or a directory with more in it: 500MB, 50GB. Default: 20GB.",
    },
    ...DRY_RUN,
  },
  positionals: "some",
  completes: "files",
  async run(invocation) {
    const { runImport } = await import("../changes/run-import.ts");
    return runImport(invocation);
  },
};
