import { basename, join, resolve } from "node:path";
import { InvalidArgumentError } from "../../store/errors.ts";
import { isDirectory } from "../../store/layout/config-dir.ts";
import { requireSession } from "../../store/projects/find-copies.ts";
import type { StoreOptions } from "../../store/types.ts";
import { VERSION } from "../../version.ts";
import type { BundledSession, BundleManifest } from "../manifest.ts";
import type { Redaction } from "../redact/redaction.ts";
import type { Identity } from "../redact/identity.ts";
import { bundleName } from "./bundle-name.ts";
import { requireFree, writeOutput } from "./output-file.ts";
import type { NotTaken } from "./session-files.ts";
import { isRewritten } from "./source-bytes.ts";
import { type BundlePlan, type Masked, planBundle } from "./plan-bundle.ts";
import { writeBundle, type WriteBytes } from "./write-bundle.ts";

export interface ExportOptions extends StoreOptions {
  readonly sessionIds: readonly string[];
  /** A new file, or a directory that gets one, named after the session. Default: the current directory. */
  readonly out?: string | undefined;
  /** Receives the bytes of the bundle instead of a file. */
  readonly write?: ((bytes: Uint8Array) => void | Promise<void>) | undefined;
  /** Replaces a file at `out`. */
  readonly force?: boolean | undefined;
  /** Includes the copies that Claude Code keeps of files that the session changed. */
  readonly fileHistory?: boolean | undefined;
  /**
   * Masks secrets, home directories, and names of users and of this machine, in all texts and names. `true`: whose process it is,
   * and whose directories the sessions name.
   */
  readonly redact?: boolean | Identity | undefined;
  /** Only says what would be written. */
  readonly dryRun?: boolean | undefined;
  /** Called with bytes done, and all of them: each file is read twice. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExportReport {
  readonly dryRun: boolean;
  /** The bundle; undefined if `write` got it. */
  readonly path: string | undefined;
  /** Size of the bundle; undefined in a dry run. */
  readonly bytes: number | undefined;
  /** Bytes of the files in it. */
  readonly contentBytes: number;
  readonly sessions: readonly BundledSession[];
  readonly notTaken: NotTaken;
  /** Undefined unless `redact` was given. */
  readonly masked: Masked | undefined;
}

/** How often a bundle is made again because a file was rewritten meanwhile. */
const TRIES = 3;

/** Exports sessions, see `exportSessions` in library.ts. */
export const exportSessions = async (options: ExportOptions): Promise<ExportReport> =>
  (await exportWithTexts(options, [])).report;

interface WithTexts {
  readonly report: ExportReport;
  readonly texts: readonly string[];
}

/** Exports sessions. Returns also texts about the export, masked as the sessions are. */
export async function exportWithTexts(options: ExportOptions, texts: readonly string[]): Promise<WithTexts> {
  const { sessionIds, configDirs, write, force, dryRun = false, signal } = options;
  if (!Array.isArray(sessionIds) || sessionIds.length === 0)
    throw new InvalidArgumentError("sessionIds", "sessionIds must name at least one session");
  if (write !== undefined && options.out !== undefined)
    throw new InvalidArgumentError("out", "out and write cannot be used together");
  const ids = new Map(sessionIds.map((id) => [String(id).toLowerCase(), id]));
  const copies = [...ids.values()].map((id) => requireSession(id, { configDirs }));
  for (let tries = 1; ; tries++) {
    const plan = await planBundle(copies, { ...options, texts, redaction: await redactionOf(options) });
    const createdAt = new Date().toISOString();
    const manifest: BundleManifest = {
      createdAt,
      createdBy: `claude-transcripts/${VERSION}`,
      sessions: plan.sessions,
      ...(plan.masked !== undefined && { redacted: plan.masked.kinds }),
    };
    const path = write === undefined ? placeOf(plan, createdAt, options.out) : undefined;
    const { bytes: contentBytes, sessions, notTaken, masked } = plan;
    const done = (size: number | undefined): WithTexts => ({
      report: { dryRun, path, bytes: size, contentBytes, sessions, notTaken, masked },
      texts: plan.texts,
    });
    if (path !== undefined) requireFree(path, { force });
    if (dryRun) return done(undefined);
    const fill = (sink: WriteBytes): Promise<void> => writeBundle(manifest, plan.files, sink, options);
    try {
      if (path !== undefined) return done(await writeOutput(path, fill, { force }));
      let bytes = 0;
      await fill(async (chunk) => {
        bytes += chunk.length;
        await write?.(chunk);
      });
      return done(bytes);
    } catch (error) {
      // What `write` got cannot be taken back.
      const mayTryAgain = path !== undefined && isRewritten(error);
      if (!mayTryAgain || tries === TRIES) throw error;
      signal?.throwIfAborted();
    }
  }
}

/** Loads the detector, which is large, only if something is to be masked. */
async function redactionOf({ redact = false }: ExportOptions): Promise<Redaction | undefined> {
  if (redact === false) return undefined;
  const { Redaction } = await import("../redact/redaction.ts");
  return redact === true ? new Redaction() : new Redaction(redact);
}

function placeOf({ sessions }: BundlePlan, createdAt: string, out = "."): string {
  return isDirectory(out) ? join(resolve(out), basename(bundleName(sessions, createdAt))) : resolve(out);
}
