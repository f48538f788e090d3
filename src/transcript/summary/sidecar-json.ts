import { membersOf, parseJson } from "../rows/json-values.ts";

/** Longest title that a sidecar gives, in code points (official-helpers.md §4). */
const TITLE_CODE_POINTS = 200;

/** Returns the title in a `custom-title.json`, cleaned and cut by the official rule; undefined if there is none. */
export function titleOfFile(text: string): string | undefined {
  const { customTitle: title } = membersOf(parseJson(text));
  if (typeof title !== "string") return undefined;
  const visible = title.trim().replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");
  const points = Array.from(visible.slice(0, 2 * TITLE_CODE_POINTS));
  return points.slice(0, TITLE_CODE_POINTS).join("").trim() || undefined;
}

/** Returns the offset in a `claude-transcripts.json` (transcript-format.md §3.4); undefined if there is none. */
export function annotationFrom(text: string): number | undefined {
  const { annotationFrom: offset } = membersOf(parseJson(text));
  return typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
}

/** Content of `archived.json`: whether the session was archived or taken out of the archive, and when (epoch ms). */
export interface ArchivedMark {
  readonly archived: boolean;
  readonly at: number;
}

/** Returns the mark in an `archived.json`; undefined if it breaks any rule of official-helpers.md §4.3. */
export function markOfFile(text: string): ArchivedMark | undefined {
  const { archived, at } = membersOf(parseJson(text));
  if (typeof archived !== "boolean" || typeof at !== "string" || !isIsoTime(at)) return undefined;
  return { archived, at: Date.parse(at) };
}

const ISO_TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Whether the text is ISO 8601 with seconds and a zone, and names a day that exists. */
function isIsoTime(text: string): boolean {
  const [, year, month, day] = ISO_TIME.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return false;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(day) > 0;
}
