import { resolve } from "node:path";
import { errnoOf, InvalidArgumentError, TranscriptError } from "../../store/errors.ts";
import { cleanStaleTemps } from "../../store/disk/atomic-write.ts";
import { isAbsolutePath } from "../../store/disk/platform.ts";
import { resolveConfigDir } from "../../store/layout/config-dir.ts";
import { tidyTrash } from "../../store/trash/trash-entries.ts";
import type { Skipped } from "../../store/types.ts";
import { openSource } from "../source/open-source.ts";
import type { SourceSession } from "../source/source.ts";
import { stagingOf } from "../source/staging.ts";
import { commonHome, type DestinationOptions, destinationOf, isOfDirectory } from "./destination.ts";
import { clonesOf } from "./find-clone.ts";
import { type ImportedSession, importSession } from "./import-session.ts";

/** Most bytes that are taken from one source, unless a caller allows more. */
export const IMPORT_BYTES = 20 * 1024 ** 3;

export interface ImportOptions {
  /**
   * A bundle (`.tar.gz`), a bundle that was unpacked, a config directory, its `projects`, a directory in that, or one transcript named
   * `<id>.jsonl`.
   */
  readonly from: string;
  /** The config dir to import into. Default: the one that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
  readonly configDir?: string | undefined;
  /**
   * The directory here that the sessions are of. Default: the same path, if it is a directory here; else the clone of the same
   * repository, if sessions here know one.
   */
  readonly cwd?: string | undefined;
  /** Only sessions of this directory of the other machine, or one below it: `cwd` stands for it. Default: the one above all sessions. */
  readonly fromCwd?: string | undefined;
  /** Leaves sessions under the directory they were in, whether or not it is here. */
  readonly keepCwd?: boolean | undefined;
  /** Adds what is missing to sessions that are here and are the beginning of those that are imported. */
  readonly update?: boolean | undefined;
  /** Gives sessions a new id if other ones with their ids are here. */
  readonly newId?: boolean | undefined;
  /** Only says what would be imported. */
  readonly dryRun?: boolean | undefined;
  /** Most bytes to take. Default 20 GiB. */
  readonly maxBytes?: number | undefined;
  /** Called with bytes read of a bundle while it is unpacked, then with the number of sessions that were looked at, and all of them. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A session that was not imported. */
export interface RefusedImport {
  readonly sessionId: string;
  readonly error: Error;
}

export interface ImportReport {
  readonly dryRun: boolean;
  readonly sessions: readonly ImportedSession[];
  readonly refused: readonly RefusedImport[];
  /** What belongs to no session that is imported, or could not be read. */
  readonly skipped: readonly Skipped[];
}

/** A source that was opened, to import its sessions one by one. */
export interface OpenImport {
  readonly sessions: readonly SourceSession[];
  readonly skipped: readonly Skipped[];
  /** Imports one of the sessions. */
  importOne(session: SourceSession): Promise<ImportedSession>;
  /** Removes what is unfinished. */
  close(): void;
}

/** Imports sessions, see `importSessions` in library-import.ts. */
export async function importSessions(options: ImportOptions): Promise<ImportReport> {
  const { dryRun = false, progress, signal } = options;
  const open = await openImport(options);
  const sessions: ImportedSession[] = [];
  const refused: RefusedImport[] = [];
  try {
    for (const session of open.sessions) {
      signal?.throwIfAborted();
      try {
        sessions.push(await open.importOne(session));
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refused.push({ sessionId: session.sessionId, error });
      }
      progress?.(sessions.length + refused.length, open.sessions.length);
    }
  } finally {
    open.close();
  }
  return { dryRun, sessions, refused, skipped: open.skipped };
}

/** Whether an error is about one session, so that others can be imported. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof TranscriptError ||
  (error instanceof Error && errnoOf(error) !== undefined && errnoOf(error) !== "ENOSPC");

/** Opens a source. Throws `InvalidArgumentError` for options and sources that cannot be meant, and the reason of `signal`. */
export async function openImport(options: ImportOptions): Promise<OpenImport> {
  const { from, cwd, fromCwd, keepCwd = false, update = false, newId = false, dryRun = false } = options;
  const { maxBytes = IMPORT_BYTES, progress, signal } = options;
  requireOptions(options);
  const configDir = resolve(options.configDir ?? resolveConfigDir());
  const staging = stagingOf(configDir, dryRun);
  const touched = new Set<string>();
  const close = (): void => {
    staging.remove();
    if (dryRun) return;
    tidyTrash(configDir);
    for (const dir of touched) cleanStaleTemps(dir);
  };
  try {
    const source = await openSource(from, { staging, maxBytes, progress, signal });
    const skipped = [...source.skipped];
    const sessions = source.sessions.filter((session) => fromCwd === undefined || isOfDirectory(session, fromCwd));
    if (sessions.length === 0)
      throw new InvalidArgumentError("fromCwd", `no session in ${from} is of ${fromCwd} or below it`);
    const others = source.sessions.length - sessions.length;
    if (others > 0)
      skipped.push({
        path: from,
        reason: `${others} ${others === 1 ? "session is" : "sessions are"} not of ${fromCwd}`,
      });
    const base = cwd === undefined ? undefined : (fromCwd ?? commonHome(sessions));
    let find: DestinationOptions["findRepository"] | undefined;
    const findRepository = async (session: SourceSession): Promise<DestinationOptions["findRepository"]> => {
      if (session.repository === undefined) return () => undefined;
      return (find ??= await clonesOf(configDir, signal));
    };
    const place = { configDir, cwd: cwd && resolve(cwd), from: base, keepCwd };
    let bytes = 0;
    return {
      sessions,
      skipped,
      async importOne(session) {
        bytes += session.files([]).reduce((sum, file) => sum + file.bytes, 0);
        if (bytes > maxBytes) throw tooLarge(from, maxBytes);
        const destination = destinationOf(session, { ...place, findRepository: await findRepository(session) });
        return importSession(session, configDir, destination, { update, newId, dryRun, staging, touched, signal });
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function requireOptions({ from, cwd, fromCwd, keepCwd, maxBytes }: ImportOptions): void {
  for (const [name, value] of Object.entries({ from, cwd, fromCwd })) {
    if (value === undefined && name !== "from") continue;
    if (typeof value !== "string" || value === "" || value.includes("\0"))
      throw new InvalidArgumentError(name, `${name} must be a path`);
  }
  if (fromCwd !== undefined && !isAbsolutePath(fromCwd))
    throw new InvalidArgumentError("fromCwd", `fromCwd must be an absolute path, got "${fromCwd}"`);
  if (cwd !== undefined && keepCwd === true)
    throw new InvalidArgumentError("keepCwd", "cwd and keepCwd cannot be used together");
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes > 0))
    throw new InvalidArgumentError("maxBytes", `maxBytes must be a positive integer, got ${maxBytes}`);
}

const tooLarge = (from: string, maxBytes: number): InvalidArgumentError =>
  new InvalidArgumentError("maxBytes", `${from} has more than ${maxBytes} bytes in it`, "Allow more with --max-bytes.");
