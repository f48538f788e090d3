import type { Candidate } from "../../store/facts/candidate.ts";
import { windowTitles } from "../../store/facts/metadata.ts";
import { type MiddleTitles, saveMiddleTitles } from "../../store/facts/middle-titles.ts";
import type { EarlierTitles } from "../../transcript/summary/session-metadata.ts";
import type { Facts } from "../extract/extracted.ts";
import { TITLE_UNITS } from "../extract/fact-reader.ts";
import { MEMORY } from "../schema/database-file.ts";
import type { OpenCatalog } from "../schema/open-catalog.ts";

const KEYS = ["customTitle", "aiTitle", "tag", "annotation"] as const;

/** Returns the titles, the tag and the annotation of a transcript that a list does not find at its ends; undefined if there are none. */
export function hiddenTitles(candidate: Candidate, read: Facts): EarlierTitles | undefined {
  const found = KEYS.filter((key) => read[key] !== undefined);
  const shown = found.length === 0 ? undefined : windowTitles(candidate);
  if (shown === undefined) return undefined;
  const hidden = found.filter((key) => asKept(shown[key]) !== asKept(read[key]));
  return hidden.length === 0 ? undefined : Object.fromEntries(hidden.map((key) => [key, read[key]]));
}

/** Returns a value as text, as the index keeps it. */
const asKept = (value: EarlierTitles[(typeof KEYS)[number]]): string | undefined =>
  typeof value === "string" ? value.slice(0, TITLE_UNITS) : JSON.stringify(value);

/** Writes for lists what the index has of such titles. Call inside a transaction, so that it is not forgotten. */
export function saveHiddenTitles({ database, path }: OpenCatalog): void {
  if (path === MEMORY) return;
  const sql = `SELECT f.path, f.size, f.mtime, h.titles FROM hidden h JOIN session s ON s.id = h.session
    JOIN file f ON f.path = s.path ORDER BY f.id`;
  const all = database
    .prepare(sql)
    .all()
    .map((row): MiddleTitles => ({
      path: String(row["path"]),
      size: Number(row["size"]),
      mtime: String(row["mtime"]),
      titles: JSON.parse(String(row["titles"])) as EarlierTitles,
    }));
  saveMiddleTitles(path, all);
}
