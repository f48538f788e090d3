import { basename, dirname, join } from "node:path";
import { requireFree, writeOutput, writing } from "../../bundle/export/output-file.ts";
import { sessionName } from "../../bundle/export/bundle-name.ts";
import { withMaskedStore } from "../../bundle/export/masked-store.ts";
import { type BundlePlan, planBundle } from "../../bundle/export/plan-bundle.ts";
import { whileUnfinished } from "../../bundle/export/unfinished.ts";
import type { LeftOutOfBundle } from "../../bundle/manifest.ts";
import type { WriteBytes } from "../../bundle/export/write-bundle.ts";
import { MaskTally } from "../../bundle/redact/mask-tally.ts";
import { cleanStaleTemps, syncDir } from "../../store/disk/atomic-write.ts";
import { removeTree } from "../../store/disk/dir-tree.ts";
import { makeNewDir, rename } from "../../store/disk/fs.ts";
import { tempName } from "../../store/disk/temp-file.ts";
import { TranscriptError } from "../../store/errors.ts";
import { titleAndActivityOf } from "../../store/facts/title-of.ts";
import { isDirectory } from "../../store/layout/config-dir.ts";
import { TranscriptFile } from "../../store/read/transcript-file.ts";
import type { Unread } from "../../store/read/unread.ts";
import { findSession, openCopy } from "../../store/projects/find-copies.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import { type Invocation, UsageError } from "../terminal/command.ts";
import { startProgress } from "../terminal/progress.ts";
import type { DocumentFormat } from "./export-formats.ts";
import type { ExportRequest } from "./export-options.ts";
import { type Exported, placeOf } from "./exported.ts";
import { type IndexEntry, indexOf } from "./export-index.ts";
import { writeDocument } from "./write-document.ts";

const ENDINGS: Readonly<Record<DocumentFormat, string>> = {
  markdown: ".md",
  json: ".json",
  jsonl: ".jsonl",
  txt: ".txt",
};

type DocumentRequest = ExportRequest & { readonly format: DocumentFormat };

/** Writes sessions as documents: one file, or a directory of several with an index. */
export async function exportDocuments(
  invocation: Invocation,
  request: DocumentRequest,
  copies: readonly TranscriptCopy[],
  texts: readonly string[],
): Promise<Exported> {
  const { toStdout, redact, dryRun } = request;
  if (toStdout && copies.length > 1)
    throw new UsageError(`--stdout takes one session in this format, and there are ${copies.length}`);
  if (!redact)
    return write(invocation, request, copies, {
      masked: undefined,
      leftOut: [],
      texts,
      mask: (text) => text,
      unread: new Map(),
    });
  const { Redaction } = await import("../../bundle/redact/redaction.ts");
  const progress = startProgress("Masking");
  const redaction = new Redaction();
  const options = { redaction, texts, progress: progress.report };
  const mask = (text: string): string => redaction.text(text, new MaskTally());
  try {
    if (dryRun) {
      const plan = await planBundle(copies, options);
      return await write(invocation, request, copies, { ...plan, leftOut: leftOutOf(plan), mask, unread: new Map() });
    }
    return await withMaskedStore(copies, options, async ({ configDir, plan }) => {
      const unread = new Map<string, Unread>();
      for (const copy of copies) unread.set(copy.sessionId, await unreadOf(copy));
      progress.clear();
      const found = copies.map(({ sessionId }) => maskedCopy(sessionId, configDir));
      return write(invocation, request, found, {
        ...plan,
        leftOut: leftOutOf(plan),
        mask: (text) => text,
        unread,
        configDir,
      });
    });
  } finally {
    progress.stop();
  }
}

function maskedCopy(sessionId: string, configDir: string): TranscriptCopy {
  const copy = findSession(sessionId, { configDirs: [configDir] });
  if (copy !== undefined) return copy;
  throw new TranscriptError("Io", `The transcript of ${sessionId} cannot be read, or has no row that can be masked`, {
    hint: "'claude-transcripts doctor' says what is wrong with it.",
    data: { sessionId },
  });
}

/** Returns what could not be masked. */
const leftOutOf = ({ sessions }: BundlePlan): LeftOutOfBundle[] => sessions.flatMap(({ leftOut }) => leftOut);

/** Returns what cannot be read of a transcript: a masked copy has nothing of it. */
async function unreadOf(copy: TranscriptCopy): Promise<Unread> {
  const file = await TranscriptFile.read(openCopy(copy));
  try {
    return file.unread;
  } finally {
    file.close();
  }
}

interface From extends Pick<BundlePlan, "masked" | "texts"> {
  /** What the masked copies lack. */
  readonly leftOut: readonly LeftOutOfBundle[];
  /** Masks what the copies have not masked. */
  readonly mask: (text: string) => string;
  /** By the id of the session, if the copies are masked. */
  readonly unread: ReadonlyMap<string, Unread>;
  /** The directory of masked copies, which is gone later. */
  readonly configDir?: string;
}

async function write(
  { terminal }: Invocation,
  request: DocumentRequest,
  copies: readonly TranscriptCopy[],
  { masked, leftOut: notMasked, texts, mask, unread, configDir }: From,
): Promise<Exported> {
  const { format, out, toStdout, force, dryRun } = request;
  const entries = named(copies, ENDINGS[format], mask);
  const documentOf = async ({ copy }: Entry, sink: WriteBytes): ReturnType<typeof writeDocument> => {
    const shownPath = configDir === undefined ? undefined : copy.path.slice(configDir.length + 1);
    return writeDocument(copy, { ...request, terminal, shownPath, unread: unread.get(copy.sessionId) }, sink);
  };
  const results: Exported["results"][number][] = [];
  const notes = notMasked.map(({ path, reason }) => `left out ${path}: ${reason}`);
  const more = { leftOut: notMasked };
  let bytes = 0;
  const writeOne = async (entry: Entry, put: WriteBytes): Promise<IndexEntry> => {
    let size = 0;
    const { messages, omitted, leftOut } = await documentOf(entry, async (chunk) => {
      size += chunk.length;
      await put(chunk);
    });
    bytes += size;
    const { sessionId } = entry.copy;
    results.push({ sessionId, title: entry.title, file: entry.file, bytes: size, messages, omitted });
    if (leftOut.length > 0) notes.push(`left out of ${entry.file}: ${leftOut.join(", ")}`);
    return { ...entry, sessionId, messages, leftOut };
  };
  const planned = (): Exported["results"] =>
    entries.map(({ copy: { sessionId }, title, file }) => ({ sessionId, title, file }));

  const [entry] = entries;
  if (entry === undefined) throw new Error("No session to export");
  if (toStdout) {
    if (dryRun) return { path: undefined, bytes: undefined, results: planned(), masked, texts, notes, more };
    await writeOne(entry, (chunk) => terminal.writeBytes(chunk));
    return { path: undefined, bytes, results, masked, texts, notes, more };
  }
  if (entries.length === 1) {
    const path = placeOf(out, entry.file, isDirectory(out ?? "."));
    requireFree(path, { force });
    if (dryRun) return { path, bytes: undefined, results: planned(), masked, texts, notes, more };
    await writeOutput(path, async (sink) => void (await writeOne(entry, sink)), { force });
    return { path, bytes, results, masked, texts, notes, more };
  }
  const name = `claude-sessions-${new Date().toISOString().slice(0, 10)}`;
  const path = placeOf(out, name, isDirectory(out ?? "."));
  requireFree(path);
  if (dryRun) return { path, bytes: undefined, results: planned(), masked, texts, notes, more };
  await writeDirectory(path, async (dir) => {
    const index: IndexEntry[] = [];
    for (const one of entries) {
      let written: IndexEntry | undefined;
      await writeOutput(join(dir, one.file), async (sink) => void (written = await writeOne(one, sink)));
      if (written !== undefined) index.push(written);
    }
    const text = Buffer.from(indexOf(index, masked));
    bytes += await writeOutput(join(dir, "index.md"), async (sink) => sink(text));
  });
  return { path, bytes, results, masked, texts, notes, more };
}

interface Entry {
  readonly copy: TranscriptCopy;
  readonly title: string;
  readonly activity: number;
  /** Name of its document. */
  readonly file: string;
}

/** Gives each session a name of its own for its document. */
function named(copies: readonly TranscriptCopy[], ending: string, mask: (text: string) => string): Entry[] {
  const taken = new Set(["index.md"]);
  return copies.map((copy) => {
    const { title: whole = "", activity } = titleAndActivityOf(copy);
    const title = mask(whole);
    const name = sessionName({ sessionId: copy.sessionId, title });
    let file = `${name}${ending}`;
    for (let n = 2; taken.has(file.toLowerCase()); n++) file = `${name}-${n}${ending}`;
    taken.add(file.toLowerCase());
    return { copy, title, activity, file };
  });
}

/** Makes a directory, private, whole or not at all. */
async function writeDirectory(path: string, fill: (dir: string) => Promise<void>): Promise<void> {
  const parent = dirname(path);
  cleanStaleTemps(parent);
  const dir = join(parent, tempName(basename(path)));
  writing(path, () => makeNewDir(dir));
  await whileUnfinished(dir, async () => {
    try {
      await fill(dir);
      requireFree(path);
      writing(path, () => rename(dir, path));
    } catch (error) {
      removeTree(dir);
      throw error;
    }
  });
  syncDir(parent);
}
