import { type OpenCatalog, openCatalog, rebuildCatalog } from "./open-catalog.ts";

/** Time after which an index that nobody uses is closed, ms. */
const KEPT_MS = 60_000;

/** The index of a config dir while it is used. */
export interface UsedCatalog {
  readonly catalog: OpenCatalog;
  /** Removes a damaged index: the next user gets a new one. */
  discard(): Promise<void>;
  release(): void;
}

interface Kept {
  catalog: Promise<OpenCatalog | undefined>;
  users: number;
  timer: NodeJS.Timeout | undefined;
}

const kept = new Map<string, Kept>();

/**
 * Opens the index of a config dir, or returns the one that this process has open: its pages are in memory, and opening takes
 * longer than most searches. Undefined if there is none. `release` it.
 */
export async function useCatalog(configDir: string): Promise<UsedCatalog | undefined> {
  const key = keyOf(configDir);
  const idle = kept.get(key);
  if (idle?.users === 0 && (await idle.catalog)?.isCurrent() === false && idle.users === 0) closeKept(key, idle);
  const entry = kept.get(key) ?? { catalog: openCatalog(configDir), users: 0, timer: undefined };
  kept.set(key, entry);
  entry.users++;
  clearTimeout(entry.timer);
  const release = (): void => {
    entry.users--;
    if (entry.users === 0) entry.timer = setTimeout(() => closeKept(key, entry), KEPT_MS).unref();
  };
  try {
    const catalog = await entry.catalog;
    if (catalog !== undefined) return { catalog, discard: () => discard(key, entry, catalog), release };
  } catch (error) {
    closeKept(key, entry);
    throw error;
  }
  // Somebody may install an engine, or set another directory.
  closeKept(key, entry);
  return undefined;
}

/** Indexes are kept apart for each setting of the environment that decides about them. */
function keyOf(configDir: string): string {
  const { XDG_CACHE_HOME, CLAUDE_TRANSCRIPTS_INDEX, CLAUDE_TRANSCRIPTS_ENGINE } = process.env;
  return JSON.stringify([configDir, XDG_CACHE_HOME, CLAUDE_TRANSCRIPTS_INDEX, CLAUDE_TRANSCRIPTS_ENGINE]);
}

async function discard(key: string, entry: Kept, catalog: OpenCatalog): Promise<void> {
  if (kept.get(key) !== entry || (await entry.catalog) !== catalog) return;
  entry.catalog = rebuildCatalog(catalog);
  await entry.catalog;
}

function closeKept(key: string, entry: Kept): void {
  if (kept.get(key) === entry) kept.delete(key);
  clearTimeout(entry.timer);
  void entry.catalog.then(
    (catalog) => catalog?.close(),
    () => undefined,
  );
}
