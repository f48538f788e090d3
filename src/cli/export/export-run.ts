import { exportSessions, type ExportReport } from "../../bundle/export/export-sessions.ts";
import type { Masked } from "../../bundle/export/plan-bundle.ts";
import { selectSessions } from "../../catalog/select/select-sessions.ts";
import { findSession } from "../../store/projects/find-copies.ts";
import { resolveSession } from "../../store/resolve/by-prefix.ts";
import type { Skipped, TranscriptCopy } from "../../store/types.ts";
import { formatBytes } from "../../view/size.ts";
import { toFailure, warnOfFailure } from "../changes/failure.ts";
import type { Invocation } from "../terminal/command.ts";
import { startProgress } from "../terminal/progress.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { printable } from "../terminal/terminal.ts";
import type { Exported } from "./exported.ts";
import { type ExportRequest, readExportOptions } from "./export-options.ts";

/** Runs `export`. Returns the exit code. */
export async function runExport(invocation: Invocation): Promise<number> {
  const { json, terminal } = invocation;
  const request = readExportOptions(invocation);
  const { format, dryRun, toStdout } = request;
  const chosen = await chooseCopies(invocation, request);
  if ("code" in chosen) return chosen.code;
  const { copies, notes, skipped } = chosen;
  if (copies.length === 0) {
    if (json)
      await terminal.write(`${terminalJson({ action: "export", dryRun, format, results: [], notes, skipped }, 1)}\n`);
    else terminal.warn("no session matches");
    return 1;
  }
  const exported =
    format === "bundle"
      ? await exportBundle(invocation, request, copies)
      : await (await import("./export-documents.ts")).exportDocuments(invocation, { ...request, format }, copies);
  const { path, bytes, results, masked, more } = exported;
  if (json) {
    const report = { action: "export", dryRun, format, path, bytes, results, masked, ...more, notes, skipped };
    await terminal.write(`${terminalJson(report, 1)}\n`);
    return 0;
  }
  for (const note of exported.notes) terminal.warn(printable(note));
  for (const line of maskedLines(masked, dryRun)) terminal.warn(line);
  const what = `${results.length} ${results.length === 1 ? "session" : "sessions"}`;
  const size = bytes === undefined ? "" : `, ${formatBytes(bytes)}`;
  const line = `${dryRun ? "would export" : "exported"} ${what} to ${path ?? "stdout"}${size}`;
  if (toStdout && !dryRun) terminal.warn(printable(line));
  else await terminal.write(`${printable(line)}\n`);
  return 0;
}

/** What is exported, or the exit code if something that was asked for is not there. */
type Chosen =
  | {
      readonly copies: readonly TranscriptCopy[];
      readonly notes: readonly string[];
      readonly skipped: readonly Skipped[];
    }
  | { readonly code: number };

/** Finds the sessions. If one of the given ids means none, or several, nothing is exported. */
async function chooseCopies(
  { configDirs, positionals, terminal, json }: Invocation,
  { filter, dryRun, format }: ExportRequest,
): Promise<Chosen> {
  if (filter !== undefined) {
    const progress = startProgress("Looking for sessions");
    const { sessions, notes, skipped } = await selectSessions({
      ...filter,
      configDirs,
      progress: progress.report,
    }).finally(() => progress.stop());
    for (const { path, reason } of skipped) terminal.warn(printable(`skipped ${path}: ${reason}`));
    for (const note of notes) terminal.warn(printable(note));
    const copies = sessions.flatMap(({ sessionId }) => findSession(sessionId, { configDirs }) ?? []);
    return { copies, notes, skipped };
  }
  const copies = new Map<string, TranscriptCopy>();
  const failed: object[] = [];
  const hints = new Set<string>();
  for (const given of positionals) {
    try {
      const copy = resolveSession(given, configDirs);
      copies.set(copy.sessionId, copy);
    } catch (error) {
      const failure = await toFailure(error, configDirs);
      failed.push({ given, error: failure });
      warnOfFailure(failure, "claude-transcripts export", terminal);
      if (failure.hint !== undefined) hints.add(failure.hint);
    }
  }
  if (failed.length === 0) return { copies: [...copies.values()], notes: [], skipped: [] };
  for (const hint of hints) terminal.warn(hint);
  if (json) await terminal.write(`${terminalJson({ action: "export", dryRun, format, results: failed }, 1)}\n`);
  return { code: 1 };
}

async function exportBundle(
  { configDirs, terminal }: Invocation,
  request: ExportRequest,
  copies: readonly TranscriptCopy[],
): Promise<Exported> {
  const { out, toStdout, force, fileHistory, redact, dryRun } = request;
  const progress = startProgress("Exporting");
  const report = await exportSessions({
    sessionIds: copies.map(({ sessionId }) => sessionId),
    configDirs,
    out,
    force,
    fileHistory,
    redact,
    dryRun,
    progress: progress.report,
    write: toStdout ? (bytes) => terminal.writeBytes(bytes) : undefined,
  }).finally(() => progress.stop());
  const { path, bytes, sessions, masked, notTaken, contentBytes } = report;
  return {
    path,
    bytes,
    masked,
    results: sessions,
    notes: notesOf(report),
    more: {
      contentBytes,
      notTaken,
    },
  };
}

function notesOf({ sessions, notTaken }: ExportReport): string[] {
  const { fileHistory, machine } = notTaken;
  return [
    ...sessions.flatMap(({ leftOut }) => leftOut.map(({ path, reason }) => `left out ${path}: ${reason}`)),
    ...(fileHistory > 0 ? [`left out ${files(fileHistory)} of file history: add --file-history`] : []),
    ...(machine > 0 ? [`left out ${files(machine)} about this machine`] : []),
  ];
}

const files = (count: number): string => `${count} ${count === 1 ? "file" : "files"}`;

/** Says what was masked, by kind. */
function maskedLines(masked: Masked | undefined, dryRun: boolean): string[] {
  if (masked === undefined) return [];
  const { kinds, unseenFiles } = masked;
  const counts = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  const did = dryRun ? "would mask" : "masked";
  return [
    `${did} ${counts.length === 0 ? "nothing" : counts.join(", ")}`,
    ...(unseenFiles > 0
      ? [
          `${unseenFiles} ${unseenFiles === 1 ? "picture or document was" : "pictures and documents were"} not looked into`,
        ]
      : []),
    "No detector knows all secrets: look through what you publish.",
  ];
}
