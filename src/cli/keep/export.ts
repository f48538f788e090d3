import { EXPORT_FORMATS } from "../export/export-formats.ts";
import { EXPLAINED_FILTER_OPTIONS } from "../filter/filter-options.ts";
import type { Command } from "../terminal/command.ts";

export const command: Command = {
  summary: "Take sessions along, or share them without secrets",
  usage: "export ID… [options]\nexport FILTER… [options]",
  details: `Writes sessions, by their ids or by a filter, into one file. A bundle (.tar.gz) has everything that belongs to them, in the
layout of a config directory, for 'import' on another machine. Markdown, text and JSON have what 'show --full' shows, and jsonl has the
rows of the transcript: one file for a session, and a directory with an index for several.

--redact masks secrets, home directories, and the names of users and of this machine, in texts and in file names: [redacted:github-token:1].
A secret that is known from one place is masked everywhere, and the same is always masked by the same. Conversations stay whole. What is no
text is left out, and what is in pictures is not looked into. No detector knows all secrets: look through what you publish.

The file is new and readable by you only. Nothing in the store is changed. What is left out is said.`,
  notes: `JSON
  {"action", "dryRun", "format", "path", "bytes", "results", "masked": {"kinds": {kind: places}, "unseenFiles"}, "notes", "skipped"}
  Results of a bundle are the sessions of its manifest: {sessionId, projectKey, cwd, repository: {origin, path}, title, files: [{path,
    bytes, sha256}], leftOut: [{path, reason}]}; it also has "contentBytes", and "notTaken": {fileHistory, machine}, numbers of files.
  The counts are those of all files of the sessions, also of a document that shows a part of them. With --redact all texts are masked but
    "path", the place on this machine.
  Results of documents: {sessionId, title, file, bytes, messages, omitted: as in 'show --json'; of jsonl only with --redact}; "leftOut":
    [{path, reason}] is what could not be masked.
  If an id is not found: results [{"given", "error": {"code", "message", "hint"}}], and nothing is written.`,
  options: {
    format: {
      type: "string",
      value: "FORMAT",
      help: "bundle (default), markdown, json, jsonl or txt.",
      completes: EXPORT_FORMATS,
    },
    out: {
      type: "string",
      short: "o",
      value: "FILE|DIR",
      help: "Where to write: a new file, or a directory that exists. Default: a name made of the title, in the current directory.",
      completes: "directories",
    },
    stdout: { type: "boolean", help: "Write to stdout." },
    force: { type: "boolean", short: "f", help: "Replace a file that is there, or a link to one." },
    redact: { type: "boolean", help: "Mask secrets, home directories, and names of users and of this machine." },
    "file-history": {
      type: "boolean",
      help: "With a bundle: also the copies that Claude Code keeps of files before it changes them.",
    },
    thinking: { type: "boolean", help: "With markdown and txt: also the model's thinking." },
    branches: { type: "boolean", help: "With markdown, txt and json: also what rewinds left behind." },
    ...EXPLAINED_FILTER_OPTIONS,
    "dry-run": { type: "boolean", short: "n", help: "Show what would be written and masked, and write nothing." },
  },
  positionals: "any",
  completes: "sessions",
  async run(invocation) {
    const { runExport } = await import("../export/export-run.ts");
    return runExport(invocation);
  },
};
