import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Find damaged or leftover files, and sessions about to be deleted by Claude Code",
  usage: "doctor [--all]",
  details: `Reads every transcript from beginning to end and reports: the config dirs, and why they are used; the number and size of
the sessions of each project; what cannot be read; transcripts in places where no list finds them, and where they
belong; directories that are gone, and where they may have been moved to; files that are named like transcripts but are
not sessions; damaged transcripts, by line; sessions that Claude Code will delete within 3 days; leftovers of sessions
that no longer exist; temporary files of this program; the trash; the search index. It changes nothing, and follows no
link except one in place of a project dir. A problem is not a failure: the exit code is 0.`,
  notes: `JSON
  {"configDirs": [{path, source, exists, projectsDir, meant,
    projects: [{key, path, cwd, sessions, bytes, otherBytes, lastModified}],
    findings: [{path, bytes, content, lines, rows, findings: [{kind, count, lines}], entrypoints}],
    movedAway: [{path, sessions, candidates: [paths]}],
    misplaced: [{path, sessionId, bytes, hasSidecars, moveTo, standsAt}],
    stubs: [{path, sessionId, kind, bytes, target}], misnamed: [{path, sessionId, bytes}],
    links: [{path, target, isProject}], notWalked: {limit, directories, paths},
    unreadable: [{path, reason}], retention: {days, why, settingsPath},
    expiring: [{sessionId, path, title, lastModified, deletedFrom}], orphans: [{path, sessionId, bytes}],
    temporaries: [{path, bytes}], trash: {path, entries, bytes, cutShort}}],
  "elsewhere": [config dirs that exist and were not examined],
  "search": {engine, scanReason, indexes: [{configDir, path, bytes}]}}
  Kinds of findings: cut, cut_at_end, not_json, oversized, bad_utf8, nul (something is lost); glued,
    bad_string (Claude Code loses the row); lone_surrogate, dangling_parent, own_parent, repeated_uuid,
    no_final_newline (nothing is lost). Each gives the numbers of its first 20 lines and the count of all.
  Kinds of stubs: empty, nul, metadata, sidechain, no_rows, link, dangling_link, directory, not_a_file.
  'projectsDir' is there, missing, dangling_link, not_a_directory or unreadable; 'meant' is the config dir that was
    probably meant if this one is empty.
  A misplaced transcript has a 'moveTo', or a 'standsAt' if something with its id is in the way, or neither if its
    project is unknown. A link without a 'target' is dangling. 'notWalked' is present if a limit was reached.
  'engine' is node:sqlite, libsql, or scan, which has a 'scanReason': off or no_engine.
  Times are milliseconds since 1970, sizes are bytes. Without 'days' Claude Code deletes nothing.`,
  options: {
    all: {
      type: "boolean",
      short: "a",
      help: "Also list transcripts that are odd but have lost nothing (rows with a missing parent, repeated rows), and every line, orphan and session that is otherwise only counted.",
    },
  },
  positionals: "none",
  async run(invocation) {
    const { doctor } = await import("../doctor/doctor-run.ts");
    return doctor(invocation);
  },
};
