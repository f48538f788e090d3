import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import type { OpenCatalog } from "../schema/open-catalog.ts";
import { FileKind } from "../schema/schema.ts";
import { jsonPages } from "../engine/json-pages.ts";
import type { StoreFile, StoreFiles } from "./store-files.ts";
import { isSessionFile } from "./store-files.ts";

/** A file as the catalog has it. */
export interface KnownFile {
  readonly id: number;
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
  /** Number of bytes that were read. */
  readonly offset: number;
  /** Stamp of the session that lists show this file of; else null. */
  readonly stamp: string | null;
}

/** Differences between the store and the catalog. */
export interface Changes {
  /** Files with bytes to read, newest sessions first. */
  readonly changed: readonly StoreFile[];
  /** Files that are in the catalog only. */
  readonly gone: readonly KnownFile[];
  /** Sessions of which a title, an archive mark or the shown copy changed, without a change of the transcript. */
  readonly restamped: readonly string[];
  /** Bytes to read. */
  readonly bytes: number;
}

const KNOWN = `SELECT f.id, f.path, f.size, f.mtime, f.ino, f."offset", iif(s.path = f.path, s.stamp, NULL) AS stamp
  FROM file f LEFT JOIN session s ON s.id = f.session WHERE f.id > ? ORDER BY f.id LIMIT ?`;

/** Reads the files that the catalog knows, by path. */
export async function knownFiles({ database }: OpenCatalog): Promise<Map<string, KnownFile>> {
  const known = new Map<string, KnownFile>();
  for await (const rows of jsonPages<KnownRow>(database, 'id, path, size, mtime, ino, "offset", stamp', KNOWN)) {
    for (const [id, path, size, mtime, ino, offset, stamp] of rows)
      known.set(path, { id, path, size, mtimeMs: Number(mtime), ino: Number(ino), offset, stamp });
  }
  return known;
}

type KnownRow = [number, string, number, string, string, number, string | null];

const OWNERS = `SELECT f.id, f.path, s.uuid FROM file f JOIN session s ON s.id = f.session
  WHERE f.kind = ${FileKind.subagent} AND f.id > ? ORDER BY f.id LIMIT ?`;

/** Returns the session that each subagent of an older CLI belongs to, by path. */
export async function knownOwners({ database }: OpenCatalog): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  for await (const rows of jsonPages<[id: number, path: string, uuid: string]>(database, "id, path, uuid", OWNERS))
    for (const [, path, uuid] of rows) owners.set(path, uuid);
  return owners;
}

export async function changesOf(store: StoreFiles, known: ReadonlyMap<string, KnownFile>): Promise<Changes> {
  const changed: StoreFile[] = [];
  const restamped: string[] = [];
  const seen = new Set<KnownFile>();
  let bytes = 0;
  for (const file of store.files) {
    if (isTurnOver()) await yieldToEventLoop();
    const before = known.get(file.path);
    if (before !== undefined) seen.add(before);
    if (before !== undefined && isUnchanged(file, before)) {
      const isShown = isSessionFile(file) && store.sessions.get(file.sessionId) === file;
      if (isShown && before.stamp !== file.stamp) restamped.push(file.sessionId);
      continue;
    }
    changed.push(file);
    const isLonger = before !== undefined && before.ino === file.ino && before.offset < file.size;
    bytes += isLonger ? file.size - before.offset : file.size;
  }
  const gone = seen.size === known.size ? [] : [...known.values()].filter((file) => !seen.has(file));
  return { changed, gone, restamped, bytes };
}

const isUnchanged = (file: StoreFile, { size, mtimeMs, ino }: KnownFile): boolean =>
  file.size === size && file.mtimeMs === mtimeMs && file.ino === ino;
