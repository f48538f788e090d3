import { DRY_RUN } from "../changes/batch-help.ts";
import { type Command, UsageError } from "../terminal/command.ts";
import { EXPLAINED_FILTER_OPTIONS } from "../filter/filter-options.ts";

export const command: Command = {
  summary: "Keep copies of sessions, which outlive Claude Code's clean-up",
  usage: "snapshot [FILTER…] [--to DIR] [--dry-run]\nsnapshot restore ID… [--from DIR] [--dry-run]",
  details: `Copies sessions, and everything that belongs to them, into a directory: all of them, or those of a filter. The next time, only
what is new is copied: a row that was appended costs a row. Nothing is ever removed from it, so what Claude Code deletes after 30
days stays there. It has the layout of a config directory: 'list --config-dir DIR', 'show' and 'search' read it.

'snapshot restore' copies sessions back to where they were, so that 'claude --resume' continues them. It overwrites nothing.`,
  notes: `JSON
  {"action", "dryRun", "snapshots": [{"configDir", "to", "copied": [{path, bytes}], "bytes", "unchanged", "superseded": [path],
    "skipped": [{path, reason}], "failed": [{path, reason}]}], "notes"}; the exit code is 1 if something failed.
  'snapshot restore': {"action", "dryRun", "results": [{"given", "sessionId", "items": [{path, bytes}], "bytes", "already", "skipped"}
    or {"given", "error": {"code", "message", "hint"}}]}, in the order of the arguments.`,
  options: {
    to: {
      type: "string",
      value: "DIR",
      help: "Where the copies are. Default: claude-transcripts/snapshot in the config directory.",
      completes: "directories",
    },
    from: {
      type: "string",
      value: "DIR",
      help: "The snapshot to restore from, if not the default.",
      completes: "directories",
    },
    ...EXPLAINED_FILTER_OPTIONS,
    ...DRY_RUN,
  },
  positionals: "any",
  completes: ([verb]) => (verb === undefined ? ["restore"] : undefined),
  async run(invocation) {
    const [verb, ...ids] = invocation.positionals;
    const { restoreSnapshots, takeSnapshots } = await import("../snapshot/snapshot-run.ts");
    if (verb === undefined) return takeSnapshots(invocation);
    if (verb !== "restore") throw new UsageError(`unexpected argument "${verb}", expected restore or nothing`);
    if (ids.length === 0) throw new UsageError("the id of a session is missing. Usage: snapshot restore ID…");
    return restoreSnapshots(invocation, ids);
  },
};
