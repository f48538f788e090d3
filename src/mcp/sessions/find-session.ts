import { TranscriptError } from "../../store/errors.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import { editDistance } from "../../transcript/text/edit-distance.ts";
import { echoed, quoted, quotedLines, titleLine } from "../core/quote.ts";
import type { Context } from "../core/context.ts";
import { skippedNames } from "./session-line.ts";
import { ToolFailure } from "../core/tool.ts";

/** Session that a call named. */
export interface Found {
  readonly copy: TranscriptCopy;
  /** Unique prefix of its id. */
  readonly shortId: string;
  /** Sanitised, on one line; "" if unknown. */
  readonly title: string;
}

/** Maximum number of sessions named if an id matches none or several. */
const MAX_NAMED = 3;

/** UTF-16 units compared with ids. More than an id has, so that longer input fits none. */
const ID_UNITS = 100;

/** Finds the session whose id starts with a text. Throws `ToolFailure` with the closest ones if there is none, or several. */
export async function findSession(given: string, { store }: Pick<Context, "store">): Promise<Found> {
  const prefix = given.trim().slice(0, ID_UNITS);
  try {
    const copy = await store.find(prefix);
    const [shortIds, title] = await Promise.all([store.shortIds(), store.title(copy)]);
    return { copy, shortId: shortIds(copy.sessionId), title: titleLine(title) };
  } catch (error) {
    if (!(error instanceof TranscriptError)) throw error;
    const several = error.code === "InvalidSessionId" ? error.data["candidates"] : undefined;
    const fitting = Array.isArray(several) ? several.filter((id) => typeof id === "string") : undefined;
    if (fitting === undefined && error.code !== "SessionNotFound") throw error;
    throw new ToolFailure(await suggestions(prefix, fitting, error, { store }));
  }
}

async function suggestions(
  prefix: string,
  fitting: readonly string[] | undefined,
  error: TranscriptError,
  { store }: Pick<Context, "store">,
): Promise<string> {
  const name = echoed(prefix);
  const lines = await describe(fitting ?? closestTo(prefix, await store.ids()), { store });
  const named = quoted(lines.join("\n"));
  if (fitting !== undefined) {
    const more = fitting.length > lines.length ? `, these and ${fitting.length - lines.length} more` : "";
    return `${fitting.length} session ids start with ${name}${more}. Give more characters of the id:\n${named}`;
  }
  const trashed =
    error.data["inTrash"] === true ? " The id of a session in the trash does: restore_session brings it back." : "";
  const words = /^[0-9a-f-]+$/i.test(prefix) ? "" : " An id has digits, letters a-f and dashes only.";
  const text = `No session id starts with ${name}.${words}${trashed} list_sessions and search_sessions give ids.`;
  const found = lines.length === 0 ? `${text} There are no sessions at all.` : `${text} The closest:\n${named}`;
  const { unreadable } = error.data;
  if (!Array.isArray(unreadable)) return found;
  return [found, ...quotedLines("It may be in one of these, which cannot be read:", skippedNames(unreadable))].join(
    "\n",
  );
}

/** Describes the first few sessions that exist, one per line: an id from a directory need not have a transcript. */
async function describe(ids: readonly string[], { store }: Pick<Context, "store">): Promise<string[]> {
  const shortIds = await store.shortIds();
  const lines: string[] = [];
  for (const id of ids) {
    if (lines.length === MAX_NAMED) break;
    const copy = await store.find(id).catch(() => undefined);
    if (copy === undefined) continue;
    const title = titleLine(await store.title(copy).catch(() => undefined));
    lines.push(title === "" ? shortIds(id) : `${shortIds(id)}  ${title}`);
  }
  return lines;
}

/** Sorts ids by the length of the common prefix, then by edit distance. */
function closestTo(given: string, ids: ReadonlySet<string>): string[] {
  const wanted = given.toLowerCase().slice(0, 36);
  return [...ids]
    .map((id) => ({ id, common: commonStart(wanted, id.toLowerCase()) }))
    .sort((a, b) => b.common - a.common)
    .slice(0, 200)
    .map((one) => ({ ...one, distance: editDistance(wanted, one.id.toLowerCase().slice(0, wanted.length)) }))
    .sort((a, b) => b.common - a.common || a.distance - b.distance || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}

function commonStart(a: string, b: string): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}
