import { resolve } from "node:path";
import { isFilter } from "../../catalog/select/checked-filter.ts";
import { selectSessions } from "../../catalog/select/select-sessions.ts";
import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import { snapshotPath } from "../../store/layout/paths.ts";
import { resolveSession } from "../../store/resolve/by-prefix.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { titleOf } from "../../store/facts/title-of.ts";
import { requireSnapshot } from "../../store/snapshot/snapshot-dir.ts";
import { restoreFromSnapshot } from "../../store/snapshot/restore-snapshot.ts";
import { type SnapshotReport, takeSnapshot } from "../../store/snapshot/take-snapshot.ts";
import { asString } from "../../transcript/rows/json-values.ts";
import { shellWord } from "../../view/resume.ts";
import { amount } from "../../view/size.ts";
import { applyToEach, named } from "../changes/batch.ts";
import { readFilter } from "../filter/read-filter.ts";
import { type Invocation, UsageError } from "../terminal/command.ts";
import { startProgress } from "../terminal/progress.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { printable } from "../terminal/terminal.ts";

/** Runs `snapshot`. Returns the exit code. */
export async function takeSnapshots(invocation: Invocation): Promise<number> {
  if (invocation.values["from"] !== undefined) throw new UsageError("--from only applies to 'snapshot restore'");
  return copySessions(invocation, { action: "snapshot", to: placeOf(invocation, "to") });
}

interface CopyOptions {
  readonly action: "snapshot" | "retention";
  /** Default: the place that each config dir has for its snapshot. */
  readonly to: string | undefined;
  /** Whether to name the command that brings a session back. */
  readonly namesRestore?: boolean;
}

/** Copies the sessions of the filter, or all, into snapshots. Returns the exit code. */
export async function copySessions(
  invocation: Invocation,
  { action, to, namesRestore = false }: CopyOptions,
): Promise<number> {
  const { configDirs, json, terminal, values } = invocation;
  const dryRun = values["dry-run"] === true;
  const dirs = resolveConfigDirs({ configDirs });
  if (to !== undefined && dirs.length > 1)
    throw new UsageError("--to holds one config directory: name it with --config-dir");
  const filter = readFilter(values);
  const progress = startProgress("Copying");
  const snapshots: (SnapshotReport & { readonly configDir: string; readonly to: string })[] = [];
  const notes: string[] = [];
  try {
    for (const configDir of dirs) {
      let sessionIds: ReadonlySet<string> | undefined;
      if (isFilter(filter)) {
        const chosen = await selectSessions({ ...filter, configDirs: [configDir], progress: progress.report });
        notes.push(...chosen.notes);
        sessionIds = new Set(chosen.sessions.map(({ sessionId }) => sessionId.toLowerCase()));
      }
      const place = to ?? snapshotPath(configDir);
      const report = await takeSnapshot({ configDir, to: place, sessionIds, dryRun, progress: progress.report });
      snapshots.push({ configDir, to: place, ...report });
    }
  } finally {
    progress.stop();
  }
  const dirOptions = (configDirs ?? []).map((dir) => ` --config-dir ${shellWord(resolve(dir))}`).join("");
  const restore = namesRestore ? `claude-transcripts snapshot restore ID${dirOptions}` : undefined;
  const code = snapshots.some(({ failed }) => failed.length > 0) ? 1 : 0;
  if (json) {
    await terminal.write(`${terminalJson({ action, dryRun, snapshots, notes, restore }, 1)}\n`);
    return code;
  }
  for (const note of notes) terminal.warn(note);
  for (const { to: place, copied, bytes, unchanged, superseded, skipped, failed } of snapshots) {
    for (const { path, reason } of failed) terminal.warn(`could not copy ${path}: ${reason}`);
    for (const { path, reason } of skipped) terminal.warn(`skipped ${path}: ${reason}`);
    for (const path of superseded) terminal.warn(`kept earlier contents as ${path}`);
    const files = amount(copied.length, bytes).replace("item", "file");
    const lacking = failed.length > 0 ? `; ${failed.length} not copied` : "";
    const line = `${dryRun ? "would copy" : "copied"} ${files} to ${place}; ${unchanged} unchanged${lacking}`;
    await terminal.write(`${printable(line)}\n`);
    if (!dryRun && terminal.isTty)
      terminal.warn(printable(`To read it: claude-transcripts list --config-dir ${shellWord(place)}`));
  }
  if (restore !== undefined && !dryRun) terminal.warn(printable(`To bring a session back: ${restore}`));
  return code;
}

/** Runs `snapshot restore`. Returns the exit code. */
export async function restoreSnapshots(invocation: Invocation, ids: readonly string[]): Promise<number> {
  const { configDirs, values } = invocation;
  if (values["to"] !== undefined) throw new UsageError("--to does not apply to 'snapshot restore': use --from");
  if (isFilter(readFilter(values))) throw new UsageError("'snapshot restore' takes ids, no filter");
  const [configDir, ...others] = resolveConfigDirs({ configDirs });
  if (configDir === undefined || others.length > 0)
    throw new UsageError("name one config directory with --config-dir: sessions are restored into it");
  const from = placeOf(invocation, "from") ?? snapshotPath(configDir);
  requireSnapshot(from);
  const idOf = shortIds([from]);
  return applyToEach(invocation, {
    action: "snapshot restore",
    given: ids,
    find(given) {
      const copy = resolveSession(given, [from]);
      return { given, key: copy.sessionId, value: copy };
    },
    async act({ value: copy }, dryRun) {
      const { items, bytes, already, skipped, sessionId } = await restoreFromSnapshot(copy.sessionId, {
        from,
        configDir,
        dryRun,
      });
      const there = already === 0 ? "" : `; ${already} already there`;
      const name = named(idOf(sessionId), titleOf(copy));
      return {
        line: `${dryRun ? "would restore" : "restored"} ${name}: ${amount(items.length, bytes).replace("item", "file")}${there}`,
        facts: { sessionId, items, bytes, already, skipped },
        notes: skipped.map(({ path, reason }) => `left ${path}: ${reason}`),
        undo: already === 0 && items.length > 0 ? { command: "delete", sessionId } : undefined,
      };
    },
  });
}

function placeOf({ values }: Invocation, option: "to" | "from"): string | undefined {
  const given = asString(values[option]);
  return given === undefined ? undefined : resolve(given);
}
