import { type ExportReport, exportWithTexts } from "../../bundle/export/export-sessions.ts";
import type { Masked } from "../../bundle/export/plan-bundle.ts";
import { removingUnfinished } from "../../bundle/export/unfinished.ts";
import { selectSessions } from "../../catalog/select/select-sessions.ts";
import { findSession } from "../../store/projects/find-copies.ts";
import { resolveSession } from "../../store/resolve/by-prefix.ts";
import type { Skipped, TranscriptCopy } from "../../store/types.ts";
import { maskedWords } from "../../bundle/masked-words.ts";
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
  if (!request.redact || copies.length === 0) warnOfSelection(chosen, terminal);
  if (copies.length === 0) {
    if (json)
      await terminal.write(`${terminalJson({ action: "export", dryRun, format, results: [], notes, skipped }, 1)}\n`);
    else terminal.warn("no session matches");
    return 1;
  }
  // All texts of a redacted export are masked, also those that say what a filter could not look at.
  const said = [...skipped.flatMap(({ path, reason }) => [path, reason]), ...notes];
  const exported = await removingUnfinished(async () =>
    format === "bundle"
      ? exportBundle(invocation, request, copies, said)
      : (await import("./export-documents.ts")).exportDocuments(invocation, { ...request, format }, copies, said),
  );
  const shown = inOrder(exported.texts, skipped.length);
  const { path, bytes, results, masked, more } = exported;
  if (json) {
    const report = { action: "export", dryRun, format, path, bytes, results, masked, ...more, ...shown };
    await terminal.write(`${terminalJson(report, 1)}\n`);
    return 0;
  }
  if (request.redact) warnOfSelection(shown, terminal);
  for (const note of exported.notes) terminal.warn(printable(note));
  for (const line of maskedLines(masked, request, results.length)) terminal.warn(line);
  const what = `${results.length} ${results.length === 1 ? "session" : "sessions"}`;
  const size = bytes === undefined ? "" : `, ${formatBytes(bytes)}`;
  const line = `${dryRun ? "would export" : "exported"} ${what} to ${path ?? "stdout"}${size}`;
  if (toStdout && !dryRun) terminal.warn(printable(line));
  else await terminal.write(`${printable(line)}\n`);
  return 0;
}

interface Selection {
  readonly notes: readonly string[];
  readonly skipped: readonly Skipped[];
}

function warnOfSelection({ skipped, notes }: Selection, terminal: Invocation["terminal"]): void {
  for (const { path, reason } of skipped) terminal.warn(printable(`skipped ${path}: ${reason}`));
  for (const note of notes) terminal.warn(printable(note));
}

/** Returns the selection whose texts were masked: paths and reasons of what was skipped, then notes. */
function inOrder(texts: readonly string[], count: number): Selection {
  const skipped = Array.from({ length: count }, (_, at) => ({
    path: texts[2 * at] ?? "",
    reason: texts[2 * at + 1] ?? "",
  }));
  return { notes: texts.slice(2 * count), skipped };
}

/** What is exported, or the exit code if something that was asked for is not there. */
type Chosen = ({ readonly copies: readonly TranscriptCopy[] } & Selection) | { readonly code: number };

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
  said: readonly string[],
): Promise<Exported> {
  const { out, toStdout, force, fileHistory, redact, dryRun } = request;
  const progress = startProgress("Exporting");
  const options = {
    sessionIds: copies.map(({ sessionId }) => sessionId),
    configDirs,
    out,
    force,
    fileHistory,
    redact,
    dryRun,
    progress: progress.report,
    write: toStdout ? (bytes: Uint8Array) => terminal.writeBytes(bytes) : undefined,
  };
  const { report, texts } = await exportWithTexts(options, said).finally(() => progress.stop());
  const { path, bytes, sessions, masked, notTaken, contentBytes } = report;
  return {
    path,
    bytes,
    masked,
    results: sessions,
    texts,
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
function maskedLines(masked: Masked | undefined, { dryRun, format }: ExportRequest, sessions: number): string[] {
  if (masked === undefined) return [];
  const { kinds, unseenFiles } = masked;
  // A document shows a part of what was masked.
  const where = format === "bundle" ? "" : ` in all files of ${sessions === 1 ? "the session" : "the sessions"}`;
  const did = dryRun ? "would mask" : "masked";
  return [
    `${did}${where}: ${maskedWords(kinds)}`,
    ...(unseenFiles > 0
      ? [
          `${unseenFiles} ${unseenFiles === 1 ? "picture or document was" : "pictures and documents were"} not looked into`,
        ]
      : []),
    "No detector knows all secrets: look through what you publish.",
  ];
}
