import { join } from "node:path";
import { statLink } from "../../store/disk/fs.ts";
import { type Environment, isIndexOff, placeOf } from "../../store/layout/cache-place.ts";
import { yieldToEventLoop } from "../../store/timing.ts";
import { type Engine, faultOf, loadEngine } from "../engine/sqlite.ts";
import { catalogOf, filesOf, MEMORY, type OpenCatalog, prepare, removeDatabase } from "./database-file.ts";
import { DAMAGED, databaseNames, Opening } from "./opening.ts";
import { createSchema } from "./schema.ts";

export type { OpenCatalog } from "./database-file.ts";

export interface OpenCatalogOptions {
  /** False to work without an index, as `CLAUDE_TRANSCRIPTS_INDEX=off` does. */
  readonly index?: boolean;
  readonly env?: Environment;
  /** The engine of this process if it is left out. */
  readonly engine?: Engine;
}

/**
 * Opens the index of a config dir; creates it, or replaces one that is damaged or has another schema. Undefined if there is
 * no engine or the person wants no index. Never throws because of what is on the disk.
 */
export async function openCatalog(
  configDir: string,
  options: OpenCatalogOptions = {},
): Promise<OpenCatalog | undefined> {
  const env = options.env ?? process.env;
  if (options.index === false || isIndexOff(env)) return undefined;
  // Loading the code that calls this took its time, as loading the engine does.
  await yieldToEventLoop();
  const engine = options.engine ?? (await loadEngine(env));
  if (engine === undefined) return undefined;
  const { directories, prefix } = placeOf(configDir, env);
  const failures: string[] = [];
  for (const directory of directories) {
    try {
      const catalog = await new Opening({ engine, configDir, directory, prefix }).open();
      return { ...catalog, warnings: [...elsewhere(failures, `in ${directory}`), ...catalog.warnings] };
    } catch (error) {
      failures.push(`${directory} cannot be used (${reasonOf(error)})`);
    }
  }
  const database = engine.open(MEMORY);
  const journal = prepare(database);
  createSchema(database);
  if (failures.length === 0) failures.push("there is no directory for it outside the config dir");
  const warnings = elsewhere(failures, "only in memory, and built anew each time");
  return catalogOf(database, { configDir, path: MEMORY, journal, warnings });
}

/** Pages that the thread that builds keeps, kB: more does not make it faster, and counts twice in a process that searches. */
const BUILD_CACHE_KB = 32_768;

/** Opens the database that `openCatalog` opened, in a worker thread. Throws if it is gone. */
export async function openCatalogAt(path: string, configDir: string): Promise<OpenCatalog> {
  const engine = await loadEngine();
  if (engine === undefined) throw new Error("there is no SQLite engine");
  if (statLink(path) === undefined) throw new Error(`the index ${path} is gone`);
  const database = engine.open(path);
  const journal = prepare(database);
  database.exec(`PRAGMA cache_size = -${BUILD_CACHE_KB}`);
  return catalogOf(database, { configDir, path, journal, warnings: [] });
}

/** Closes a damaged index, removes it, and opens a new one. Other processes notice it by `isCurrent`. */
export async function rebuildCatalog(
  catalog: OpenCatalog,
  options: OpenCatalogOptions = {},
): Promise<OpenCatalog | undefined> {
  catalog.close();
  if (catalog.path !== MEMORY) removeDatabase(catalog.path);
  const rebuilt = await openCatalog(catalog.configDir, options);
  return rebuilt && { ...rebuilt, warnings: [DAMAGED, ...rebuilt.warnings] };
}

/** Returns the database of a config dir, and its size with its logs, in bytes. Creates and opens nothing. */
export function findCatalog(
  configDir: string,
  env: Environment = process.env,
): { readonly path: string; readonly bytes: number } | undefined {
  const { directories, prefix } = placeOf(configDir, env);
  for (const directory of directories) {
    try {
      const [name] = databaseNames(directory, prefix);
      if (name === undefined) continue;
      const path = join(directory, name);
      return { path, bytes: filesOf(path).reduce((sum, file) => sum + (statLink(file)?.size ?? 0), 0) };
    } catch {
      // It is missing, or not ours.
    }
  }
  return undefined;
}

const elsewhere = (failures: readonly string[], where: string): string[] =>
  failures.length === 0
    ? []
    : [
        `The search index is ${where}: ${failures.join("; ")}. Set XDG_CACHE_HOME to a private directory with free space.`,
      ];

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EDQUOT: "the disk quota is used up",
  ENOSPC: "the disk is full",
  ENOTDIR: "it is not a directory",
  EPERM: "no permission",
  EROFS: "the file system is read-only",
};

function reasonOf(error: unknown): string {
  const { code = "", message } = error as { code?: string; message: string };
  return faultOf(error) === "full" ? "the disk is full" : (REASONS[code] ?? message);
}
