import { isIndexOff } from "../../store/layout/cache-place.ts";
import { type EngineName, loadEngine } from "../../catalog/engine/sqlite.ts";
import { findCatalog } from "../../catalog/schema/open-catalog.ts";
import { formatBytes } from "../../view/size.ts";
import { printable } from "../terminal/terminal.ts";

/** The way that searches take in this process, and the indexes that exist. Sizes are bytes. */
export interface SearchReport {
  readonly engine: EngineName | "scan";
  /** Why there is no index: the person wants none, or there is no engine. */
  readonly scanReason?: "off" | "no_engine";
  readonly indexes: readonly { readonly configDir: string; readonly path: string; readonly bytes: number }[];
}

/** Looks for the indexes of config dirs; opens and creates none. */
export async function searchReport(configDirs: readonly string[]): Promise<SearchReport> {
  const engine = await loadEngine();
  const scanReason = isIndexOff() ? "off" : engine === undefined ? "no_engine" : undefined;
  return {
    engine: scanReason === undefined && engine !== undefined ? engine.name : "scan",
    ...(scanReason !== undefined && { scanReason }),
    indexes: configDirs.flatMap((configDir) => {
      const found = findCatalog(configDir);
      return found === undefined ? [] : [{ configDir, ...found }];
    }),
  };
}

const SCANS = {
  off: ", because CLAUDE_TRANSCRIPTS_INDEX is off",
  no_engine: ", which is slow: use Node 22.13 or newer, or install the package libsql next to this program",
} as const;

export function searchLines({ engine, scanReason, indexes }: SearchReport): string[] {
  const places = indexes.map(({ path, bytes }) => `  ${printable(path)}  ${formatBytes(bytes)}`);
  if (scanReason !== undefined) return [`Search reads every transcript${SCANS[scanReason]}.`, ...places];
  if (places.length === 0) return [`Search uses ${engine}; the first search builds its index.`];
  return [`Search uses ${engine}, with its index in`, ...places];
}
