/**
 * The belongings of a session in one config dir: its transcripts, and the files and directories named after it
 * (belongs.ts). `history.jsonl`, which holds the prompts of all sessions, belongs to none.
 */
import { dirname, join, relative, sep } from "node:path";
import { HEAD_GROWTH_BYTES } from "../../transcript/rows/limits.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { parseRow, visitLine } from "../../transcript/rows/row.ts";
import { OLD_SUBAGENT, ownerOf } from "../layout/belongs.ts";
import { isThere, readNames, statLink, tryStatFile } from "../disk/fs.ts";
import { errnoOf, isMissing } from "../errors.ts";
import { FileLines } from "../disk/file-lines.ts";
import { sessionOfJob } from "./jobs.ts";
import { thingsOf } from "./named-things.ts";
import { jobPath, sidecarPath, transcriptPath } from "../layout/paths.ts";
import { realOrSelf } from "../disk/platform.ts";
import { listProjectDirs } from "./project-dirs.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import type { ProjectDir, Skipped } from "../types.ts";

export type BelongingKind =
  /** `<id>.jsonl` that is not empty: a copy of the session. */
  | "transcript"
  /** `<id>.jsonl` that is empty, or a link that leads to no file: not a session, but in the way of one. */
  | "stub"
  /** `<id>/`: subagents, tool results, titles, the archive mark. */
  | "sidecars"
  /** Other items next to the transcript that are named after the session: small files. */
  | "companion"
  /** `agent-*.jsonl` next to the transcript, of an older CLI, whose rows have the session's id. */
  | "subagent"
  /** Items elsewhere named after the session: `file-history/<id>`, `todos/<id>-agent-<id>.json`, `debug/<id>.txt`. */
  | "leftover";

export interface Belonging {
  /** Relative to the config dir, with `/` between names. */
  readonly path: string;
  readonly kind: BelongingKind;
  /** Size of the file, or of all files in the directory. */
  readonly bytes: number;
}

export interface Belongings {
  /** Transcripts first, of which the newest (the session) is last; then stubs, then the rest. */
  readonly items: readonly Belonging[];
  /** Items that exist but were left alone: links in place of directories of the config dir, and unreadable ones. */
  readonly skipped: readonly Skipped[];
}

/**
 * Returns everything that belongs to a session in one config dir. Below a project dir no link is followed: one in place
 * of `<id>` or of the transcript belongs to the session itself. Never throws because of a file's content.
 */
export async function belongings(sessionId: string, configDir: string): Promise<Belongings> {
  const { dirs, skipped } = listProjectDirs(configDir);
  const found: Found[] = [];
  const seen = new Set<string>();
  for (const project of dirs) {
    const real = realOrSelf(project.path);
    if (seen.has(real)) continue;
    seen.add(real);
    collect(project.path, skipped, () => ofProject(project, sessionId, found, skipped));
  }
  for (const path of thingsOf(sessionId, configDir, skipped)) found.push({ path, kind: "leftover", mtimeMs: 0 });
  collect(configDir, skipped, () => ofJobs(configDir, sessionId, found));
  return { items: await measured(configDir, found), skipped };
}

/** Returns what `belongings` finds in one project dir: nothing that is elsewhere in the config dir. Throws if it cannot be read. */
export async function belongingsIn(project: ProjectDir, sessionId: string): Promise<Belongings> {
  const found: Found[] = [];
  const skipped: Skipped[] = [];
  ofProject(project, sessionId, found, skipped);
  return { items: await measured(project.configDir, found), skipped };
}

async function measured(configDir: string, found: Found[]): Promise<Belonging[]> {
  found.sort((a, b) => RANK[a.kind] - RANK[b.kind] || (a.kind === "transcript" ? a.mtimeMs - b.mtimeMs : 0));
  const items: Belonging[] = [];
  for (const { path, kind } of found) {
    items.push({ path: relative(configDir, path).split(sep).join("/"), kind, bytes: await bytesOf(path) });
  }
  return items;
}

interface Found {
  readonly path: string;
  readonly kind: BelongingKind;
  readonly mtimeMs: number;
}

const RANK: Readonly<Record<BelongingKind, number>> = {
  transcript: 0,
  stub: 1,
  sidecars: 2,
  companion: 2,
  subagent: 2,
  leftover: 3,
};

function ofProject(project: ProjectDir, sessionId: string, found: Found[], skipped: Skipped[]): void {
  const transcript = transcriptPath(project, sessionId);
  const sidecars = sidecarPath(project, sessionId);
  const before = found.length;
  const stat = statLink(transcript);
  if (stat?.isFile() || stat?.isSymbolicLink()) found.push({ path: transcript, ...transcriptFacts(transcript) });
  else if (stat !== undefined) skipped.push({ path: transcript, reason: "not a file" });
  if (isThere(sidecars)) found.push({ path: sidecars, kind: "sidecars", mtimeMs: 0 });
  const names = readNames(project.path);
  for (const name of names) {
    const path = join(project.path, name);
    if (path === transcript || path === sidecars || !name.includes(sessionId)) continue;
    if (ownerOf(["projects", project.key, name]) === sessionId) found.push({ path, kind: "companion", mtimeMs: 0 });
  }
  if (found.length === before) return;
  for (const path of oldSubagents(project, sessionId, names)) found.push({ path, kind: "subagent", mtimeMs: 0 });
}

/** Classifies a transcript. A link counts as its target, although the link is what would be moved. */
function transcriptFacts(path: string): { kind: "transcript" | "stub"; mtimeMs: number } {
  const file = tryStatFile(path);
  if (file?.isFile() && file.size > 0) return { kind: "transcript", mtimeMs: file.mtimeMs };
  return { kind: "stub", mtimeMs: 0 };
}

/** Adds the session's job, if it is a directory whose state names this session. */
function ofJobs(configDir: string, sessionId: string, found: Found[]): void {
  const path = jobPath(configDir, sessionId);
  if (statLink(dirname(path))?.isDirectory() && statLink(path)?.isDirectory() && sessionOfJob(path) === sessionId)
    found.push({ path, kind: "leftover", mtimeMs: 0 });
}

/** Runs `look`; a file-system error goes into `skipped`, unless the path is just missing. */
function collect(path: string, skipped: Skipped[], look: () => void): void {
  try {
    look();
  } catch (error) {
    const reason = errnoOf(error);
    if (reason === undefined) throw error;
    if (!isMissing(error)) skipped.push({ path, reason });
  }
}

/** Returns paths of the `agent-*.jsonl` of older CLIs next to a transcript whose rows have the session's id, by name. */
export function oldSubagents({ path }: ProjectDir, sessionId: string, names = readNames(path)): string[] {
  const paths = names.filter((name) => OLD_SUBAGENT.test(name)).map((name) => join(path, name));
  return paths.filter((path) => firstSessionId(path) === sessionId);
}

/** Returns the size of a file or a link, or of all readable files in a directory. */
async function bytesOf(path: string): Promise<number> {
  const stat = statLink(path);
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.size;
  const { default: fastGlob } = await import("fast-glob");
  const files = await fastGlob("**", {
    cwd: path,
    dot: true,
    followSymbolicLinks: false,
    stats: true,
    suppressErrors: true,
  });
  return files.reduce((sum, file) => sum + (file.stats?.size ?? 0), 0);
}

/** Returns the `sessionId` of the first readable row that has one; does not follow links. */
export const firstSessionId = (path: string): string | undefined => tryWithOpenFile(path, firstIn);

function firstIn(fd: number): string | undefined {
  const lines = new FileLines(fd, { to: HEAD_GROWTH_BYTES });
  const scan = new RowScan();
  let found: string | undefined;
  const visit = (): boolean => {
    visitLine(lines.bytes, lines.start, lines.end, scan, {
      row(start, end) {
        const id = parseRow(lines.bytes, start, end)?.["sessionId"];
        if (typeof id === "string") found ??= id;
      },
    });
    return found !== undefined;
  };
  while (lines.step()) while (lines.next()) if (visit()) return found;
  return found;
}
