import { DRY_RUN } from "../changes/batch-help.ts";
import type { Command } from "../terminal/command.ts";
import { FILTER_OPTIONS } from "../filter/filter-options.ts";

const OF_LIST = Object.fromEntries(
  Object.entries(FILTER_OPTIONS).map(([name, spec]) => [name, { ...spec, explainedBy: "list" }]),
);

export const command: Command = {
  summary: "Show what Claude Code will delete, and when",
  usage:
    "retention [FILTER…] [--limit N]\nretention --keep [FILTER…] [--dry-run]\nretention --lost [--project NAME] [--since TIME]",
  details: `Claude Code deletes transcripts that have not changed for 30 days, or for cleanupPeriodDays in its settings, each time it
starts. Lists the sessions, those that go first at the top. It looks at the settings of the user, of the organisation where they can
be read, and of the directories in which sessions were started: Claude Code that is started there deletes by them, in all projects.

--keep copies the sessions that the filter selects, or all, into the snapshot (see 'snapshot'), where they stay.

--lost shows the prompts of sessions that are gone everywhere, as far as Claude Code's history.jsonl has them: the sessions are neither
in the store nor in the trash or the snapshot.`,
  notes: `JSON
  {"retention": [{"configDir", "days", "why", "settingsPath", "desktopDays", "projects": [{directory, days, settingsPath}]}],
    "sessions": [{sessionId, title, cwd, configDir, lastModified, deletedFrom: when it goes, in ms since 1970, bytes, inSnapshot}],
    "count", "bytes": of all, "soon": {"count", "bytes"}: within 3 days and not in a snapshot, "kept": sessions that never go, "notes",
    "skipped"}
  --keep: as 'snapshot', with "restore": the command that brings a session back.
  --lost: {"sessions": [{sessionId, configDir, project, from, to, prompts: [{timestamp, text, left}]}], "count", "prompts":
    how many, "unnamed": prompts of older versions, which name no session, "unread": lines that cannot be read}`,
  options: {
    keep: { type: "boolean", help: "Copy these sessions into the snapshot." },
    lost: { type: "boolean", help: "Show the prompts of sessions that are gone everywhere." },
    limit: { type: "string", value: "N", help: "Show at most N sessions.", completes: ["10", "100"] },
    ...OF_LIST,
    ...DRY_RUN,
  },
  positionals: "none",
  async run(invocation) {
    const { runRetention } = await import("../retention/retention-run.ts");
    return runRetention(invocation);
  },
};
