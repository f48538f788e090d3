import { nodeCrypto } from "../../store/disk/builtins.ts";
import { close } from "../../store/disk/fs.ts";
import { errnoOf } from "../../store/errors.ts";
import { transcriptName } from "../../store/layout/paths.ts";
import { inTurns, type Steps } from "../../store/timing.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { BundledSession, LeftOutOfBundle } from "../manifest.ts";
import { pathProblem } from "../entry-path.ts";
import { MaskTally } from "../redact/mask-tally.ts";
import type { Redaction } from "../redact/redaction.ts";
import { MaskedPaths } from "./masked-paths.ts";
import { readSession, type ReadSession } from "./read-session.ts";
import type { NotTaken, SourceFile } from "./session-files.ts";
import { chunksOf, type KnownBytes, openSourceFile, rewritten } from "./source-bytes.ts";

/** A file of a bundle, before it is written. */
export interface PlannedFile {
  readonly source: SourceFile;
  /** What was read of it. */
  readonly known: KnownBytes;
  /** Path, size and hash in the bundle. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly redaction: Redaction | undefined;
}

export interface BundlePlan {
  /** By id. */
  readonly sessions: readonly BundledSession[];
  /** By path. */
  readonly files: readonly PlannedFile[];
  /** Sum of the files. */
  readonly bytes: number;
  readonly notTaken: NotTaken;
  /** Undefined if nothing was to be masked. */
  readonly masked: Masked | undefined;
  /** The texts of the report, masked if that was asked for. */
  readonly texts: readonly string[];
}

/** What was masked in an export. */
export interface Masked {
  /** Number of places, by the kind of what was there. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Number of pictures, and of other files in rows, whose contents were not looked into. */
  readonly unseenFiles: number;
}

export interface PlanOptions {
  readonly fileHistory?: boolean | undefined;
  readonly redaction?: Redaction | undefined;
  /** Texts of the report, to be masked as the sessions are. */
  readonly texts?: readonly string[] | undefined;
  /** Called with the bytes read so far, and those that sessions have. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads everything of some sessions, and says what a bundle of them has. Two plans of the same files are the same. A file that
 * cannot be read is left out, and so are links.
 */
export async function planBundle(
  copies: readonly TranscriptCopy[],
  { fileHistory, redaction, texts = [], progress, signal }: PlanOptions,
): Promise<BundlePlan> {
  const read: ReadSession[] = [];
  const total = copies.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const advance = (bytes: number): void => progress?.((done += bytes), Math.max(done, total));
  for (const copy of [...copies].sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1)))
    read.push(await readSession(copy, { fileHistory, redaction, progress: advance, signal }));
  for (const text of texts) await redaction?.readText(text);
  await redaction?.end();

  const tally = new MaskTally();
  const files: PlannedFile[] = [];
  const sessions: BundledSession[] = [];
  const paths = new MaskedPaths(redaction, tally);
  for (const session of read) {
    const leftOut: LeftOutOfBundle[] = [...session.leftOut];
    const own: PlannedFile[] = [];
    for (const { source, known } of session.files) {
      const path = paths.of(source.path, session.sessionId);
      if (redaction === undefined) {
        own.push({ source, known, path, bytes: known.bytes, sha256: known.sha256, redaction });
        continue;
      }
      const problem = pathProblem(path);
      if (problem !== undefined) {
        leftOut.push({ path: source.path, reason: `its masked path ${problem}` });
        continue;
      }
      try {
        const before = tally.left;
        const content = await inTurns(maskedBytes(source, known, redaction, tally), signal);
        own.push({ source, known, path, ...content, redaction });
        const [parts, bytes] = [tally.left.parts - before.parts, tally.left.bytes - before.bytes];
        const what = parts === 1 ? "1 part that is no row" : `${parts} parts that are no rows`;
        if (parts > 0) leftOut.push({ path: source.path, reason: `${what}, ${bytes} bytes` });
      } catch (error) {
        const reason = errnoOf(error);
        if (reason === undefined) throw error;
        leftOut.push({ path: source.path, reason });
      }
    }
    files.push(...own);
    sessions.push(toBundled(session, own, leftOut, redaction, tally));
  }
  files.sort(byPath);
  return {
    sessions,
    files,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    notTaken: {
      fileHistory: read.reduce((sum, session) => sum + session.notTaken.fileHistory, 0),
      machine: read.reduce((sum, session) => sum + session.notTaken.machine, 0),
    },
    masked: redaction && { kinds: tally.kinds, unseenFiles: tally.unseenFiles },
    texts: texts.map((text) => redaction?.text(text, new MaskTally()) ?? text),
  };
}

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number => (a.path < b.path ? -1 : 1);

function toBundled(
  { sessionId, projectKey: key, facts }: ReadSession,
  files: readonly PlannedFile[],
  leftOut: readonly LeftOutOfBundle[],
  redaction: Redaction | undefined,
  tally: MaskTally,
): BundledSession {
  const text = (value: string): string => redaction?.text(value, tally) ?? value;
  const { cwd, title, repository } = facts;
  const transcript = files.find(({ source }) => source.path === `projects/${key}/${transcriptName(sessionId)}`);
  const projectKey = transcript?.path.split("/")[1] ?? redaction?.path(key, new MaskTally()) ?? key;
  return {
    sessionId,
    projectKey,
    ...(cwd !== undefined && { cwd: text(cwd) }),
    ...(repository !== undefined && { repository: { origin: text(repository.origin), path: text(repository.path) } }),
    ...(title !== undefined && { title: text(title) }),
    files: files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })).sort(byPath),
    leftOut: leftOut.map(({ path, reason }) => ({ path: text(path), reason: text(reason) })).sort(byPath),
  };
}

function* maskedBytes(
  source: SourceFile,
  known: KnownBytes,
  redaction: Redaction,
  tally: MaskTally,
): Steps<{ readonly bytes: number; readonly sha256: string }> {
  const sha256 = nodeCrypto().createHash("sha256");
  const fd = openSourceFile(source);
  let bytes = 0;
  try {
    for (const chunk of redaction.content(fd, source.path, known.bytes, tally)) {
      sha256.update(chunk);
      bytes += chunk.length;
      yield;
    }
  } finally {
    close(fd);
  }
  return { bytes, sha256: sha256.digest("hex") };
}

/** Yields the bytes of a file in the bundle, and checks them. Throws `Io` if they are no longer those of the plan. */
export function* plannedContent({ source, known, bytes, sha256, redaction }: PlannedFile): Generator<Buffer> {
  const written = nodeCrypto().createHash("sha256");
  let count = 0;
  const fd = openSourceFile(source);
  try {
    const chunks =
      redaction === undefined
        ? chunksOf(fd, known.bytes)
        : redaction.content(fd, source.path, known.bytes, new MaskTally());
    for (const chunk of chunks) {
      written.update(chunk);
      count += chunk.length;
      if (count > bytes) throw rewritten(source.from);
      yield chunk;
    }
    if (count !== bytes || written.digest("hex") !== sha256) throw rewritten(source.from);
    // What was masked is what was looked at for secrets.
    if (redaction !== undefined && hashOf(fd, known.bytes) !== known.sha256) throw rewritten(source.from);
  } finally {
    close(fd);
  }
}

function hashOf(fd: number, bytes: number): string {
  const sha256 = nodeCrypto().createHash("sha256");
  for (const chunk of chunksOf(fd, bytes)) sha256.update(chunk);
  return sha256.digest("hex");
}
