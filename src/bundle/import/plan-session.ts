/** Compares a session with what is here, and decides on each of its files. Only reads. */
import { ANNOTATION_PLACE_BYTES } from "../../transcript/rows/limits.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { visitLine } from "../../transcript/rows/row.ts";
import { asObject, parseJson } from "../../transcript/rows/json-values.ts";
import { FileLines } from "../../store/disk/file-lines.ts";
import { close, openReadNoFollow, readBytes, statLink, statOpen } from "../../store/disk/fs.ts";
import { realOrSelf } from "../../store/disk/platform.ts";
import { TranscriptError } from "../../store/errors.ts";
import { projectDirPath } from "../../store/layout/paths.ts";
import { findCopies } from "../../store/projects/find-copies.ts";
import { obstacleTo } from "../../store/snapshot/restore-snapshot.ts";
import type { Skipped, TranscriptCopy } from "../../store/types.ts";
import { type SourceFile, type SourceSession, transcriptPathIn } from "../source/source.ts";
import { compareContent, measureContent, type Measured, type Relation } from "./compare-content.ts";
import { type Content, type ContentFacts, contentOf, madeContent } from "./content.ts";
import type { RowChanges } from "./row-changes.ts";
import { type TargetFile, targetFiles, type TargetIdentity } from "./target-paths.ts";

export interface PlanOptions {
  readonly changes: RowChanges | undefined;
  /** Replaces files here by longer ones that begin with them. */
  readonly update: boolean;
  /** Also reads what is only placed, so that a dry run finds what is wrong with it, and its size. */
  readonly reads: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What happens to a file: it is new here, takes the place of its own beginning, or is here. */
export interface PlannedFile extends TargetFile {
  readonly action: "place" | "extend" | "already";
  /** Bytes that it will have, as far as is known. */
  readonly bytes: number;
}

export interface SessionPlan {
  readonly files: readonly PlannedFile[];
  readonly skipped: readonly Skipped[];
  /** Number of places in the files that are not here yet which are no rows; counted as far as those were read. */
  readonly unread: number;
  /** Transcripts of the session that are in the config dir. A look at each project, so only if something is missing. */
  readonly copies: readonly TranscriptCopy[];
}

/** Why a session cannot be imported under its id. */
export class ImportConflict extends TranscriptError {}

/** Plans a session. Throws `ImportConflict` if another one is here, `Io` if a file is not what the manifest says, and file-system errors. */
export async function planSession(
  session: SourceSession,
  to: TargetIdentity,
  options: PlanOptions,
): Promise<SessionPlan> {
  const skipped: Skipped[] = [];
  const files = targetFiles(session, to, skipped);
  const transcript = files.at(-1);
  if (transcript?.role !== "transcript") throw gone(session);
  for (const { path } of files) {
    const obstacle = obstacleTo(to.configDir, path);
    if (obstacle !== undefined)
      throw conflict(to, `${obstacle} is in the way of its files`, "Move it away, then try again.");
  }
  const planned: PlannedFile[] = [];
  let unread = 0;
  const main = await compareWith(transcript, session, options);
  if (main.relation === "different")
    throw conflict(to, `${transcript.to} is another session with this id, or was continued otherwise`, NEW_ID);
  let copies: readonly TranscriptCopy[] | undefined;
  const copiesHere = (): readonly TranscriptCopy[] =>
    (copies ??= findCopies(to.sessionId, { configDirs: [to.configDir] }));
  if (main.relation === "missing" || main.relation === "empty") requireNowhereElse(to, files, copiesHere());
  const isHere = main.relation === "same" || main.relation === "longer";
  if (!isHere && !hasRow(transcript.file)) throw noRows(session);
  for (const target of files) {
    const { relation, bytes, facts } = target === transcript ? main : await compareWith(target, session, options);
    const action = actionOn(target, relation, main.relation, options.update);
    if (action === "shorter")
      throw conflict(
        to,
        `${target.to} is the beginning of what would be imported`,
        `Add what is missing with --update. ${NEW_ID}`,
      );
    if (action === "different") throw conflict(to, `${target.to} is another file`, NEW_ID);
    if (action === "left") skipped.push({ path: target.path, reason: "differs from the one here, which stays" });
    else {
      planned.push({ ...target, action, bytes });
      if (action !== "already") unread += facts?.unread ?? 0;
    }
  }
  const isMissing = planned.some(({ action }) => action !== "already");
  return { files: planned, skipped, unread, copies: isMissing ? copiesHere() : [] };
}

const NEW_ID = "Import it under a new id with --new-id.";

function actionOn(
  { role }: TargetFile,
  relation: Relation | "missing" | "empty",
  main: Relation | "missing" | "empty",
  update: boolean,
): PlannedFile["action"] | "left" | "shorter" | "different" {
  const isNew = main === "missing" || main === "empty";
  // It says where a row of the transcript is, which only the transcript decides.
  if (role === "place" && relation !== "missing" && relation !== "same")
    return isNew || main === "shorter" ? "extend" : "already";
  switch (relation) {
    case "missing":
      return "place";
    case "empty":
      return "extend";
    case "same":
    case "longer":
      return "already";
    case "shorter":
      return update ? "extend" : "shorter";
    default:
      return isNew ? "different" : "left";
  }
}

/** Compares a file with the one here, if any. */
async function compareWith(
  target: TargetFile,
  session: SourceSession,
  { changes, reads, signal }: PlanOptions,
): Promise<{
  readonly relation: Relation | "missing" | "empty";
  readonly bytes: number;
  readonly facts?: ContentFacts | undefined;
}> {
  const there = statLink(target.to);
  if (there !== undefined && !there.isFile())
    throw new ImportConflict("SessionExists", `${target.to} is in the way: it is not a file`, {
      hint: "Move it away, then try again.",
    });
  if (there === undefined || (there.size === 0 && target.file.bytes > 0)) {
    const relation = there === undefined ? "missing" : "empty";
    if (!reads) return { relation, bytes: target.file.bytes };
    return { relation, ...(await withContent(target, session, changes, (content) => measureContent(content, signal))) };
  }
  const fd = openReadNoFollow(target.to);
  try {
    return await withContent(target, session, changes, (content) => compareContent(content, fd, signal));
  } finally {
    close(fd);
  }
}

/** Gives `use` the content that a file gets, and checks the bytes that it was made of against the manifest. */
export async function withContent<T extends { readonly facts: ContentFacts | undefined } | Measured>(
  { file, role }: TargetFile,
  session: SourceSession,
  changes: RowChanges | undefined,
  use: (content: Content) => Promise<T>,
): Promise<T> {
  const fd = file.open();
  try {
    if (file.sha256 !== undefined && statOpen(fd).size !== file.bytes) throw notAsSaid(file);
    const content =
      changes !== undefined && role === "place"
        ? placeContent(fd, session, changes)
        : contentOf(fd, file.bytes, role === "transcript" || role === "rows" ? changes : undefined);
    const used = await use(content);
    if (file.sha256 !== undefined && used.facts !== undefined && used.facts.sha256 !== file.sha256)
      throw notAsSaid(file);
    return used;
  } finally {
    close(fd);
  }
}

/** Moves the place of a row by as much as the rows before it became longer or shorter. */
function* placeContent(fd: number, session: SourceSession, changes: RowChanges): Content {
  const json = readBytes(fd, ANNOTATION_PLACE_BYTES);
  const [facts, text] = [yield* silent(contentOf(fd, statOpen(fd).size)), json.toString()];
  const place = asObject(parseJson(text));
  const from = place?.["annotationFrom"];
  const files = session.files([]);
  const transcript = files.find((file) => file.path === transcriptPathIn(session));
  if (
    transcript === undefined ||
    typeof from !== "number" ||
    !Number.isSafeInteger(from) ||
    from < 0 ||
    from > transcript.bytes
  )
    return yield* madeContent(json, facts);
  const rows = transcript.open();
  let moved = 0;
  try {
    const before = contentOf(rows, from, changes);
    for (let step = before.next(); step.done !== true; step = before.next()) {
      moved += step.value.length;
      yield NOTHING;
    }
  } finally {
    close(rows);
  }
  return yield* madeContent(Buffer.from(JSON.stringify({ ...place, annotationFrom: moved })), facts);
}

const NOTHING = Buffer.alloc(0);

/** Reads a content for its facts only. */
function* silent(content: Content): Content {
  for (let step = content.next(); ; step = content.next()) {
    if (step.done === true) return step.value;
    yield NOTHING;
  }
}

const notAsSaid = ({ path }: SourceFile): TranscriptError =>
  new TranscriptError("Io", `${path} is not what the manifest of the bundle says`, {
    hint: "It was changed or damaged: get the bundle again.",
    data: { path },
  });

/** Throws if the session is in another project of the config dir. */
function requireNowhereElse(to: TargetIdentity, files: readonly TargetFile[], copies: readonly TranscriptCopy[]): void {
  if (copies.length === 0) return;
  const keys = new Set(files.flatMap(({ path }) => (path.startsWith("projects/") ? (path.split("/")[1] ?? []) : [])));
  const own = new Set([...keys].map((key) => realOrSelf(projectDirPath(to.configDir, key))));
  const other = copies.find(({ project }) => !own.has(realOrSelf(project.path)));
  if (other !== undefined)
    throw conflict(
      to,
      `it is in another project here, ${other.project.key}`,
      `Give the directory of that project with --cwd, or import it under a new id with --new-id.`,
    );
}

function conflict({ sessionId }: TargetIdentity, why: string, hint: string): ImportConflict {
  return new ImportConflict("SessionExists", `Session ${sessionId} was not imported: ${why}`, {
    hint,
    data: { sessionId },
  });
}

/** Reports whether any row of a file can be read. */
function hasRow(file: SourceFile): boolean {
  const fd = file.open();
  try {
    const lines = new FileLines(fd, { to: file.bytes });
    const scan = new RowScan();
    let found = false;
    while (!found && lines.step())
      while (!found && lines.next())
        if (lines.oversized === 0) visitLine(lines.bytes, lines.start, lines.end, scan, { row: () => (found = true) });
    return found;
  } finally {
    close(fd);
  }
}

const noRows = ({ sessionId }: SourceSession): TranscriptError =>
  new TranscriptError("Io", `Session ${sessionId} was not imported: no row of its transcript can be read`, {
    hint: "Look at the transcript on the machine that it comes from.",
    data: { sessionId },
  });

const gone = ({ sessionId }: SourceSession): TranscriptError =>
  new TranscriptError("Io", `The transcript of session ${sessionId} is gone by now`, {
    hint: "Try again.",
    data: { sessionId },
  });
