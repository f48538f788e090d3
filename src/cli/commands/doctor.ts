import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Look for what is damaged, left behind, or about to be deleted by Claude Code",
  usage: "doctor [--all]",
  details: `Reads every transcript from beginning to end and tells: which config dirs are looked at, and why; how many sessions
of which size every project has; what cannot be read; which transcripts stand where no list shows them, and where they
belong; what is named like a transcript and is not a session; where transcripts are damaged, by line; which sessions
Claude Code will delete within 3 days; what is left of sessions that there are no more; temporary files of ours and the
trash. It changes nothing and follows no link, but for one in the place of a project dir. What it finds is not a failure:
it exits with 0.`,
  notes: `JSON
  {"configDirs": [{path, source, exists, projectsDir, meant,
    projects: [{key, path, cwd, sessions, bytes, otherBytes, lastModified}],
    findings: [{path, bytes, content, lines, rows, findings: [{kind, count, lines}], entrypoints}],
    misplaced: [{path, sessionId, bytes, hasSidecars, moveTo, standsAt}],
    stubs: [{path, sessionId, kind, bytes, target}], misnamed: [{path, sessionId, bytes}],
    links: [{path, target, isProject}], notWalked: {limit, directories, paths},
    unreadable: [{path, reason}], retention: {days, why, settingsPath},
    expiring: [{sessionId, path, title, lastModified, deletedFrom}], orphans: [{path, sessionId, bytes}],
    temporaries: [{path, bytes}], trash: {path, entries, bytes, cutShort}}],
  "elsewhere": [config dirs that are there and not looked at]}
  Kinds of findings: cut, cut_at_end, not_json, oversized, bad_utf8, nul (something is lost); glued,
    dangling_parent, own_parent, repeated_uuid, no_final_newline (nothing is). Of each the first 20 lines are named,
    all are counted.
  Kinds of stubs: empty, nul, metadata, sidechain, no_rows, link, dangling_link, directory, not_a_file.
  'projectsDir' is there, missing, dangling_link, not_a_directory or unreadable; 'meant' is the config dir that seems
    to be meant when there is none.
  A misplaced transcript has a 'moveTo', or a 'standsAt' when something of its id is in the way, or neither when its
    project is not known. A link without a 'target' leads nowhere. 'notWalked' is there when a bound was met.
  Times are milliseconds since 1970, sizes bytes. Without 'days' Claude Code deletes nothing.`,
  options: {
    all: {
      type: "boolean",
      short: "a",
      help: "Also transcripts that are odd and lose nothing (rows whose parent is not there, repeated rows), and every line, orphan and session that is otherwise counted.",
    },
  },
  positionals: "none",
  async run(invocation) {
    const { doctor } = await import("../doctor/doctor-run.ts");
    return doctor(invocation);
  },
};
