/**
 * Repairs the transcripts of a session: its own and those of its subagents. Rows that are sound stay byte for byte, in their
 * order (transcript/repair). The repaired file is written next to the old one and takes its place; the old one becomes a
 * version in the trash (trash/versions.ts).
 */
import { basename, dirname, relative, sep } from "node:path";
import type { LeftBytes, RepairChange, RepairKind } from "../../transcript/repair/changes.ts";
import type { RepairPlan } from "../../transcript/repair/repair-scan.ts";
import { cleanStaleTemps, createTemp, discardTemp, type TempFile } from "../disk/atomic-write.ts";
import { close, openReadNoFollow, statLink, statOpen, syncFile } from "../disk/fs.ts";
import { deletedConcurrently, SessionBusyError, TranscriptError } from "../errors.ts";
import { noteAnnotationPlace } from "../facts/annotation-place.ts";
import { requireSessionId } from "../layout/session-id.ts";
import { requireNotInUse } from "../live/session-in-use.ts";
import { findCopies, newestCopy, requireCopies } from "../projects/find-copies.ts";
import { oldSubagents } from "../projects/sidecars.ts";
import { describeSubagents } from "../read/subagents.ts";
import { withSessionLock } from "../trash/session-lock.ts";
import { cutShort, deletionPlaces, tidyTrash } from "../trash/trash-entries.ts";
import { endsInNewline } from "../trash/replace-open.ts";
import { replaceFiles, type VersionChange } from "../trash/versions.ts";
import type { SessionOptions, TranscriptCopy } from "../types.ts";
import { planRepair, type RepairWork, writeRepaired } from "./repair-file.ts";

export interface RepairOptions extends SessionOptions {
  /** Changes nothing; the report says what would be changed. */
  readonly dryRun?: boolean | undefined;
  /** Also repairs a session that is in use. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Is told how many bytes of a transcript were read, and how many it has. It is read twice if it is changed. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** One transcript of the session in which something is wrong. */
export interface RepairedFile {
  /** Absolute. */
  readonly path: string;
  readonly isSubagent: boolean;
  readonly bytesBefore: number;
  /** Undefined in a dry run, and if nothing was changed. */
  readonly bytesAfter: number | undefined;
  /** Number of changes by kind. */
  readonly counts: Readonly<Partial<Record<RepairKind, number>>>;
  /** The first 1,000 changes, by line. */
  readonly changes: readonly RepairChange[];
  /** Bytes that stay as they are, although no row can be read in them: the first 1,000. */
  readonly left: readonly LeftBytes[];
  /** Number of all of them. */
  readonly leftCount: number;
}

export interface RepairReport {
  readonly sessionId: string;
  readonly configDir: string;
  readonly dryRun: boolean;
  /** Transcripts that were changed, or have something that cannot be mended. */
  readonly files: readonly RepairedFile[];
  /** Number of changes in all files. */
  readonly changes: number;
  /** Number of transcripts that were read. */
  readonly examined: number;
  /** Entry of the trash with the files as they were: `restoreSession` with this id undoes the repair. */
  readonly trashId: string | undefined;
  /** Deletions of this session in the trash, if its transcript has no message: it was probably written after them. */
  readonly deletions: readonly string[];
}

/** Maximum number of repairs begun because a file changed during the last one. */
const TRIES = 3;

/**
 * Mends what keeps a session from being read or resumed: damaged lines, broken links, and content that the API refuses. The
 * newest copy of the session and its subagents are repaired. Nothing that can be read is lost, and what cannot be read is kept
 * in a row of its own. A repair of the result changes nothing.
 *
 * Throws `InvalidSessionIdError`, `SessionNotFoundError`, `SessionInUseError` without `force`, `SessionBusyError` if another
 * process is changing the session or keeps writing to it, the reason of `signal`, and file-system errors unchanged: each
 * transcript is then the old or the new one.
 */
export async function repairSession(sessionId: string, options?: RepairOptions | null): Promise<RepairReport> {
  requireSessionId(sessionId);
  const { dryRun = false, force = false } = options ?? {};
  const found = requireCopy(sessionId, options);
  const { configDir } = found.project;
  const requireFree = (): void => {
    const mtimesMs = findCopies(sessionId, { configDirs: [configDir] }).map(({ mtimeMs }) => mtimeMs);
    if (!force) requireNotInUse(sessionId, [{ configDir, mtimesMs }]);
  };
  requireFree();
  if (dryRun) return repair(found, options ?? {}, true);
  const report = await withSessionLock([configDir], sessionId, "repair", async () => {
    for (let tries = 1; ; tries++) {
      const copy = newestCopy(findCopies(sessionId, options));
      if (copy === undefined || copy.project.configDir !== configDir) throw deletedConcurrently(sessionId);
      if (cutShort(configDir, sessionId) !== undefined) throw interrupted(sessionId);
      requireFree();
      try {
        return await repair(copy, options ?? {}, false);
      } catch (error) {
        if (!(error instanceof SessionBusyError) || tries === TRIES) throw error;
      }
    }
  });
  tidyTrash(configDir);
  return report;
}

function requireCopy(sessionId: string, options: RepairOptions | null | undefined): TranscriptCopy {
  const copy = newestCopy(requireCopies(sessionId, options, "append"));
  if (copy === undefined) throw deletedConcurrently(sessionId);
  return copy;
}

const interrupted = (sessionId: string): TranscriptError =>
  new TranscriptError("Io", `Session ${sessionId} cannot be repaired: its deletion or restoration was interrupted`, {
    hint: "Delete it again to finish that, or restore it, then try again.",
    data: { sessionId },
  });

/** A transcript that is repaired. */
interface Work {
  readonly path: string;
  readonly isSubagent: boolean;
  readonly fd: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly plan: RepairPlan;
  temp: TempFile | undefined;
  bytesAfter: number | undefined;
}

/** Repairs the transcripts, or only says what would be done. The caller holds the lock if anything is to change. */
async function repair(copy: TranscriptCopy, options: RepairOptions, dryRun: boolean): Promise<RepairReport> {
  const { sessionId, project } = copy;
  const open: number[] = [];
  const works: Work[] = [];
  const paths = [copy.path, ...(await subagentsOf(copy))];
  let trashId: string | undefined;
  let deletions: string[] = [];
  try {
    for (const path of paths) {
      requirePlain(path, sessionId);
      const fd = openReadNoFollow(path);
      open.push(fd);
      const { size, mtimeMs } = statOpen(fd);
      const isSubagent = path !== copy.path;
      const plan = await planRepair({ fd, size, sessionId, isSubagent }, options);
      if (!isSubagent && !plan.hasMessages) deletions = deletionsOf(copy);
      if (plan.changes.total + plan.changes.leftTotal === 0) {
        close(open.pop() as number);
        continue;
      }
      works.push({ path, isSubagent, fd, size, mtimeMs, plan, temp: undefined, bytesAfter: undefined });
    }
    const changed = works.filter(({ plan }) => plan.changes.total > 0);
    if (!dryRun && changed.length > 0) {
      const changes: VersionChange[] = [];
      for (const work of changed) changes.push(await writeNext(work, copy, options));
      trashId = (await replaceFiles(project.configDir, sessionId, changes, "repair")).id;
      noteAnnotationPlace(project, sessionId, copy.path);
    }
  } finally {
    for (const fd of open) close(fd);
    for (const { temp } of works) if (temp !== undefined) discardTemp(temp);
  }
  if (!dryRun) for (const dir of new Set(paths.map((path) => dirname(path)))) cleanStaleTemps(dir);
  const files = works.map(fileReport);
  return {
    sessionId,
    configDir: project.configDir,
    dryRun,
    files,
    changes: works.reduce((sum, { plan }) => sum + plan.changes.total, 0),
    examined: paths.length,
    trashId,
    deletions,
  };
}

/** Writes the repaired transcript next to the old one. */
async function writeNext(
  work: Work,
  { project, sessionId }: TranscriptCopy,
  options: RepairWork,
): Promise<VersionChange> {
  const { path, isSubagent, fd, size, mtimeMs, plan } = work;
  const temp = createTemp(dirname(path), basename(path));
  work.temp = temp;
  await writeRepaired({ fd, size, sessionId, isSubagent }, plan, temp.fd, options);
  syncFile(temp.fd);
  const { ino, size: bytes } = statOpen(temp.fd);
  close(temp.fd);
  temp.fd = -1;
  work.bytesAfter = bytes;
  const item = {
    path: relative(project.configDir, path).split(sep).join("/"),
    kind: isSubagent ? ("subagent" as const) : ("transcript" as const),
    bytes: size,
    next: { ino, bytes },
  };
  return { item, replacement: { path, fd, size, endsLine: endsInNewline(fd, size), mtimeMs, temp: temp.path } };
}

const fileReport = ({ path, isSubagent, size, bytesAfter, plan: { changes } }: Work): RepairedFile => ({
  path,
  isSubagent,
  bytesBefore: size,
  bytesAfter,
  counts: Object.fromEntries(changes.counts),
  changes: changes.listed,
  left: changes.left,
  leftCount: changes.leftTotal,
});

/** Returns the ids of deletions of a session, the latest first. */
const deletionsOf = ({ project: { configDir }, sessionId }: TranscriptCopy): string[] =>
  deletionPlaces(configDir, sessionId)
    .filter(({ state }) => state === "complete")
    .map(({ id }) => id)
    .reverse();

/** Returns the paths of the transcripts of a session's subagents. */
async function subagentsOf({ project, sessionId }: TranscriptCopy): Promise<string[]> {
  const described = await describeSubagents(sessionId, { configDirs: [project.configDir] });
  const prefix = `${project.path}${sep}`;
  const below = described.map(({ path }) => path).filter((path) => path.startsWith(prefix));
  return [...below, ...oldSubagents(project, sessionId)];
}

/** Throws for a link: its target is not the session's, and would not be what is replaced. */
function requirePlain(path: string, sessionId: string): void {
  if (statLink(path)?.isSymbolicLink() !== true) return;
  throw new TranscriptError("Io", `Session ${sessionId} cannot be repaired: ${path} is a link`, {
    hint: "Replace the link with the file that it leads to, then try again.",
    data: { sessionId, path },
  });
}
