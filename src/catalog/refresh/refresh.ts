import type { Skipped } from "../../store/types.ts";
import type { Database } from "../engine/sqlite.ts";
import type { OpenCatalog } from "../schema/open-catalog.ts";
import { build, type Built, look, type Look } from "./build.ts";
import { cutReason } from "./read-file.ts";
import type { IndexOptions } from "./index-options.ts";
import { isLeased } from "./lease.ts";
import { type Building, buildInWorker } from "./build-in-worker.ts";

/** State of the index after a refresh. */
export interface RefreshResult {
  /** Files, bytes and rows that were read, and files that went. */
  readonly files: number;
  readonly bytes: number;
  readonly rows: number;
  readonly gone: number;
  /** Sessions of the store, and those of them that the index does not have whole yet. */
  readonly sessions: number;
  readonly pending: ReadonlySet<string>;
  readonly skipped: readonly Skipped[];
}

/** A build in another thread goes on after `waitMs`. */
export type RefreshOptions = Pick<IndexOptions, "signal" | "progress" | "waitMs">;

/** Bytes that are read in this thread: a worker takes longer to start. */
const SMALL_BYTES = 1024 * 1024;
/** Duration of a transaction in this thread, ms, after which it does other work. */
const SLICE_MS = 8;

/** The builds of this process, by database. */
const buildings = new Map<string, Building>();
/** Refreshes in this thread, by catalog: one connection has one transaction. */
const turns = new WeakMap<OpenCatalog, Promise<unknown>>();

/**
 * Brings the index up to date: looks at every file of the store, and reads what was appended since it was read. If nothing
 * changed, reads nothing. Large amounts are read in another thread, newest sessions first, and the result says which sessions
 * are still pending after `waitMs`. Throws file-system and database errors, and `signal.reason` when aborted.
 */
export async function refresh(catalog: OpenCatalog, options: RefreshOptions = {}): Promise<RefreshResult> {
  const { signal, progress } = options;
  const begun = await inTurn(catalog, signal, async () => {
    const found = await look(catalog, signal);
    const { changed, bytes } = found.changes;
    // A statement that writes while another process builds would block this thread until that one's transaction ends.
    const isSmall = bytes <= SMALL_BYTES && !buildings.has(catalog.path) && !(changed.length > 0 && isLeased(catalog));
    const building = isSmall ? undefined : buildingOf(catalog);
    return (
      building ??
      resultOf(catalog, found, await build(catalog, found, { signal, progress, transactionMs: SLICE_MS }), [])
    );
  });
  if ("pending" in begun) return begun;
  const built = await waitFor(begun, options);
  signal?.throwIfAborted();
  return inTurn(catalog, signal, async () => {
    const after = await look(catalog, signal);
    return resultOf(
      catalog,
      after,
      built,
      after.changes.changed.map(({ sessionId }) => sessionId),
    );
  });
}

/** Runs `work` after all work on the same connection that was asked for before. */
async function inTurn<T>(catalog: OpenCatalog, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const before = turns.get(catalog);
  const turn = (async () => {
    await before?.catch(() => {});
    signal?.throwIfAborted();
    return work();
  })();
  turns.set(catalog, turn);
  return turn;
}

/** Returns the build of a database that this process has begun, or begins one. */
function buildingOf(catalog: OpenCatalog): Building | undefined {
  const known = buildings.get(catalog.path);
  if (known !== undefined) return known;
  const begun = buildInWorker(catalog);
  if (begun === undefined) return undefined;
  buildings.set(catalog.path, begun);
  const end = (): void => void buildings.delete(catalog.path);
  begun.built.then(end, end);
  return begun;
}

/** Waits until a build ends or the time is up. The process does not stay alive for it any longer than that. */
async function waitFor(building: Building, { signal, progress, waitMs }: RefreshOptions): Promise<Built | undefined> {
  if (progress !== undefined) building.listeners.add(progress);
  building.hold();
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  const limit = new Promise<undefined>((resolve) => {
    if (waitMs !== undefined) timer = setTimeout(() => resolve(undefined), waitMs);
    abort = () => resolve(undefined);
    signal?.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([building.built, limit]);
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) signal?.removeEventListener("abort", abort);
    if (progress !== undefined) building.listeners.delete(progress);
    building.letGo();
  }
}

/** Returns what was left out of rows that were too long to be read whole, whenever that was. */
function cutRows(database: Database): Skipped[] {
  const sql = `SELECT f.path, c.bytes FROM cut c JOIN file f ON f.id = c.file ORDER BY c.file, c."offset"`;
  const rows = database.prepare(sql).all();
  return rows.map(({ path, bytes }) => ({ path: String(path), reason: cutReason(Number(bytes)) }));
}

const NOTHING: Pick<Built, "files" | "bytes" | "rows" | "gone" | "skipped"> = {
  files: 0,
  bytes: 0,
  rows: 0,
  gone: 0,
  skipped: [],
};

function resultOf(
  { database }: OpenCatalog,
  { store }: Look,
  built: Built | undefined,
  pending: readonly string[],
): RefreshResult {
  const { files, bytes, rows, gone, skipped } = built ?? NOTHING;
  return {
    files,
    bytes,
    rows,
    gone,
    sessions: store.sessions.size,
    pending: new Set(pending),
    skipped: [...store.skipped, ...skipped, ...cutRows(database)],
  };
}
