import { yieldToEventLoop } from "../../store/timing.ts";
import { errnoOf, isMissing } from "../../store/errors.ts";
import type { Skipped } from "../../store/types.ts";
import { faultOf } from "../engine/sqlite.ts";
import type { OpenCatalog } from "../schema/open-catalog.ts";
import { FileKind } from "../schema/schema.ts";
import { type Changes, changesOf, knownFiles, knownOwners } from "./known-files.ts";
import { saveHiddenTitles } from "./hidden-titles.ts";
import { readFile } from "./read-file.ts";
import { isSessionFile, listStoreFiles, type StoreFiles } from "./store-files.ts";
import { CatalogWriter } from "./writer.ts";

/** What the store has, and what of it the catalog has not read. */
export interface Look {
  readonly store: StoreFiles;
  readonly changes: Changes;
}

/** Work of a build. */
export interface Built {
  files: number;
  /** Bytes and rows that were read. */
  bytes: number;
  rows: number;
  gone: number;
  readonly skipped: Skipped[];
}

export interface BuildOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each file and each transaction with the bytes done and in all. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** Duration of a transaction, ms, after which others get their turn. */
  readonly transactionMs: number;
  /** Called inside each transaction. */
  readonly beat?: () => void;
}

/** Bytes after which a transaction ends, however fast they were read. */
const TRANSACTION_BYTES = 256 * 1024 * 1024;

/** Compares the store with the catalog. Reads no file. */
export async function look(catalog: OpenCatalog, signal?: AbortSignal): Promise<Look> {
  // Opening the index took some time as well.
  await yieldToEventLoop();
  const store = await listStoreFiles(catalog.configDir, { knownOwners: () => knownOwners(catalog), signal });
  const changes = await changesOf(store, await knownFiles(catalog));
  // Whoever looks does more work with it.
  await yieldToEventLoop();
  return { store, changes };
}

/**
 * Reads what the catalog has not read, newest sessions first. Each transaction is whole: a build that is killed goes on where
 * the last one ended. Files that cannot be read are skipped.
 */
export async function build(catalog: OpenCatalog, { store, changes }: Look, options: BuildOptions): Promise<Built> {
  const { signal, transactionMs } = options;
  const writer = new CatalogWriter(catalog.database);
  const built: Built = { files: 0, bytes: 0, rows: 0, gone: 0, skipped: [] };
  const agentsWithFile = new Set(
    store.files.flatMap(({ kind, sessionId, agent }) => (kind === FileKind.subagent ? [`${sessionId} ${agent}`] : [])),
  );
  let began = 0;
  let inTransaction = 0;
  let done = 0;
  const begin = (): void => {
    writer.begin();
    options.beat?.();
    began = performance.now();
    inTransaction = 0;
  };
  const isDue = (): boolean => performance.now() - began >= transactionMs || inTransaction >= TRANSACTION_BYTES;
  const next = async (): Promise<void> => {
    writer.commit();
    options.progress?.(done, changes.bytes);
    await yieldToEventLoop();
    signal?.throwIfAborted();
    begin();
  };
  const passed = (bytes: number): void => {
    done += bytes;
    inTransaction += bytes;
  };

  if (changes.changed.length + changes.gone.length + changes.restamped.length === 0) return built;
  begin();
  try {
    for (const { id } of changes.gone) {
      writer.remove(id);
      built.gone++;
      if (isDue()) await next();
    }
    for (const id of changes.restamped) {
      const file = store.sessions.get(id);
      if (file !== undefined) writer.session(file);
      if (isDue()) await next();
    }
    for (const file of changes.changed) {
      signal?.throwIfAborted();
      const main = store.sessions.get(file.sessionId);
      if (main === undefined) continue;
      try {
        const session =
          file === main ? writer.session(main) : (writer.numberOf(file.sessionId) ?? writer.session(main));
        const hasFile = (agentId: string): boolean => agentsWithFile.has(`${file.sessionId} ${agentId}`);
        const { bytes, rows } = await readFile(file, session, { writer, signal, hasFile, passed, isDue, next });
        if (isSessionFile(file) && file === main) writer.session(main);
        built.files++;
        built.bytes += bytes;
        built.rows += rows;
      } catch (error) {
        // A file that went away is found by the next look.
        if (errnoOf(error) === undefined || faultOf(error) !== undefined) throw error;
        const known = writer.find(file.path);
        if (known !== undefined) writer.clear(known);
        if (!isMissing(error)) built.skipped.push({ path: file.path, reason: errnoOf(error) ?? "unreadable" });
      }
      if (isDue()) await next();
    }
    saveHiddenTitles(catalog);
    writer.commit();
    options.progress?.(changes.bytes, changes.bytes);
  } catch (error) {
    writer.rollBack();
    throw error;
  }
  return built;
}
