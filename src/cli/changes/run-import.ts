import type { ImportedSession } from "../../bundle/import/import-session.ts";
import { type OpenImport, openImport } from "../../bundle/import/import-sessions.ts";
import type { SourceSession } from "../../bundle/source/source.ts";
import { readRetention } from "../../store/retention/retention.ts";
import { isDirectory, resolveConfigDirs } from "../../store/layout/config-dir.ts";
import type { Skipped } from "../../store/types.ts";
import { asString } from "../../transcript/rows/json-values.ts";
import { amount } from "../../view/size.ts";
import { readSize } from "../filter/read-filter.ts";
import { type Invocation, UsageError } from "../terminal/command.ts";
import { startProgress } from "../terminal/progress.ts";
import { printable } from "../terminal/terminal.ts";
import { applyToEach, type Done, named } from "./batch.ts";
import { awaitInterruption } from "./interruption.ts";

/** A session of an opened source, or why a source could not be opened. */
type Given =
  | { readonly given: string; readonly open: OpenImport; readonly session: SourceSession }
  | { readonly given: string; readonly error: unknown };

/** Runs `import`. Returns the exit code. */
export async function runImport(invocation: Invocation): Promise<number> {
  const { configDirs, positionals, terminal, values } = invocation;
  const [configDir, ...others] = resolveConfigDirs({ configDirs });
  if (configDir === undefined || others.length > 0)
    throw new UsageError("name one config directory with --config-dir: sessions are imported into it");
  if (values["cwd"] !== undefined && values["keep-cwd"] === true)
    throw new UsageError("--cwd and --keep-cwd cannot be used together");
  const dryRun = values["dry-run"] === true;
  const interruption = awaitInterruption();
  const { signal } = interruption;
  const cwd = asString(values["cwd"]);
  const maxBytes = readSize("--max-bytes", asString(values["max-bytes"]));
  const subjects = new Map<string, Given>();
  const skipped: Skipped[] = [];
  const opened: OpenImport[] = [];
  let old = 0;
  let looked = 0;
  let code = 1;
  try {
    for (const from of positionals) if (!signal.aborted) await openInto(from);
    if (cwd !== undefined && !isDirectory(cwd)) terminal.warn(printable(`${cwd} is not a directory (yet)`));
    for (const { path, reason } of skipped) terminal.warn(printable(`left ${path}: ${reason}`));
    code = await applyToEach(invocation, {
      action: "import",
      given: [...subjects.keys()],
      find(key) {
        const value = subjects.get(key) as Given;
        if ("error" in value) throw value.error;
        return { given: value.session.sessionId, key, value };
      },
      async act({ value: { open, session } }): Promise<Done> {
        const done = await open.importOne(session);
        looked++;
        if (done.deletedFrom !== undefined && done.deletedFrom <= Date.now()) old++;
        return {
          line: lineOf(done, session.title(), dryRun),
          facts: { ...done },
          undo: done.outcome === "imported" ? { command: "delete", sessionId: done.sessionId } : undefined,
          notes: [
            ...done.skipped.map(({ path, reason }) => printable(`left ${path}: ${reason}`)),
            ...done.notes.map((note) => printable(`note: ${note}`)),
          ],
        };
      },
      signal,
      more: () => ({ skipped }),
    });
    if (signal.aborted)
      terminal.warn(
        subjects.size === 0
          ? "interrupted before the first session: nothing was imported"
          : `interrupted after ${looked} of ${subjects.size} ${subjects.size === 1 ? "session" : "sessions"}: the same command goes on`,
      );
    const { days, settingsPath } = readRetention(configDir);
    if (old > 0)
      terminal.warn(
        printable(
          `Claude Code deletes ${old} of them at its next start, since they changed last more than ${days} days ago. To keep them, set cleanupPeriodDays in ${settingsPath} first.`,
        ),
      );
  } finally {
    for (const open of opened) open.close();
    code = interruption.end(code);
  }
  return code;

  async function openInto(from: string): Promise<void> {
    const progress = startProgress("Reading");
    try {
      const open = await openImport({
        from,
        configDir,
        cwd,
        fromCwd: asString(values["from"]),
        keepCwd: values["keep-cwd"] === true,
        update: values["update"] === true,
        newId: values["new-id"] === true,
        dryRun,
        maxBytes,
        progress: progress.report,
        signal,
      });
      opened.push(open);
      skipped.push(...open.skipped);
      for (const session of open.sessions)
        subjects.set(`${from}\0${session.sessionId}`, { given: session.sessionId, open, session });
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) subjects.set(from, { given: from, error });
    } finally {
      progress.stop();
    }
  }
}

function lineOf(
  { sessionId, formerId, projectKey, cwd, outcome, files, bytes }: ImportedSession,
  title: string | undefined,
  dryRun: boolean,
): string {
  const name = named(formerId ?? sessionId, title);
  const as = formerId === undefined ? "" : ` as ${sessionId}`;
  if (outcome === "already") return `${name} is already here${as}`;
  const verb = outcome === "imported" ? (dryRun ? "would import" : "imported") : dryRun ? "would update" : "updated";
  return `${verb} ${name}${as} to ${cwd ?? projectKey}: ${amount(files.length, bytes).replace("item", "file")}`;
}
