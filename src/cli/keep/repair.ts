import { changeJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Mend sessions that cannot be read or resumed",
  usage: "repair ID… [--dry-run]",
  details: `Mends the transcript of a session and those of its subagents: rows that were cut short or glued together, NULs, lone surrogates,
raw control characters, bytes that are not UTF-8, parents that are not there, cycles, uuids that occur twice, calls and results
without each other, and empty content, images and documents that the API refuses. It says what it changes, row by row.

Rows that are sound stay byte for byte, in their order. What can be read of a row that was cut becomes a row again, and what cannot
be read is kept in a row that nothing reads. The file as it was goes to the trash; 'restore' with the id that the report names puts
it back. A session that is in use is left alone.`,
  notes: `${changeJsonHelp(`"configDir", "changes": their number, "examined": transcripts read, "trashId", "deletions", "files": [{path, isSubagent, bytesBefore, bytesAfter, counts: {kind: number}, changes: [{kind, line, offset, bytes,
  text}], left: [{line, offset, bytes, reason}], leftCount}]`)} Lines and offsets are those of the file before the repair.`,
  options: {
    force: { type: "boolean", short: "f", help: "Also sessions that are in use." },
    ...DRY_RUN,
  },
  positionals: "some",
  completes: "sessions",
  async run(invocation) {
    const { runRepair } = await import("../changes/run-repair.ts");
    return runRepair(invocation);
  },
};
