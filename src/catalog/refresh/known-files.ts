import type { OpenCatalog } from "../schema/open-catalog.ts";
import type { StoreFile, StoreFiles } from "./store-files.ts";
import { isSessionFile } from "./store-files.ts";

/** A file as the catalog has it. */
export interface KnownFile {
  readonly id: number;
  readonly path: string;
  readonly size: number;
  readonly mtime: string;
  readonly ino: string;
  /** Number of bytes that were read. */
  readonly offset: number;
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

/** Reads the files that the catalog knows, by path. */
export function knownFiles({ database }: OpenCatalog): Map<string, KnownFile> {
  const rows = database.prepare("SELECT id, path, size, mtime, ino, offset FROM file").all();
  return new Map((rows as unknown as KnownFile[]).map((file) => [file.path, file]));
}

/** Returns the session that each subagent of an older CLI belongs to, by path. */
export function knownOwners({ database }: OpenCatalog): Map<string, string> {
  const sql = `SELECT f.path AS path, s.uuid AS uuid FROM file f JOIN session s ON s.id = f.session WHERE f.kind = 1`;
  return new Map(
    database
      .prepare(sql)
      .all()
      .map(({ path, uuid }) => [String(path), String(uuid)]),
  );
}

export function changesOf(catalog: OpenCatalog, store: StoreFiles, known: ReadonlyMap<string, KnownFile>): Changes {
  const changed: StoreFile[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  for (const file of store.files) {
    const before = known.get(file.path);
    if (before !== undefined) seen.add(file.path);
    if (before !== undefined && isUnchanged(file, before)) continue;
    changed.push(file);
    const isLonger = before !== undefined && before.ino === file.ino && before.offset < file.size;
    bytes += isLonger ? file.size - before.offset : file.size;
  }
  const gone = [...known.values()].filter(({ path }) => !seen.has(path));
  return { changed, gone, restamped: restamped(catalog, store, new Set(changed)), bytes };
}

const isUnchanged = (file: StoreFile, { size, mtime, ino }: KnownFile): boolean =>
  file.size === size && file.mtime === mtime && file.ino === ino;

function restamped({ database }: OpenCatalog, { sessions }: StoreFiles, changed: ReadonlySet<StoreFile>): string[] {
  const rows = database.prepare("SELECT uuid, path, stamp FROM session").all();
  return rows.flatMap(({ uuid, path, stamp }) => {
    const now = sessions.get(String(uuid));
    if (now === undefined || !isSessionFile(now) || changed.has(now)) return [];
    return now.path === path && now.stamp === stamp ? [] : [now.sessionId];
  });
}
