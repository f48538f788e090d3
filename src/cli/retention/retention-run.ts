import { isFilter } from "../../catalog/select/checked-filter.ts";
import { selectSessions } from "../../catalog/select/select-sessions.ts";
import type { SessionFilter } from "../../catalog/select/session-filter.ts";
import { bytesBelow } from "../../store/disk/walk.ts";
import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import { projectDir, sidecarPath, snapshotPath } from "../../store/layout/paths.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { deletedFrom, readRetention, withProjects } from "../../store/retention/retention.ts";
import { isKept } from "../../store/snapshot/is-kept.ts";
import { isSnapshot } from "../../store/snapshot/snapshot-dir.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import type { Skipped } from "../../store/types.ts";
import { asString } from "../../transcript/rows/json-values.ts";
import { amount } from "../../view/size.ts";
import { readFilter } from "../filter/read-filter.ts";
import { type Invocation, mustBe, UsageError } from "../terminal/command.ts";
import { type Progress, startProgress } from "../terminal/progress.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { printable } from "../terminal/terminal.ts";
import { SOON_DAYS } from "../terminal/time.ts";
import { type DirRetention, type GoingSession, retentionLines, retentionTable } from "./retention-table.ts";

/** Runs `retention`. Returns the exit code. */
export async function runRetention(invocation: Invocation): Promise<number> {
  const { values } = invocation;
  const is = (name: string): boolean => values[name] === true;
  if (is("keep") && is("lost")) throw new UsageError("--keep and --lost cannot be used together");
  if (is("dry-run") && !is("keep")) throw new UsageError("--dry-run only applies with --keep");
  const limit = limitOf(values);
  if (is("lost")) {
    const { printLost } = await import("./lost-run.ts");
    return printLost(invocation, limit);
  }
  if (!is("keep")) return printRetention(invocation, limit);
  if (values["limit"] !== undefined) throw new UsageError("--limit does not apply with --keep: use a filter");
  const { copySessions } = await import("../snapshot/snapshot-run.ts");
  return copySessions(invocation, { action: "retention", to: undefined, namesRestore: true });
}

interface Forecast {
  readonly retention: DirRetention[];
  readonly going: GoingSession[];
  readonly notes: string[];
  readonly skipped: Skipped[];
  /** Number of sessions that are never deleted. */
  kept: number;
}

const SOON_MS = SOON_DAYS * 24 * 60 * 60 * 1000;
/** Default limit on a terminal. */
const TERMINAL_LIMIT = 30;

async function printRetention(
  { configDirs, json, terminal, values }: Invocation,
  given: number | undefined,
): Promise<number> {
  const filter = readFilter(values);
  const progress = startProgress("Reading transcripts");
  const forecast: Forecast = { retention: [], going: [], notes: [], skipped: [], kept: 0 };
  try {
    for (const configDir of resolveConfigDirs({ configDirs })) await foresee(configDir, filter, progress, forecast);
  } finally {
    progress.stop();
  }
  const { retention, going, notes, skipped, kept } = forecast;
  going.sort((a, b) => a.deletedFrom - b.deletedFrom || (a.session.sessionId < b.session.sessionId ? -1 : 1));
  const now = Date.now();
  const soon = going.filter(({ deletedFrom: from, inSnapshot }) => from < now + SOON_MS && !inSnapshot);
  const shown = going.slice(0, given ?? (terminal.isTty && !json ? TERMINAL_LIMIT : Infinity));
  const facts = {
    count: going.length,
    bytes: bytesOf(going),
    soon: { count: soon.length, bytes: bytesOf(soon) },
    kept,
  };
  if (json) {
    const sessions = shown.map(({ session, ...rest }) => {
      const { sessionId, title, cwd, configDir, lastModified } = session;
      return { sessionId, title, cwd, configDir, lastModified, ...rest };
    });
    await terminal.write(`${terminalJson({ retention, sessions, ...facts, notes, skipped }, 1)}\n`);
    return 0;
  }
  for (const line of retention.flatMap(retentionLines)) terminal.warn(printable(line));
  if (going.length === 0) await terminal.write("no session will be deleted\n");
  else {
    const lines = retentionTable(shown, { terminal, now, idOf: shortIds(configDirs) });
    await terminal.write(`${lines.join("\n")}\n`);
    if (shown.length < going.length)
      terminal.warn(`Showing ${shown.length} of ${going.length} sessions. To see more, use --limit N.`);
    terminal.warn(
      `In all ${sessionsAndBytes(going)}; within ${SOON_DAYS} days and not in a snapshot: ${sessionsAndBytes(soon)}.`,
    );
    if (soon.length > 0) terminal.warn("To keep copies of all: claude-transcripts retention --keep");
  }
  if (kept > 0) terminal.warn(`${kept === 1 ? "1 session is" : `${kept} sessions are`} never deleted.`);
  for (const note of notes) terminal.warn(note);
  for (const { path, reason } of skipped) terminal.warn(`skipped ${path}: ${reason}`);
  return 0;
}

/** Adds what happens to the sessions of a config dir. */
async function foresee(configDir: string, filter: SessionFilter, progress: Progress, into: Forecast): Promise<void> {
  if (isSnapshot(configDir)) {
    into.notes.push(`${configDir} is a snapshot, in which Claude Code deletes nothing`);
    return;
  }
  const chosen = await selectSessions({ ...filter, configDirs: [configDir], progress: progress.report });
  // Claude Code may be started in the directory of any session.
  const all = isFilter(filter) ? await selectSessions({ configDirs: [configDir] }) : chosen;
  const directories = all.sessions.flatMap(({ cwd }) => cwd ?? []);
  const retention = await withProjects(readRetention(configDir), directories);
  into.retention.push({ configDir, ...retention });
  for (const note of chosen.notes) into.notes.push(note);
  for (const skip of chosen.skipped) into.skipped.push(skip);
  for (const session of chosen.sessions) {
    const { sessionId, projectKey, lastModified: mtimeMs, entrypoint, fileSize = 0 } = session;
    const from = deletedFrom(retention, { mtimeMs, entrypoints: entrypoint === undefined ? [] : [entrypoint] });
    if (from === undefined) {
      into.kept++;
      continue;
    }
    const bytes = fileSize + bytesBelow(sidecarPath(projectDir(configDir, projectKey), sessionId), into.skipped);
    into.going.push({ session, deletedFrom: from, bytes, inSnapshot: isKept(session, snapshotPath(configDir)) });
    if (isTurnOver(1)) await yieldToEventLoop();
  }
}

const bytesOf = (going: readonly GoingSession[]): number => going.reduce((sum, { bytes }) => sum + bytes, 0);
const sessionsAndBytes = (going: readonly GoingSession[]): string =>
  amount(going.length, bytesOf(going)).replace("item", "session");

function limitOf(values: Invocation["values"]): number | undefined {
  const given = asString(values["limit"]);
  if (given === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(given)) throw mustBe("--limit", "a positive integer", given);
  return Number(given);
}
